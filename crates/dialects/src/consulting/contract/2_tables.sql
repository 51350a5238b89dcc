-- The documented tables.

-- password_hash is null for everybody: whoever reads reports has no business with what proves who somebody is.
create view consulting.users_consulting with (security_invoker = true) as
select id, name, email, null::varchar(255) as password_hash, role, created_at from consulting_parts.imported_users
union all
select id, name, email, null::varchar(255), role, created_at from consulting_parts.native_users;

-- What was allocated stays what the source says through the imported period, also when the subscription goes on here.
create view consulting_parts.subscriptions with (security_invoker = true) as
select s.customer_id, n.id,
    case when i.shown is null then coalesce(c.known_id, c.customer_id) else (i.shown ->> 'user_id')::uuid end as user_id,
    (case when i.shown is null then lower(p.name) else i.shown ->> 'plan_name' end)::varchar(50) as plan_name,
    -- A plan without a limit is shown as the most that the documented type can hold.
    (case when o.shown is not null and coalesce(g.number, 0) = 0 and (i.shown is not null or not o.stays) then consulting_parts.figure(o.shown ->> 'hours_allocated')
        when v.quantity is null and v.unit_code = 'hour' then 99999999.99
        else round(coalesce(g.amount, 0) / 3600.0, 2) end) as hours_allocated,
    -- What has ended here is as it was; what lives is what the ledger says.
    (case when i.shown is not null and own.subscription_id is null and s.state in ('ended', 'cancelled')
            then consulting_parts.figure(i.shown ->> 'hours_remaining')
        when v.quantity is null and v.unit_code = 'hour' then 99999999.99
        else round((coalesce(own.free - own.owed, 0)
            + case when latest.subscription_id is not null then coalesce(more.seconds, 0) else 0 end) / 3600.0, 2)
        end) as hours_remaining,
    (case when i.shown is not null then i.shown ->> 'status'
        when s.state = 'active' and s.trial_ends_at > now() then 'trial'
        when s.state = 'ended' then 'expired' else s.state end)::varchar(50) as status,
    case when i.shown is null then coalesce(g.starts_at, s.created_at) at time zone 'UTC'
        else (i.shown ->> 'start_date')::timestamp end as start_date,
    -- What never began has no end that a client could read, and what has one period only ends when it is stopped.
    case when i.shown is null then (case when isfinite(g.ends_at) then g.ends_at when s.ended_at is not null then s.ended_at
            when s.state = 'incomplete' then s.created_at else timestamptz '9999-12-31 00:00Z' end) at time zone 'UTC'
        else (i.shown ->> 'end_date')::timestamp end as end_date
from public.subscriptions s
left join lateral (select s.contract_number::integer as id offset 0) n on n.id = s.contract_number
join public.plan_versions v on v.organization_id = s.organization_id and v.id = s.plan_version_id
join public.plans p on p.organization_id = v.organization_id and p.id = v.plan_id
left join consulting_parts.customers c on c.customer_id = s.customer_id
left join consulting_parts.last_periods g on g.customer_id = s.customer_id and g.subscription_id = s.id
left join consulting_parts.own_seconds own on own.customer_id = s.customer_id and own.subscription_id = s.id
left join consulting_parts.current_subscriptions latest
    on latest.customer_id = s.customer_id and latest.subscription_id = s.id
left join consulting_parts.other_seconds more on more.customer_id = s.customer_id
left join consulting_parts.imported o on o.kind = 'subscriptions_consulting' and o.object_id = s.id
left join consulting_parts.imported i
    on i.kind = 'subscriptions_consulting' and i.object_id = s.id and i.object_version = s.version
where s.organization_id = (select public.contract_organization_id());

