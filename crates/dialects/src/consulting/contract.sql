-- The SQL contract of the consulting dialect: its seven tables as views and its eight functions, under the documented
-- names, columns and types, over one organization's rows. Reapplied as a whole when any of it changes.
--
-- * Whose rows: contract_organization_id(), by the role of the login (migrations/repeatable/contract_logins.sql). The
--   views run with the rights of who asks, so row-level security holds beneath them.
-- * An imported row is shown as it was imported while our object still is what the import made of it (the versions are
--   equal); afterwards our state in the documented words. Rows that were only kept are shown as they were.
-- * Instants are naive UTC, hours numeric(10,2), documented ids are contract_number.
drop schema if exists consulting cascade;
drop schema if exists consulting_parts cascade;
create schema consulting;
-- What the views share; not part of the contract.
create schema consulting_parts;

do $$
begin
    if not exists (select from pg_roles where rolname = 'retainer_contract_consulting') then
        create role retainer_contract_consulting nologin;
    end if;
exception when duplicate_object or unique_violation then
    null; -- another installation on the same PostgreSQL was quicker
end
$$;

-- ------------------------------------------------------------------------------------------------------------ parts

-- Imported rows, and those of them that became nothing of ours and are still in the source.
create view consulting_parts.imported with (security_invoker = true) as
select r.kind, r.source_id, r.object_id, r.object_version, r.row as shown, r.object_id is null and r.gone_at is null as only_kept,
    r.customer_id
from public.external_refs r
where r.organization_id = (select public.contract_organization_id()) and r.source = 'consulting';

-- Customers by their documented id; "shown" while they are what the import made of them. Staff who bought something have
-- a customer beside their user, which is no documented user of its own.
create view consulting_parts.customers with (security_invoker = true) as
select c.id as customer_id, coalesce(i.source_id, b.source_id)::uuid as known_id, b.source_id is not null as is_staff, c.name,
    c.email, c.created_at, case when i.object_version = c.version then i.shown end as shown
from public.customers c
left join consulting_parts.imported i on i.kind = 'users_consulting' and i.object_id = c.id
left join consulting_parts.imported b on b.kind = 'users_consulting' and b.customer_id = c.id
where c.organization_id = (select public.contract_organization_id());

-- Everybody who has or had a place here, by their documented id: who signs in for a customer is that customer.
create view consulting_parts.people with (security_invoker = true) as
select m.user_id, m.role, coalesce(i.source_id::uuid, m.customer_id, m.user_id) as id, i.object_version, i.shown
from (
    select distinct on (m.user_id) m.user_id, m.customer_id, m.role from public.memberships m
    where m.organization_id = (select public.contract_organization_id())
    order by m.user_id, m.ended_at desc nulls first, m.created_at desc
) m
left join consulting_parts.imported i on i.kind = 'users_consulting' and i.object_id = coalesce(m.customer_id, m.user_id);

-- What is free now of every lot of hours that still lives, credit apart. The clock decides, not the job that ends lots.
create view consulting_parts.free_lots with (security_invoker = true) as
select l.id as lot_id, l.account_id, l.remaining - l.held as seconds
from public.allowance_lots l
where l.organization_id = (select public.contract_organization_id()) and l.ended_as is null
    and l.activated_at is not null and l.source_kind <> 'credit_line' and (l.expires_at is null or l.expires_at > now());

-- What is owed on lots: the import hangs a balance below zero on the lot that it is below zero of.
create view consulting_parts.owed_lots with (security_invoker = true) as
select e.lot_id, sum(case e.kind when 'charge_debt' then e.quantity else -e.quantity end) as seconds
from public.allowance_accounts a
join public.allowance_entries e on e.organization_id = a.organization_id and e.account_id = a.id
where a.organization_id = (select public.contract_organization_id()) and a.debt > 0
    and e.kind in ('charge_debt', 'repay_debt') and e.lot_id is not null
group by e.lot_id;

-- The lots of subscriptions: those of their periods, and those that the import made for them, which it names after them.
create view consulting_parts.subscription_lots with (security_invoker = true) as
select p.subscription_id, p.lot_id
from public.subscription_periods p
join public.allowance_lots l on l.organization_id = p.organization_id and l.id = p.lot_id and l.source_kind <> 'import'
where p.organization_id = (select public.contract_organization_id())
union all
select i.object_id, l.id
from public.allowance_lots l
join consulting_parts.imported i
    on i.kind = 'subscriptions_consulting' and i.source_id = split_part(l.source_ref, ':', 3)
