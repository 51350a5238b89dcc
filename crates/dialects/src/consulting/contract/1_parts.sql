-- The SQL contract of the consulting dialect: its seven tables as views and its eight functions, under the documented
-- names, columns and types, over one organization's rows. Reapplied as a whole when any of it changes.
--
-- * Whose rows: contract_organization_id(), by the role of the login (migrations/repeatable/contract_logins.sql). The
--   views run with the rights of who asks, so row-level security holds beneath them.
-- * An imported row is shown as it was imported while our object still is what the import made of it (the versions are
--   equal); afterwards our state in the documented words. Rows that were only kept are shown as they were.
-- * Instants are naive UTC, hours numeric(10,2), documented ids are contract_number.
-- * Documented ids are integers, ours are not, and PostgreSQL uses no index through a cast that may fail where row-level
--   security stands before it. So the id is a row of its own that equals the number: whoever asks for one id, asks the
--   index on the number too. The join is an outer one for the planner's sake, which otherwise expects a single row of all.
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
exception
    when duplicate_object or unique_violation then
        null; -- another installation on the same PostgreSQL was quicker
    when insufficient_privilege then
        raise exception 'the owner may not make the role retainer_contract_consulting; make it for them: create role retainer_contract_consulting nologin';
end
$$;

-- There may be more than the documented types hold, in a source and here. What does not fit is null in the documented tables, so that
-- one row keeps nobody from reading the others; the documented functions, whose figures have no limit, read the parts and give it.
create function consulting_parts.fitting_integer(p_number text) returns integer
language sql immutable parallel safe as $$
    select case when p_number ~ '^-?[0-9]{1,10}$' and p_number::bigint between -2147483648 and 2147483647
        then p_number::integer end
$$;
-- An amount or hours of a source; what is infinite is no figure.
create function consulting_parts.figure(p_text text) returns numeric
language sql immutable parallel safe as $$
    select case when p_text::numeric = 'NaN' or abs(p_text::numeric) < 'Infinity' then round(p_text::numeric, 2) end
$$;

-- Imported rows, and those of them that became nothing of ours and are still in the source.
create view consulting_parts.imported with (security_invoker = true) as
select r.kind, r.source_id, r.object_id, r.object_version, r.row as shown, r.object_id is null and r.gone_at is null as only_kept,
    r.customer_id, r.decisions @> '{changed_here_too}' as stays, r.decisions @> '{role_changed}' as has_other_role
from public.external_refs r
where r.organization_id = (select public.contract_organization_id()) and r.source = 'consulting';

-- Customers by their documented id. Staff who bought something have a customer beside their user, who is no documented
-- user of its own.
create view consulting_parts.customers with (security_invoker = true) as
select c.id as customer_id, coalesce(i.source_id, b.source_id)::uuid as known_id
from public.customers c
left join consulting_parts.imported i on i.kind = 'users_consulting' and i.object_id = c.id
left join consulting_parts.imported b on b.kind = 'users_consulting' and b.customer_id = c.id
where c.organization_id = (select public.contract_organization_id());

-- Everybody who has or had a place here, by their documented id: who signs in for a customer is that customer.
create view consulting_parts.people with (security_invoker = true) as
select m.user_id, coalesce(i.source_id::uuid, m.customer_id, m.user_id) as id
from public.contract_people() m
left join consulting_parts.imported i on i.kind = 'users_consulting' and i.object_id = coalesce(m.customer_id, m.user_id);

-- Documented users that were imported, found by "key", which is the source's id: customers, staff, and who was only kept.
-- The imported role stays as long as it means the role that staff have here, or is one that the source changed alone.
create view consulting_parts.imported_users with (security_invoker = true) as
select k.key, k.customer_id, k.key::uuid as id,
    (case when k.shown is null then k.name else k.shown ->> 'name' end)::varchar(255) as name,
    (case when k.shown is null then k.email else k.shown ->> 'email' end)::varchar(255) as email,
    (case when k.has_other_role and k.shown is not null then k.word
        when k.customer_id is not null and k.shown is null then 'customer'
        when k.staff_role is null or (lower(trim(k.word)) = 'developer') = (k.staff_role = 'developer') then k.word
        when k.staff_role = 'developer' then 'developer' else 'admin' end)::varchar(50) as role,
    case when k.shown is null then k.created_at at time zone 'UTC' else (k.shown ->> 'created_at')::timestamp end as created_at
from (
    select i.source_id as key, c.id as customer_id, u.role as staff_role, i.shown ->> 'role' as word, i.has_other_role,
        coalesce(c.name, u.name) as name, case when c.id is null then u.email else c.email end as email,
        coalesce(c.created_at, u.created_at) as created_at,
        case when i.only_kept or i.object_version = coalesce(c.version, u.version) then i.shown end as shown
    from consulting_parts.imported i
    left join public.customers c
        on c.organization_id = (select public.contract_organization_id()) and c.id = i.object_id
    left join public.contract_staff() u on u.user_id = i.object_id and c.id is null
    where i.kind = 'users_consulting' and (c.id is not null or u.user_id is not null or i.only_kept)
) k;

-- Documented users that came to be here: customers, and staff.
create view consulting_parts.native_users with (security_invoker = true) as
select c.id as customer_id, c.id, c.name::varchar(255) as name, c.email::varchar(255) as email,
    'customer'::varchar(50) as role, c.created_at at time zone 'UTC' as created_at
from public.customers c
where c.organization_id = (select public.contract_organization_id())
    and not exists (select from consulting_parts.imported i where i.kind = 'users_consulting' and i.object_id = c.id)
    and not exists (select from consulting_parts.imported b where b.kind = 'users_consulting' and b.customer_id = c.id)
