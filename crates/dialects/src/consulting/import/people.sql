-- Who is whom, for everything that follows; and customers for staff who bought something themselves. Whether somebody is staff is said
-- by what they became here: the source may have changed its mind since.
create temp table people as
select s.source_id::uuid as uid, case when r.redacted_at is null then s.name else 'Former user' end as name,
       c.id is null and (r.object_id is not null or s.ours <> 'customer') as staff, r.object_id, s.at, r.customer_id, null::uuid as user_id
  from said_people s
  join external_refs r on r.organization_id = {org} and r.source = '{source}' and r.kind = 'users_consulting' and r.source_id = s.source_id
  left join customers c on c.organization_id = {org} and c.id = r.object_id;

create temp table buyers as
select p.uid, coalesce(p.customer_id, import_id({org}, 'customer:' || p.uid, p.at)) as customer_id from people p
 where p.staff and (exists (select from staged_subscriptions_consulting s where s.user_id = p.uid)
     or exists (select from staged_tickets_consulting s where s.user_id = p.uid)
     or exists (select from staged_billing_consulting s where s.user_id = p.uid));
insert into customers (organization_id, id, name, created_at)
select {org}, b.customer_id, p.name, p.at from people p join buyers b using (uid)
on conflict do nothing;
update external_refs r set customer_id = b.customer_id,
       decisions = case when r.decisions @> '{staff_who_buys}' then r.decisions else array_append(r.decisions, 'staff_who_buys') end
  from buyers b
 where r.organization_id = {org} and r.source = '{source}' and r.kind = 'users_consulting' and r.source_id = b.uid::text
   and (not r.decisions @> '{staff_who_buys}' or r.customer_id is null);

update people p set customer_id = b.customer_id, user_id = p.object_id from buyers b where p.staff and p.uid = b.uid;
update people p set user_id = p.object_id where p.staff;
update people p set customer_id = c.id, user_id = m.user_id
  from customers c
  left join lateral (select m.user_id from memberships m
                      where m.organization_id = {org} and m.customer_id = c.id and m.ended_at is null order by m.created_at limit 1) m on true
 where not p.staff and c.organization_id = {org} and c.id = p.object_id;
drop table buyers;
create unique index on people (uid);
analyze people;

-- An organization has somebody who may do everything: the oldest administrator, where there is nobody yet.
update memberships m set role = 'owner', version = m.version + 1
 where m.organization_id = {org} and m.role = 'admin' and m.ended_at is null
   and not exists (select from memberships o where o.organization_id = {org} and o.role = 'owner' and o.ended_at is null)
   and m.id = (select f.id from memberships f
                where f.organization_id = {org} and f.role = 'admin' and f.ended_at is null order by f.created_at, f.id limit 1);