where l.organization_id = (select public.contract_organization_id()) and l.source_kind = 'import'
    and starts_with(l.source_ref, 'consulting:subscription:') and i.object_id is not null;

-- A subscription's own seconds: what is free in its lots, less what is owed on them. No row where none of them lives.
create view consulting_parts.own_seconds with (security_invoker = true) as
select s.subscription_id, sum(l.seconds) as free, coalesce(sum(o.seconds), 0) as owed
from consulting_parts.subscription_lots s
join consulting_parts.free_lots l on l.lot_id = s.lot_id
left join consulting_parts.owed_lots o on o.lot_id = s.lot_id
group by s.subscription_id;

-- What a customer has beside the lots of subscriptions (top-ups, goodwill), less what they owe. It counts for the
-- subscription that runs, or else for the newest.
create view consulting_parts.other_seconds with (security_invoker = true) as
select a.owner_id as customer_id,
    coalesce(l.seconds, 0) - coalesce(o.free, 0) - (a.debt - coalesce(o.owed, 0)) as seconds
from public.allowance_accounts a
left join (select account_id, sum(seconds) as seconds from consulting_parts.free_lots group by account_id) l
    on l.account_id = a.id
left join (
    select s.customer_id, sum(o.free) as free, sum(o.owed) as owed
    from consulting_parts.own_seconds o
    join public.subscriptions s
        on s.organization_id = (select public.contract_organization_id()) and s.id = o.subscription_id
    group by s.customer_id
) o on o.customer_id = a.owner_id
where a.organization_id = (select public.contract_organization_id()) and a.owner_kind = 'customer' and a.unit_code = 'hour';

-- Which subscription of each customer that is.
create view consulting_parts.current_subscriptions with (security_invoker = true) as
select distinct on (s.customer_id) s.customer_id, s.id as subscription_id
from public.subscriptions s
where s.organization_id = (select public.contract_organization_id())
order by s.customer_id, s.state in ('active', 'past_due', 'paused') desc, s.created_at desc, s.contract_number desc;

-- ------------------------------------------------------------------------------------------------------------ tables

-- password_hash is null for everybody: whoever reads reports has no business with what proves who somebody is.
create view consulting.users_consulting with (security_invoker = true) as
select coalesce(c.known_id, c.customer_id) as id,
    (case when c.shown is null then c.name else c.shown ->> 'name' end)::varchar(255) as name,
    (case when c.shown is null then c.email else c.shown ->> 'email' end)::varchar(255) as email,
    null::varchar(255) as password_hash,
    (case when c.shown is null then 'customer' else c.shown ->> 'role' end)::varchar(50) as role,
    case when c.shown is null then c.created_at at time zone 'UTC' else (c.shown ->> 'created_at')::timestamp end as created_at
from consulting_parts.customers c
where not c.is_staff
union all
select p.id,
    (case when p.object_version = u.version then p.shown ->> 'name' else u.name end)::varchar(255),
    (case when p.object_version = u.version then p.shown ->> 'email' else u.email end)::varchar(255),
    null::varchar(255),
    -- The word stays as long as it means the role that they have here.
    (case when p.shown is not null
            and (lower(trim(p.shown ->> 'role')) = 'developer') = (p.role = 'developer') then p.shown ->> 'role'
        when p.role = 'developer' then 'developer' else 'admin' end)::varchar(50),
    case when p.object_version = u.version then (p.shown ->> 'created_at')::timestamp else u.created_at at time zone 'UTC' end
from consulting_parts.people p
join public.users u on u.id = p.user_id
where p.role <> 'customer'
union all
select i.source_id::uuid, (i.shown ->> 'name')::varchar(255), (i.shown ->> 'email')::varchar(255), null::varchar(255),
    (i.shown ->> 'role')::varchar(50), (i.shown ->> 'created_at')::timestamp
from consulting_parts.imported i
where i.kind = 'users_consulting' and i.only_kept;