union all
select null, u.user_id, u.name::varchar(255), u.email::varchar(255),
    (case u.role when 'developer' then 'developer' else 'admin' end)::varchar(50), u.created_at at time zone 'UTC'
from public.contract_staff() u
where not exists (select from consulting_parts.imported i where i.kind = 'users_consulting' and i.object_id = u.user_id);

-- The views below all have the customer along, so that what is asked of one customer is read of one customer only: the
-- planner hands "customer_id = …" down through joins and groups.

-- What is free now of every lot of hours that still lives, credit apart. The clock decides, not the job that ends lots.
create view consulting_parts.free_lots with (security_invoker = true) as
select a.owner_id as customer_id, l.id as lot_id, l.remaining - l.held as seconds
from public.allowance_accounts a
join public.allowance_lots l on l.organization_id = a.organization_id and l.account_id = a.id
where a.organization_id = (select public.contract_organization_id()) and a.owner_kind = 'customer' and a.unit_code = 'hour'
    and l.ended_as is null and l.activated_at is not null and l.source_kind <> 'credit_line'
    and (l.expires_at is null or l.expires_at > now());

-- What is owed on lots: the import hangs a balance below zero on the lot that it is below zero of.
create view consulting_parts.owed_lots with (security_invoker = true) as
select a.owner_id as customer_id, e.lot_id,
    sum(case e.kind when 'charge_debt' then e.quantity else -e.quantity end) as seconds
from public.allowance_accounts a
join public.allowance_entries e on e.organization_id = a.organization_id and e.account_id = a.id
where a.organization_id = (select public.contract_organization_id()) and a.owner_kind = 'customer' and a.debt > 0
    and e.kind in ('charge_debt', 'repay_debt') and e.lot_id is not null
group by a.owner_id, e.lot_id;

-- The lots of subscriptions: those of their periods, and those that the import made for them, which it names after them.
create view consulting_parts.subscription_lots with (security_invoker = true) as
select s.customer_id, s.id as subscription_id, p.lot_id
from public.subscriptions s
join public.subscription_periods p on p.organization_id = s.organization_id and p.subscription_id = s.id
join public.allowance_lots l on l.organization_id = p.organization_id and l.id = p.lot_id and l.source_kind <> 'import'
where s.organization_id = (select public.contract_organization_id())
union all
select s.customer_id, s.id, l.id
from public.subscriptions s
join consulting_parts.imported i on i.kind = 'subscriptions_consulting' and i.object_id = s.id
join public.allowance_accounts a
    on a.organization_id = s.organization_id and a.owner_kind = 'customer' and a.owner_id = s.customer_id
join public.allowance_lots l
    on l.organization_id = a.organization_id and l.account_id = a.id and l.source_kind = 'import'
    and starts_with(l.source_ref, 'consulting:subscription:') and split_part(l.source_ref, ':', 3) = i.source_id
where s.organization_id = (select public.contract_organization_id());

-- A subscription's own seconds: what is free in its lots, less what is owed on them. No row where none of them lives.
create view consulting_parts.own_seconds with (security_invoker = true) as
select s.customer_id, s.subscription_id, sum(l.seconds) as free, coalesce(sum(o.seconds), 0) as owed
from consulting_parts.subscription_lots s
join consulting_parts.free_lots l on l.customer_id = s.customer_id and l.lot_id = s.lot_id
left join consulting_parts.owed_lots o on o.customer_id = s.customer_id and o.lot_id = s.lot_id
group by s.customer_id, s.subscription_id;

-- What a customer has beside the lots of subscriptions (top-ups, goodwill), less what they owe. It counts for the
-- subscription that runs, or else for the newest.
create view consulting_parts.other_seconds with (security_invoker = true) as
select a.owner_id as customer_id,
    coalesce(l.seconds, 0) - coalesce(o.free, 0) - (a.debt - coalesce(o.owed, 0)) as seconds
from public.allowance_accounts a
left join (select customer_id, sum(seconds) as seconds from consulting_parts.free_lots group by customer_id) l
    on l.customer_id = a.owner_id
left join (select customer_id, sum(free) as free, sum(owed) as owed from consulting_parts.own_seconds group by customer_id) o
    on o.customer_id = a.owner_id
where a.organization_id = (select public.contract_organization_id()) and a.owner_kind = 'customer' and a.unit_code = 'hour';

-- The period of each subscription that was begun last, and what it granted: all that better plans added to it, too, but not
-- what only moved on from one lot to the next.
create view consulting_parts.last_periods with (security_invoker = true) as
select distinct on (s.customer_id, s.id) s.customer_id, s.id as subscription_id, p.number, p.starts_at, p.ends_at,
    case when l.series_seq is null then l.amount else (
        select sum(x.amount) from public.allowance_lots x
        where x.organization_id = l.organization_id and x.account_id = l.account_id
            and (x.opened_seq = l.series_seq or x.series_seq = l.series_seq and x.source_kind <> 'rollover')
    ) end as amount
from public.subscriptions s
join public.subscription_periods p on p.organization_id = s.organization_id and p.subscription_id = s.id
left join public.allowance_lots l on l.organization_id = p.organization_id and l.id = p.lot_id
where s.organization_id = (select public.contract_organization_id())
order by s.customer_id, s.id, (p.state = 'granted') desc, p.number desc;

-- Which subscription of each customer that is.
create view consulting_parts.current_subscriptions with (security_invoker = true) as
select distinct on (s.customer_id) s.customer_id, s.id as subscription_id
from public.subscriptions s
where s.organization_id = (select public.contract_organization_id())
order by s.customer_id, s.state in ('active', 'past_due', 'paused') desc, s.created_at desc, s.contract_number desc;