create view consulting_parts.kept_subscriptions with (security_invoker = true) as
select consulting_parts.fitting_integer(i.source_id) as id, (i.shown ->> 'user_id')::uuid as user_id,
    (i.shown ->> 'plan_name')::varchar(50) as plan_name, consulting_parts.figure(i.shown ->> 'hours_allocated') as hours_allocated,
    consulting_parts.figure(i.shown ->> 'hours_remaining') as hours_remaining, (i.shown ->> 'status')::varchar(50) as status,
    (i.shown ->> 'start_date')::timestamp as start_date, (i.shown ->> 'end_date')::timestamp as end_date
from consulting_parts.imported i
where i.kind = 'subscriptions_consulting' and i.only_kept;

create view consulting_parts.all_subscriptions with (security_invoker = true) as
select id, user_id, plan_name, hours_allocated, hours_remaining, status, start_date, end_date
from consulting_parts.subscriptions
union all
select id, user_id, plan_name, hours_allocated, hours_remaining, status, start_date, end_date
from consulting_parts.kept_subscriptions;

-- What is null here is too large for its type, see consulting_parts.figure. The "with" keeps PostgreSQL from taking the view for a
-- table that one could insert into: that ends with one error for all, whichever columns are named.
create view consulting.subscriptions_consulting with (security_invoker = true) as
with shown as not materialized (select * from consulting_parts.all_subscriptions)
select id, user_id, plan_name,
    (case when abs(hours_allocated) < 100000000 or hours_allocated = 'NaN' then hours_allocated end)::numeric(10,2) as hours_allocated,
    (case when abs(hours_remaining) < 100000000 or hours_remaining = 'NaN' then hours_remaining end)::numeric(10,2) as hours_remaining,
    status, start_date, end_date
from shown;

-- Money that went back is taken off the bill: the documented layout has no refunds, and only 'paid' is revenue there.
create view consulting_parts.bills with (security_invoker = true) as
select n.id,
    case when i.shown is null then coalesce(c.known_id, c.customer_id) else (i.shown ->> 'user_id')::uuid end as user_id,
    (case when i.shown is null then b.number else i.shown ->> 'invoice_number' end)::varchar(255) as invoice_number,
    (o.shown ->> 'stripe_session_id')::varchar(255) as stripe_session_id,
    (o.shown ->> 'stripe_customer_id')::varchar(255) as stripe_customer_id,
    (o.shown ->> 'stripe_subscription_id')::varchar(255) as stripe_subscription_id,
    (o.shown ->> 'stripe_invoice_id')::varchar(255) as stripe_invoice_id,
    (o.shown ->> 'stripe_charge_id')::varchar(255) as stripe_charge_id,
    (o.shown ->> 'stripe_payment_intent_id')::varchar(255) as stripe_payment_intent_id,
    case when i.shown is not null then consulting_parts.figure(i.shown ->> 'amount')
        when b.state = 'paid' then round((b.total_minor - coalesce(back.minor, 0)) / 100.0, 2)
        else round(b.total_minor / 100.0, 2) end as amount,
    (case when i.shown is not null then i.shown ->> 'status'
        when b.state = 'paid' then 'paid'
        when b.state in ('void', 'refunded') then 'cancelled'
        when b.due_at < now() then 'past_due' else 'pending' end)::varchar(50) as status,
    (case when o.shown is not null then o.shown ->> 'billing_type' else coalesce(lines.billing_type, 'topup') end)::varchar(50)
        as billing_type,
    case when i.shown is null then b.created_at at time zone 'UTC' else (i.shown ->> 'created_at')::timestamp end as created_at,
    case when i.shown is null then b.paid_at at time zone 'UTC' else (i.shown ->> 'paid_at')::timestamp end as paid_at
from public.invoices b
left join lateral (select b.contract_number::integer as id offset 0) n on n.id = b.contract_number
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
-- What it was for, and what Stripe calls it, stays what it was whatever becomes of it here.
left join consulting_parts.imported o on o.kind = 'billing_consulting' and o.object_id = b.id
left join consulting_parts.imported i
    on i.kind = 'billing_consulting' and i.object_id = b.id and i.object_version = b.version and back.minor is null