create view consulting.subscriptions_consulting with (security_invoker = true) as
select s.contract_number::integer as id,
    case when i.shown is null then coalesce(c.known_id, c.customer_id) else (i.shown ->> 'user_id')::uuid end as user_id,
    (case when i.shown is null then lower(p.name) else i.shown ->> 'plan_name' end)::varchar(50) as plan_name,
    -- A plan without a limit is shown as the most that the documented type can hold.
    (case when i.shown is not null and coalesce(g.number, 0) = 0 then (i.shown ->> 'hours_allocated')::numeric
        when v.quantity is null and v.unit_code = 'hour' then 99999999.99
        else coalesce(round(g.amount / 3600.0, 2), 0) end)::numeric(10,2) as hours_allocated,
    -- What has ended here is as it was; what lives is what the ledger says.
    (case when i.shown is not null and own.subscription_id is null and s.state in ('ended', 'cancelled')
            then (i.shown ->> 'hours_remaining')::numeric
        when v.quantity is null and v.unit_code = 'hour' then 99999999.99
        else round((coalesce(own.free - own.owed, 0)
            + case when latest.subscription_id is not null then coalesce(more.seconds, 0) else 0 end) / 3600.0, 2)
        end)::numeric(10,2) as hours_remaining,
    (case when i.shown is not null then i.shown ->> 'status'
        when s.state = 'active' and s.trial_ends_at > now() then 'trial'
        when s.state = 'ended' then 'expired' else s.state end)::varchar(50) as status,
    case when i.shown is null then coalesce(g.starts_at, s.created_at) at time zone 'UTC'
        else (i.shown ->> 'start_date')::timestamp end as start_date,
    case when i.shown is null then coalesce(g.ends_at, 'infinity') at time zone 'UTC'
        else (i.shown ->> 'end_date')::timestamp end as end_date
from public.subscriptions s
join public.plan_versions v on v.organization_id = s.organization_id and v.id = s.plan_version_id
join public.plans p on p.organization_id = v.organization_id and p.id = v.plan_id
left join consulting_parts.customers c on c.customer_id = s.customer_id
left join (
    -- The period that was begun last, and what it granted.
    select distinct on (sp.subscription_id) sp.subscription_id, sp.number, sp.starts_at, sp.ends_at, l.amount
    from public.subscription_periods sp
    left join public.allowance_lots l on l.organization_id = sp.organization_id and l.id = sp.lot_id
    where sp.organization_id = (select public.contract_organization_id())
    order by sp.subscription_id, (sp.state = 'granted') desc, sp.number desc
) g on g.subscription_id = s.id
left join consulting_parts.own_seconds own on own.subscription_id = s.id
left join consulting_parts.current_subscriptions latest on latest.subscription_id = s.id
left join consulting_parts.other_seconds more on more.customer_id = s.customer_id
left join consulting_parts.imported i
    on i.kind = 'subscriptions_consulting' and i.object_id = s.id and i.object_version = s.version
where s.organization_id = (select public.contract_organization_id())
union all
select case when i.source_id ~ '^[0-9]+$' then i.source_id::integer end, (i.shown ->> 'user_id')::uuid,
    (i.shown ->> 'plan_name')::varchar(50), (i.shown ->> 'hours_allocated')::numeric(10,2),
    (i.shown ->> 'hours_remaining')::numeric(10,2), (i.shown ->> 'status')::varchar(50),
    (i.shown ->> 'start_date')::timestamp, (i.shown ->> 'end_date')::timestamp
from consulting_parts.imported i
where i.kind = 'subscriptions_consulting' and i.only_kept;

-- Money that went back is taken off the bill: the documented layout has no refunds, and only 'paid' is revenue there.
create view consulting.billing_consulting with (security_invoker = true) as
select b.contract_number::integer as id,
    case when i.shown is null then coalesce(c.known_id, c.customer_id) else (i.shown ->> 'user_id')::uuid end as user_id,
    (case when i.shown is null then b.number else i.shown ->> 'invoice_number' end)::varchar(255) as invoice_number,
    (i.shown ->> 'stripe_session_id')::varchar(255) as stripe_session_id,
    (i.shown ->> 'stripe_customer_id')::varchar(255) as stripe_customer_id,
    (i.shown ->> 'stripe_subscription_id')::varchar(255) as stripe_subscription_id,
    (i.shown ->> 'stripe_invoice_id')::varchar(255) as stripe_invoice_id,
    (i.shown ->> 'stripe_charge_id')::varchar(255) as stripe_charge_id,
    (i.shown ->> 'stripe_payment_intent_id')::varchar(255) as stripe_payment_intent_id,
    (case when i.shown is not null then (i.shown ->> 'amount')::numeric
        when b.state = 'paid' then (b.total_minor - coalesce(back.minor, 0)) / 100.0
        else b.total_minor / 100.0 end)::numeric(10,2) as amount,
    (case when i.shown is not null then i.shown ->> 'status'
        when b.state = 'paid' then 'paid'
        when b.state in ('void', 'refunded') then 'cancelled'
        when b.due_at < now() then 'past_due' else 'pending' end)::varchar(50) as status,
    (case when i.shown is not null then i.shown ->> 'billing_type' else coalesce(lines.billing_type, 'topup') end)::varchar(50)
        as billing_type,
    case when i.shown is null then b.created_at at time zone 'UTC' else (i.shown ->> 'created_at')::timestamp end as created_at,
    case when i.shown is null then b.paid_at at time zone 'UTC' else (i.shown ->> 'paid_at')::timestamp end as paid_at
