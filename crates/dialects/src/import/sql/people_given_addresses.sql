-- Who gets the address that they could not be given before: it has become free, or whoever has it is about to be given another one of
-- these, so that two who swap theirs, or more in a ring, move at once. A batch cannot do that: they may stand in several.
-- Whoever changes or forgets one of them meanwhile comes before, and then nothing is written over it, or after.
select c.id from customers c join wanted w on w.object_id = c.id where c.organization_id = {org} order by c.id for update of c;
create temp table movers as
select w.n, w.source_id, w.email, w.name, a.folded, a.email_hash, w.object_id, c.id as customer_id, u.id as user_id, w.ours, w.at, w.hash,
       coalesce(c.email_folded, case when c.id is null then u.email_folded end) is not distinct from a.folded as has_it,
       -- They sign in with the address that their customer has; whoever has chosen another one keeps that.
       u.id is not null and (c.id is null or u.email_folded = c.email_folded) as signs_in,
       -- Whether nobody changed them here since.
       w.object_id is null or coalesce(c.version, u.version) = w.object_version as unchanged,
       -- They never had anybody who signs in.
       u.id is null and (w.object_id is null or not exists (
         select from memberships m where m.organization_id = {org} and m.customer_id = c.id)) as makes_user,
       false as elsewhere
  from wanted w
  join addresses a using (n)
  left join customers c on c.organization_id = {org} and c.id = w.object_id
  left join lateral (
    select m.user_id from memberships m
     where m.organization_id = {org} and (m.customer_id = c.id or m.user_id = w.object_id) and m.ended_at is null
     order by m.created_at limit 1) m on true
  left join users u on u.id = m.user_id
 where c.archived_at is null and c.anonymised_at is null and u.anonymised_at is null
   and (w.object_id is null or coalesce(c.version, u.version) = w.object_version
     or coalesce(c.email_folded, case when c.id is null then u.email_folded end) = a.folded);
drop table wanted;
delete from movers m using (select n, row_number() over (partition by folded order by n) as nth from movers) o where o.n = m.n and o.nth > 1;
create index on movers (n);
create index on movers (customer_id);
create index on movers (user_id);
analyze movers;

do $people$
declare
  m record;
begin
  for m in select * from movers where user_id is not null loop
    perform set_config('retainer.user_id', m.user_id::text, false);
    update movers p set elsewhere = exists (select from memberships o where o.user_id = m.user_id and o.organization_id <> {org}
             -- A sample of theirs is no other shop.
             and not exists (select from organization_slugs d where d.organization_id = o.organization_id and d.is_sample)) where p.n = m.n;
  end loop;
  perform set_config('retainer.user_id', '', false);
  delete from movers where elsewhere;
end
$people$;
-- Whom each waits for: another of these, or somebody (null) who stays. Whoever waits for one who stays, stays, and so does whoever
-- waits for them.
create temp table holders as
select w.n, o.n as held_by
  from movers w
  join customers h on h.organization_id = {org} and h.email_folded = w.folded and h.archived_at is null
   and h.id is distinct from w.customer_id
  left join movers o on o.customer_id = h.id
union
select w.n, o.n
  from movers w
  join user_directory d on d.email_hash = w.email_hash and d.user_id is distinct from w.user_id
  left join movers o on o.user_id = d.user_id and o.signs_in;
create index on holders (held_by);
analyze holders;
delete from movers w using (
    with recursive staying as (
        select n from holders where held_by is null
        union
        select h.n from holders h join staying s on h.held_by = s.n)
    select n from staying) s
 where w.n = s.n;
drop table holders;

update external_refs r set decisions = array_append(
         array_remove(array_remove(array_remove(r.decisions, 'address_of_another'), 'email_differs_only_by_case'), 'known_elsewhere'),
         'address_given'), run_id = {run}
  from movers m
 where r.organization_id = {org} and r.source = '{source}' and r.kind = '{kind}' and r.source_id = m.source_id;
delete from movers where has_it and not makes_user;

-- First all let go of what they have, then each takes what is theirs.
update customers c set email = null, email_folded = null
  from movers m where not m.has_it and c.organization_id = {org} and c.id = m.customer_id;
delete from user_directory d using movers m where m.signs_in and d.user_id = m.user_id;
do $people$
declare
  m record;
begin
  for m in select * from movers where signs_in loop
    perform set_config('retainer.user_id', m.user_id::text, false);
    update users u set email_folded = 'moving ' || u.id where u.id = m.user_id;
  end loop;
  perform set_config('retainer.user_id', '', false);
end
$people$;
update customers c set email = m.email, email_folded = m.folded, version = c.version + 1
  from movers m where not m.has_it and c.organization_id = {org} and c.id = m.customer_id;
insert into user_directory (email_hash, user_id) select email_hash, user_id from movers where signs_in;
do $people$
declare
  m record;
begin
  for m in select * from movers where signs_in loop
    perform set_config('retainer.user_id', m.user_id::text, false);
    -- Nobody has proved the new address.
    update users u set email = m.email, email_folded = m.folded, email_verified_at = null, version = u.version + 1 where u.id = m.user_id;
    update sessions set revoked_at = {now} where organization_id = {org} and user_id = m.user_id and revoked_at is null;
    update secret_links set used_at = {now} where organization_id = {org} and user_id = m.user_id and used_at is null;
  end loop;
  perform set_config('retainer.user_id', '', false);
end
$people$;

update movers set user_id = import_id({org}, 'user:' || source_id, at) where makes_user;
insert into users (id, email, email_folded, name, password_hash, password_changed_at, created_at)
select user_id, email, folded, name, hash, case when hash is not null then at end, at from movers where makes_user;
insert into user_directory (email_hash, user_id) select email_hash, user_id from movers where makes_user;
insert into memberships (organization_id, id, user_id, role, customer_id, created_at)
select {org}, import_id({org}, 'membership:' || source_id, at), user_id, case when customer_id is null then ours else 'customer' end, customer_id, at
  from movers where makes_user;

update external_refs r set object_id = coalesce(r.object_id, m.user_id), object_version = case when m.unchanged then coalesce(c.version, u.version) else r.object_version end
  from movers m
  left join customers c on c.organization_id = {org} and c.id = m.customer_id
  left join users u on u.id = m.user_id
 where r.organization_id = {org} and r.source = '{source}' and r.kind = '{kind}' and r.source_id = m.source_id;
drop table movers;