where b.organization_id = (select public.contract_organization_id())
union all
select consulting_parts.fitting_integer(i.source_id), (i.shown ->> 'user_id')::uuid,
    (i.shown ->> 'invoice_number')::varchar(255), (i.shown ->> 'stripe_session_id')::varchar(255),
    (i.shown ->> 'stripe_customer_id')::varchar(255), (i.shown ->> 'stripe_subscription_id')::varchar(255),
    (i.shown ->> 'stripe_invoice_id')::varchar(255), (i.shown ->> 'stripe_charge_id')::varchar(255),
    (i.shown ->> 'stripe_payment_intent_id')::varchar(255), consulting_parts.figure(i.shown ->> 'amount'),
    (i.shown ->> 'status')::varchar(50), (i.shown ->> 'billing_type')::varchar(50), (i.shown ->> 'created_at')::timestamp,
    (i.shown ->> 'paid_at')::timestamp
from consulting_parts.imported i
where i.kind = 'billing_consulting' and i.only_kept;

create view consulting.billing_consulting with (security_invoker = true) as
with shown as not materialized (select * from consulting_parts.bills)
select id, user_id, invoice_number, stripe_session_id, stripe_customer_id, stripe_subscription_id, stripe_invoice_id,
    stripe_charge_id, stripe_payment_intent_id,
    (case when abs(amount) < 100000000 or amount = 'NaN' then amount end)::numeric(10,2) as amount,
    status, billing_type, created_at, paid_at
from shown;

-- A merged ticket goes on as another one, which has its hours.
create view consulting_parts.tickets with (security_invoker = true) as
select n.id,
    (case when i.shown is null then t.number else i.shown ->> 'ticket_id' end)::varchar(50) as ticket_id,
    case when i.shown is null then coalesce(c.known_id, c.customer_id) else (i.shown ->> 'user_id')::uuid end as user_id,
    (case when i.shown is null then t.title else i.shown ->> 'title' end)::varchar(255) as title,
    case when i.shown is null then t.details else i.shown ->> 'details' end as details,
    (case when i.shown is not null then i.shown ->> 'status'
        when t.merged_into_id is not null then 'Completed'
        when t.status = 'pending' then 'Pending' when t.status = 'in_progress' then 'In Progress'
        when t.status = 'completed' then 'Completed' else 'Rejected' end)::varchar(50) as status,
    (case when i.shown is null then t.priority else i.shown ->> 'request_priority' end)::varchar(50) as request_priority,
    case when i.shown is not null then consulting_parts.figure(i.shown ->> 'dedicate_hours')
        when t.merged_into_id is not null then 0.00
        when t.status = 'completed' then round(t.used_seconds / 3600.0, 2)
        else round(t.wanted_seconds / 3600.0, 2) end as dedicate_hours,
    case when i.shown is null then t.created_at at time zone 'UTC' else (i.shown ->> 'created_at')::timestamp end as created_at
from public.tickets t
left join lateral (select t.contract_number::integer as id offset 0) n on n.id = t.contract_number
left join consulting_parts.customers c on c.customer_id = t.customer_id
left join consulting_parts.imported i
    on i.kind = 'tickets_consulting' and i.object_id = t.id and i.object_version = t.version
where t.organization_id = (select public.contract_organization_id())
union all
select consulting_parts.fitting_integer(i.source_id), (i.shown ->> 'ticket_id')::varchar(50), (i.shown ->> 'user_id')::uuid,
    (i.shown ->> 'title')::varchar(255), i.shown ->> 'details', (i.shown ->> 'status')::varchar(50),
    (i.shown ->> 'request_priority')::varchar(50), consulting_parts.figure(i.shown ->> 'dedicate_hours'),
    (i.shown ->> 'created_at')::timestamp
from consulting_parts.imported i
where i.kind = 'tickets_consulting' and i.only_kept;

create view consulting.tickets_consulting with (security_invoker = true) as
with shown as not materialized (select * from consulting_parts.tickets)
select id, ticket_id, user_id, title, details, status, request_priority,
    (case when abs(dedicate_hours) < 100000000 or dedicate_hours = 'NaN' then dedicate_hours end)::numeric(10,2) as dedicate_hours,
    created_at