from public.invoices b
left join consulting_parts.customers c on c.customer_id = b.customer_id
left join (
    select l.invoice_id,
        case when bool_or(l.kind = 'period' and l.period_number = 0) then 'new subscription'
            when bool_or(l.kind in ('period', 'upgrade')) then 'renewal subscription' else 'topup' end as billing_type
    from public.invoice_lines l
    where l.organization_id = (select public.contract_organization_id())
    group by l.invoice_id
) lines on lines.invoice_id = b.id
left join (
    select p.invoice_id, sum(r.amount_minor) as minor
    from public.payments p
    join public.refunds r on r.organization_id = p.organization_id and r.payment_id = p.id
    where p.organization_id = (select public.contract_organization_id())
    group by p.invoice_id
) back on back.invoice_id = b.id
left join consulting_parts.imported i
    on i.kind = 'billing_consulting' and i.object_id = b.id and i.object_version = b.version
where b.organization_id = (select public.contract_organization_id())
union all
select case when i.source_id ~ '^[0-9]+$' then i.source_id::integer end, (i.shown ->> 'user_id')::uuid,
    (i.shown ->> 'invoice_number')::varchar(255), (i.shown ->> 'stripe_session_id')::varchar(255),
    (i.shown ->> 'stripe_customer_id')::varchar(255), (i.shown ->> 'stripe_subscription_id')::varchar(255),
    (i.shown ->> 'stripe_invoice_id')::varchar(255), (i.shown ->> 'stripe_charge_id')::varchar(255),
    (i.shown ->> 'stripe_payment_intent_id')::varchar(255), (i.shown ->> 'amount')::numeric(10,2),
    (i.shown ->> 'status')::varchar(50), (i.shown ->> 'billing_type')::varchar(50), (i.shown ->> 'created_at')::timestamp,
    (i.shown ->> 'paid_at')::timestamp
from consulting_parts.imported i
where i.kind = 'billing_consulting' and i.only_kept;

-- A merged ticket goes on as another one, which has its hours.
create view consulting.tickets_consulting with (security_invoker = true) as
select t.contract_number::integer as id,
    (case when i.shown is null then t.number else i.shown ->> 'ticket_id' end)::varchar(50) as ticket_id,
    case when i.shown is null then coalesce(c.known_id, c.customer_id) else (i.shown ->> 'user_id')::uuid end as user_id,
    (case when i.shown is null then t.title else i.shown ->> 'title' end)::varchar(255) as title,
    case when i.shown is null then t.details else i.shown ->> 'details' end as details,
    (case when i.shown is not null then i.shown ->> 'status'
        when t.merged_into_id is not null then 'Completed'
        when t.status = 'pending' then 'Pending' when t.status = 'in_progress' then 'In Progress'
        when t.status = 'completed' then 'Completed' else 'Rejected' end)::varchar(50) as status,
    (case when i.shown is null then t.priority else i.shown ->> 'request_priority' end)::varchar(50) as request_priority,
    (case when i.shown is not null then (i.shown ->> 'dedicate_hours')::numeric
        when t.merged_into_id is not null then 0
        when t.status = 'completed' then round(t.used_seconds / 3600.0, 2)
        else round(t.wanted_seconds / 3600.0, 2) end)::numeric(10,2) as dedicate_hours,
    case when i.shown is null then t.created_at at time zone 'UTC' else (i.shown ->> 'created_at')::timestamp end as created_at
from public.tickets t
left join consulting_parts.customers c on c.customer_id = t.customer_id
left join consulting_parts.imported i
    on i.kind = 'tickets_consulting' and i.object_id = t.id and i.object_version = t.version
where t.organization_id = (select public.contract_organization_id())
union all
select i.source_id::integer, (i.shown ->> 'ticket_id')::varchar(50), (i.shown ->> 'user_id')::uuid,
    (i.shown ->> 'title')::varchar(255), i.shown ->> 'details', (i.shown ->> 'status')::varchar(50),
    (i.shown ->> 'request_priority')::varchar(50), (i.shown ->> 'dedicate_hours')::numeric(10,2),
    (i.shown ->> 'created_at')::timestamp
from consulting_parts.imported i
where i.kind = 'tickets_consulting' and i.only_kept;

-- Internal notes are not in it: the documented layout has only what customers read too.
create view consulting.ticket_comments_consulting with (security_invoker = true) as
select m.contract_number::integer as id,
    t.contract_number::integer as ticket_id,
    case when i.shown is null then p.id else (i.shown ->> 'user_id')::uuid end as user_id,
    (case when i.shown is not null then i.shown ->> 'usertype'
        when m.side = 'customer' then 'customer' else 'admin' end)::varchar(50) as usertype,
    case when i.shown is null then m.message else i.shown ->> 'message' end as message,
    case when i.shown is null then m.created_at at time zone 'UTC' else (i.shown ->> 'created_at')::timestamp end as created_at
from public.ticket_comments m
join public.tickets t on t.organization_id = m.organization_id and t.id = m.ticket_id
left join consulting_parts.people p on p.user_id = m.author_user_id
left join consulting_parts.imported i on i.kind = 'ticket_comments_consulting' and i.object_id = m.id
where m.organization_id = (select public.contract_organization_id()) and not m.internal
union all
select i.source_id::integer, (i.shown ->> 'ticket_id')::integer, (i.shown ->> 'user_id')::uuid,
    (i.shown ->> 'usertype')::varchar(50), i.shown ->> 'message', (i.shown ->> 'created_at')::timestamp
from consulting_parts.imported i
where i.kind = 'ticket_comments_consulting' and i.only_kept;

-- Our notifications name who caused them but keep no id of theirs, so sender_id and role are null in native rows.
create view consulting.notifications_consulting with (security_invoker = true) as
select n.contract_number::integer as id,
    (i.shown ->> 'sender_id')::uuid as sender_id,
    case when i.shown is null then p.id else (i.shown ->> 'recipient_id')::uuid end as recipient_id,
    case when i.shown is null then t.contract_number::integer else (i.shown ->> 'ticket_id')::integer end as ticket_id,
    (case when i.shown is null then n.kind else i.shown ->> 'type' end)::varchar(50) as type,
    case when i.shown is null then concat_ws(': ', n.title, nullif(n.text, '')) else i.shown ->> 'message' end as message,
    (i.shown ->> 'role')::varchar(50) as role,
    case when n.read_at is not null then true when i.shown is null then false else (i.shown ->> 'is_read')::boolean end as is_read,
    case when i.shown is null then n.created_at at time zone 'UTC' else (i.shown ->> 'created_at')::timestamp end as created_at
from public.notifications n
left join public.tickets t
    on n.subject_kind = 'ticket' and t.organization_id = n.organization_id and t.number = n.subject_ref
left join consulting_parts.people p on p.user_id = n.user_id
left join consulting_parts.imported i on i.kind = 'notifications_consulting' and i.object_id = n.id
where n.organization_id = (select public.contract_organization_id())
union all
select i.source_id::integer, (i.shown ->> 'sender_id')::uuid, (i.shown ->> 'recipient_id')::uuid,
    (i.shown ->> 'ticket_id')::integer, (i.shown ->> 'type')::varchar(50), i.shown ->> 'message',
    (i.shown ->> 'role')::varchar(50), (i.shown ->> 'is_read')::boolean, (i.shown ->> 'created_at')::timestamp
from consulting_parts.imported i
where i.kind = 'notifications_consulting' and i.only_kept;