from shown;

-- Internal notes are not in it: the documented layout has only what customers read too.
create view consulting.ticket_comments_consulting with (security_invoker = true) as
select n.id,
    t.contract_number::integer as ticket_id,
    case when i.shown is null then p.id else (i.shown ->> 'user_id')::uuid end as user_id,
    (case when i.shown is not null then i.shown ->> 'usertype'
        when m.side = 'customer' then 'customer' else 'admin' end)::varchar(50) as usertype,
    case when i.shown is null then m.message else i.shown ->> 'message' end as message,
    case when i.shown is null then m.created_at at time zone 'UTC' else (i.shown ->> 'created_at')::timestamp end as created_at
from public.ticket_comments m
left join lateral (select m.contract_number::integer as id offset 0) n on n.id = m.contract_number
join public.tickets t on t.organization_id = m.organization_id and t.id = m.ticket_id
left join consulting_parts.people p on p.user_id = m.author_user_id
left join consulting_parts.imported i on i.kind = 'ticket_comments_consulting' and i.object_id = m.id
where m.organization_id = (select public.contract_organization_id()) and not m.internal
union all
select consulting_parts.fitting_integer(i.source_id), consulting_parts.fitting_integer(i.shown ->> 'ticket_id'), (i.shown ->> 'user_id')::uuid,
    (i.shown ->> 'usertype')::varchar(50), i.shown ->> 'message', (i.shown ->> 'created_at')::timestamp
from consulting_parts.imported i
where i.kind = 'ticket_comments_consulting' and i.only_kept;

-- Our notifications name who caused them but keep no id of theirs, so sender_id and role are null in native rows.
create view consulting.notifications_consulting with (security_invoker = true) as
select d.id,
    (i.shown ->> 'sender_id')::uuid as sender_id,
    case when i.shown is null then p.id else (i.shown ->> 'recipient_id')::uuid end as recipient_id,
    case when i.shown is null then t.contract_number::integer else consulting_parts.fitting_integer(i.shown ->> 'ticket_id') end as ticket_id,
    (case when i.shown is null then n.kind else i.shown ->> 'type' end)::varchar(50) as type,
    case when i.shown is null then concat_ws(': ', n.title, nullif(n.text, '')) else i.shown ->> 'message' end as message,
    (i.shown ->> 'role')::varchar(50) as role,
    case when n.read_at is not null then true when i.shown is null then false else (i.shown ->> 'is_read')::boolean end as is_read,
    case when i.shown is null then n.created_at at time zone 'UTC' else (i.shown ->> 'created_at')::timestamp end as created_at
from public.notifications n
left join lateral (select n.contract_number::integer as id offset 0) d on d.id = n.contract_number
left join public.tickets t
    on n.subject_kind = 'ticket' and t.organization_id = n.organization_id and t.number = n.subject_ref
left join consulting_parts.people p on p.user_id = n.user_id
left join consulting_parts.imported i on i.kind = 'notifications_consulting' and i.object_id = n.id
where n.organization_id = (select public.contract_organization_id())
union all
select consulting_parts.fitting_integer(i.source_id), (i.shown ->> 'sender_id')::uuid, (i.shown ->> 'recipient_id')::uuid,
    consulting_parts.fitting_integer(i.shown ->> 'ticket_id'), (i.shown ->> 'type')::varchar(50), i.shown ->> 'message',
    (i.shown ->> 'role')::varchar(50), (i.shown ->> 'is_read')::boolean, (i.shown ->> 'created_at')::timestamp
from consulting_parts.imported i
where i.kind = 'notifications_consulting' and i.only_kept;

-- Events of Stripe that the old application took; nothing of ours becomes one.
create view consulting.webhook_events with (security_invoker = true) as
select consulting_parts.fitting_integer(i.source_id) as id, (i.shown ->> 'event_id')::varchar(255) as event_id,
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