-- Events of Stripe that the old application took; nothing of ours becomes one.
create view consulting.webhook_events with (security_invoker = true) as
select i.source_id::integer as id, (i.shown ->> 'event_id')::varchar(255) as event_id,
    (i.shown ->> 'status')::varchar(50) as status, (i.shown ->> 'created_at')::timestamp as created_at,
    (i.shown ->> 'processed_at')::timestamp as processed_at, (i.shown ->> 'updated_at')::timestamp as updated_at
from consulting_parts.imported i
where i.kind = 'webhook_events' and i.only_kept;

-- The documented defaults, for tools that read the catalog. Serial ids have none: nothing is inserted here.
alter view consulting.users_consulting alter column id set default gen_random_uuid();
alter view consulting.users_consulting alter column role set default 'customer'::character varying;
alter view consulting.users_consulting alter column created_at set default now();
alter view consulting.subscriptions_consulting alter column status set default 'active'::character varying;
alter view consulting.billing_consulting alter column created_at set default now();
alter view consulting.tickets_consulting alter column status set default 'Pending'::character varying;
alter view consulting.tickets_consulting alter column dedicate_hours set default 0;
alter view consulting.tickets_consulting alter column created_at set default now();
alter view consulting.ticket_comments_consulting alter column created_at set default now();
alter view consulting.notifications_consulting alter column is_read set default false;
alter view consulting.notifications_consulting alter column created_at set default now();
alter view consulting.webhook_events alter column created_at set default now();

-- ---------------------------------------------------------------------------------------------------------- functions

create function consulting.get_customers_consulting()
returns table (id uuid, name varchar, email varchar, created_at timestamp) as $$
begin
    return query
    select u.id, u.name, u.email, u.created_at
    from consulting.users_consulting u
    where u.role = 'customer'
    order by u.created_at desc;
end
$$ language plpgsql;

create function consulting.get_tickets_consulting()
returns table (
    id integer, ticket_id varchar, user_id uuid, user_name varchar, title varchar, details text, status varchar,
    request_priority varchar, dedicate_hours decimal, created_at timestamp
) as $$
begin
    return query
    select t.id, t.ticket_id, t.user_id, u.name, t.title, t.details, t.status, t.request_priority, t.dedicate_hours,
        t.created_at
    from consulting.tickets_consulting t
    left join consulting.users_consulting u on t.user_id = u.id
    order by t.created_at desc;
end
$$ language plpgsql;

create function consulting.get_ticket_details_consulting(p_ticket_id integer)
returns table (
    id integer, ticket_id varchar, user_id uuid, user_name varchar, user_email varchar, title varchar, details text,
    status varchar, request_priority varchar, dedicate_hours decimal, created_at timestamp
) as $$
begin
    return query
    select t.id, t.ticket_id, t.user_id, u.name, u.email, t.title, t.details, t.status, t.request_priority,
        t.dedicate_hours, t.created_at
    from consulting.tickets_consulting t
    left join consulting.users_consulting u on t.user_id = u.id
    where t.id = p_ticket_id;
end
$$ language plpgsql;

create function consulting.get_user_subscriptions_consulting(p_user_id uuid default null)
returns table (
    id uuid, name varchar, email varchar, plan_name varchar, hours_allocated decimal, hours_remaining decimal,
    status varchar, start_date timestamp, end_date timestamp
) as $$
begin
    return query
    select u.id, u.name, u.email, s.plan_name, s.hours_allocated, s.hours_remaining, s.status, s.start_date, s.end_date
    from consulting.users_consulting u
    left join consulting.subscriptions_consulting s on u.id = s.user_id
    where u.role = 'customer' and (p_user_id is null or u.id = p_user_id)
    order by u.created_at desc;
end
$$ language plpgsql;

create function consulting.get_user_billing_consulting()
returns table (
    id integer, user_id uuid, user_name varchar, invoice_number varchar, amount decimal, status varchar,
    billing_type varchar, created_at timestamp, paid_at timestamp
) as $$
begin
    return query
    select b.id, b.user_id, u.name, b.invoice_number, b.amount, b.status, b.billing_type, b.created_at, b.paid_at
    from consulting.billing_consulting b
    left join consulting.users_consulting u on b.user_id = u.id
    order by b.created_at desc;
end
$$ language plpgsql;

-- The document cuts months by the clock of whoever asks. A month is the organization's own: everybody gets one number.
create function consulting.get_billing_totals_prev_curr_consulting()
returns table (period varchar, total decimal) as $$
declare
    v_zone text := (select o.time_zone from public.organizations o
        where o.organization_id = (select public.contract_organization_id()));
    v_month timestamp := date_trunc('month', now() at time zone v_zone);
    v_begin timestamp := v_month at time zone v_zone at time zone 'UTC';
    v_before timestamp := (v_month - interval '1 month') at time zone v_zone at time zone 'UTC';
    v_end timestamp := (v_month + interval '1 month') at time zone v_zone at time zone 'UTC';
begin
    return query
    select 'current_month'::varchar, coalesce(sum(b.amount), 0)
    from consulting.billing_consulting b
    where b.status = 'paid' and b.paid_at >= v_begin and b.paid_at < v_end
    union all
    select 'previous_month'::varchar, coalesce(sum(b.amount), 0)
    from consulting.billing_consulting b
    where b.status = 'paid' and b.paid_at >= v_before and b.paid_at < v_begin;
end
$$ language plpgsql;

create function consulting.get_active_plan_counts_consulting()
returns table (plan_name varchar, count bigint) as $$
begin
    return query
    select s.plan_name, count(*) as count
    from consulting.subscriptions_consulting s
    where s.status = 'active'
    group by s.plan_name
    order by count desc;
end
$$ language plpgsql;

create function consulting.get_ticket_counts_by_status_consulting()
returns table (status varchar, count bigint) as $$
begin
    return query
    select t.status, count(*) as count
    from consulting.tickets_consulting t
    group by t.status
    order by count desc;
end
$$ language plpgsql;

-- ------------------------------------------------------------------------------------------------------------- rights

revoke execute on all functions in schema consulting from public;
grant usage on schema consulting, consulting_parts to retainer_contract_consulting;
grant select on all tables in schema consulting, consulting_parts to retainer_contract_consulting;
grant execute on all functions in schema consulting to retainer_contract_consulting;

-- Of our tables only what the views read: no notes, no addresses of mail, nothing that proves who somebody is.
grant select (organization_id, source, kind, source_id, object_id, object_version, row, gone_at, customer_id)
    on external_refs to retainer_contract_consulting;
grant select (organization_id, time_zone) on organizations to retainer_contract_consulting;
grant select (organization_id, user_id, customer_id, role, created_at, ended_at) on memberships to retainer_contract_consulting;
grant select (id, name, email, created_at, version) on users to retainer_contract_consulting;
grant select (organization_id, id, name, email, created_at, version) on customers to retainer_contract_consulting;
grant select (organization_id, id, name) on plans to retainer_contract_consulting;
grant select (organization_id, id, plan_id, unit_code, quantity) on plan_versions to retainer_contract_consulting;
grant select (organization_id, id, customer_id, plan_version_id, state, trial_ends_at, created_at, version, contract_number)
    on subscriptions to retainer_contract_consulting;
grant select (organization_id, subscription_id, number, state, starts_at, ends_at, lot_id)
    on subscription_periods to retainer_contract_consulting;
grant select (organization_id, id, owner_kind, owner_id, unit_code, debt) on allowance_accounts to retainer_contract_consulting;
grant select (organization_id, account_id, lot_id, kind, quantity) on allowance_entries to retainer_contract_consulting;
grant select (organization_id, id, account_id, source_kind, source_ref, amount, remaining, held, activated_at, expires_at, ended_as)
    on allowance_lots to retainer_contract_consulting;
grant select (organization_id, id, customer_id, number, state, total_minor, created_at, due_at, paid_at, version, contract_number)
    on invoices to retainer_contract_consulting;
grant select (organization_id, invoice_id, kind, period_number) on invoice_lines to retainer_contract_consulting;
grant select (organization_id, id, invoice_id) on payments to retainer_contract_consulting;
grant select (organization_id, payment_id, amount_minor) on refunds to retainer_contract_consulting;
grant select (organization_id, id, number, customer_id, title, details, priority, status, wanted_seconds, used_seconds,
        merged_into_id, created_at, version, contract_number)
    on tickets to retainer_contract_consulting;
grant select (organization_id, id, ticket_id, author_user_id, side, message, internal, created_at, contract_number)
    on ticket_comments to retainer_contract_consulting;
grant select (organization_id, id, user_id, kind, subject_kind, subject_ref, title, text, created_at, read_at, contract_number)
    on notifications to retainer_contract_consulting;
