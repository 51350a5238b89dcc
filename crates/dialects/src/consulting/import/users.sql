-- users_consulting: customers with somebody who signs in for them, and staff. Customers that are compared with what was changed here stay
-- as they are until this batch is written; of staff, whose rows only they may lock, what they changed meanwhile is found when it is written.
select from (
    select c.id from pending_users_consulting p
      join customers c on c.organization_id = {org} and c.id = p.known_object
     where p.n between {from} and {to} order by c.id for update of c) locked;
create temp table batch as
with known as (
    select p.*, a.folded, a.email_hash, a.folded is null as invalid,
           i.name as called, i.role_known, i.ours, i.at, i.hash,
           -- Of several addresses that differ only by case, the oldest account signs in.
           row_number() over (partition by a.folded order by p.n) as nth
      from pending_users_consulting p
      join said_people i on i.source_id = p.source_id
      left join addresses a on a.n = p.n
     where p.n between {from} and {to}
), found as (
    select k.*, d.user_id as directory_user, m.id as membership_id, m.role as membership_role, m.customer_id as membership_customer,
           c.id as customer_known,
           -- Somebody who is here already, with another address: those who work here have theirs beside no customer.
           not k.is_new and k.known_object is not null
             and (own.id is null or own.email_folded is distinct from k.folded and own.email_folded is not null) as has_another,
           -- Of somebody who was not imported: a member, a customer, or anybody of another organization.
           not k.is_new and (d.user_id is distinct from signs.user_id and d.user_id is not null or c.id <> k.known_object) as taken_here,
           not k.is_new and was.decisions @> '{already_here}' as was_here, was.decisions as was_decided,
           case when own.id is not null then 'customer' when signs.role = 'developer' then 'developer' when signs.role is not null then 'admin' end
             as role_here,
           exists (select from external_refs r
                    where r.organization_id = {org} and r.source = '{source}' and r.kind = 'users_consulting'
                      and r.object_id in (c.id, d.user_id, m.customer_id) and r.source_id <> k.source_id) as taken
      from known k
      left join user_directory d on d.email_hash = k.email_hash
      left join memberships m on m.organization_id = {org} and m.user_id = d.user_id and m.ended_at is null
      left join customers c on c.organization_id = {org} and c.email_folded = k.folded and c.archived_at is null
      left join customers own on own.organization_id = {org} and own.id = k.known_object
      left join lateral (
        select s.user_id, s.role from memberships s
         where s.organization_id = {org} and (s.customer_id = k.known_object or s.user_id = k.known_object) and s.ended_at is null
         order by s.created_at limit 1) signs on true
      left join external_refs was
        on was.organization_id = {org} and was.source = '{source}' and was.kind = 'users_consulting' and was.source_id = k.source_id
), decided as (
    select f.*, f.folded is not null and (f.nth > 1 or f.taken or coalesce(f.taken_here, false)) as same_address,
           f.folded is not null and f.nth = 1 and not f.taken and not coalesce(f.taken_here, false) as first_of_address
      from found f
)
select n, source_id, is_new, known_object, known_version, known_row, called as name, trim(email) as email, folded, email_hash, ours, at, directory_user, membership_id,
       hash,
       not is_new and password_hash is distinct from known_row ->> 'password_hash' as other_password,
       -- Signs in with an account that is made now.
       is_new and first_of_address and directory_user is null as makes_user,
       first_of_address and directory_user is null and (is_new or customer_known is null or customer_known = known_object)
         as may_have_address,
       is_new and ours = 'customer' and not (first_of_address and coalesce(membership_customer, customer_known) is not null) as makes_customer,
       first_of_address as has_address,
       case when not is_new then known_object
            when ours = 'customer' and first_of_address then
              coalesce(membership_customer, customer_known, import_id({org}, 'customer:' || source_id, at))
            when ours = 'customer' then import_id({org}, 'customer:' || source_id, at)
            when first_of_address and directory_user is null then import_id({org}, 'user:' || source_id, at)
            when first_of_address and membership_id is not null then directory_user end as object_id,
       case when is_new then import_id({org}, 'user:' || source_id, at) end as user_id,
       1::bigint as object_version,
       array_remove(array[
         case when was_decided @> '{another_id}' then 'another_id' end,
         case when not role_known then 'unknown_role' end,
         case when invalid then 'invalid_email' end,
         case when same_address then case
           when has_another then 'address_of_another'
           when nth = 1 and not taken and directory_user is not null and membership_id is null
             and (customer_known is null or customer_known = known_object) then 'known_elsewhere'
           else 'email_differs_only_by_case' end end,
         case when is_new and first_of_address and directory_user is not null and membership_id is null then 'known_elsewhere' end,
         case when is_new and first_of_address and (membership_id is not null or customer_known is not null) or was_here
           then 'already_here' end,
         case when password_hash is not null and hash is null then 'password_not_usable' end,
         case when created_at is null then 'no_created_at'
              when not created_at between '0001-01-01' and '9999-12-30' then 'instant_out_of_range' end,
         case when trim(name) = '' or name ~ '[[:cntrl:]]' then 'odd_text' end,
         -- It stays said as long as both sides differ.
         case when not is_new and ours <> role_here and (lower(trim(coalesce(known_row ->> 'role', ''))) <> lower(trim(coalesce(role, '')))
             or was_decided @> '{role_changed}') then 'role_changed' end
       ], null) as decisions
  from decided;

analyze batch;
insert into customers (organization_id, id, name, email, email_folded, created_at)
select {org}, object_id, name, case when has_address then email end, case when has_address then folded end, at
  from batch where makes_customer;

insert into users (id, email, email_folded, name, password_hash, password_changed_at, created_at)
select user_id, email, folded, name, hash, case when hash is not null then at end, at from batch where makes_user;
insert into user_directory (email_hash, user_id) select email_hash, user_id from batch where makes_user;
insert into memberships (organization_id, id, user_id, role, customer_id, created_at)
select {org}, import_id({org}, 'membership:' || source_id, at), user_id, ours, case when ours = 'customer' then object_id end, at
  from batch where makes_user;

-- What changed in the source, as long as nobody changed it here.
create temp table moved as
select b.n, b.object_id, b.name, 
       case when trim(coalesce(b.known_row ->> 'name', '')) = '' then 'Without a name' else b.known_row ->> 'name' end as old_name, b.email, trim(b.known_row ->> 'email') as old_email, b.folded,
       b.email_hash, b.hash, b.known_row ->> 'password_hash' as old_hash, b.may_have_address, b.ours, c.id is not null as is_customer,
       coalesce(c.version, u.version) as version, u.id as user_id, u.password_hash is not null as has_password,
       u.password_changed_at as chosen_at,
       false as elsewhere, false as new_address, false as new_password, false as overtaken
  from batch b
  left join customers c on c.organization_id = {org} and c.id = b.known_object
  left join lateral (select m.user_id from memberships m
                      where m.organization_id = {org} and (m.customer_id = c.id or m.user_id = b.known_object) and m.ended_at is null
                      order by m.created_at limit 1) m on true
  left join users u on u.id = m.user_id
 where not b.is_new and b.known_object is not null and coalesce(c.version, u.version) = b.known_version;
create index on moved (n);
analyze moved;
update customers c set name = m.name, email = case when m.may_have_address then m.email else c.email end,
       email_folded = case when m.may_have_address then m.folded else c.email_folded end, version = c.version + 1
  from moved m where m.is_customer and c.organization_id = {org} and c.id = m.object_id and c.version = m.version;
-- The source is one shop's, an account may be many's: whoever is, or was, anywhere else stays who they are. What a person
-- changed here themselves stays as well. What remains is written down before the directory, which says whether an address is free,
-- is touched. A person's rows may only be seen as that person, so they are taken one by one; they are few.
do $people$
declare
  m record;
begin
  for m in select * from moved where user_id is not null loop
    perform set_config('retainer.user_id', m.user_id::text, false);
    update moved p set elsewhere = exists (select from memberships o where o.user_id = m.user_id and o.organization_id <> {org}
             -- A sample of theirs is no other shop.
             and not exists (select from organization_slugs d where d.organization_id = o.organization_id and d.is_sample)),
           new_address = m.may_have_address and u.email = m.old_email,
           -- Whoever has chosen a password here keeps it.
           new_password = u.password_hash is not distinct from m.old_hash and m.hash is distinct from m.old_hash
      from users u where u.id = m.user_id and p.n = m.n;
  end loop;
  perform set_config('retainer.user_id', '', false);
end
$people$;
update moved set new_address = false, new_password = false where elsewhere;
delete from user_directory d using moved m where m.new_address and d.user_id = m.user_id;
insert into user_directory (email_hash, user_id) select email_hash, user_id from moved where new_address;
do $people$
declare
  m record;
begin
  for m in select * from moved where user_id is not null and not elsewhere loop
    perform set_config('retainer.user_id', m.user_id::text, false);
    update users u set name = case when u.name = m.old_name then m.name else u.name end,
           email = case when m.new_address then m.email else u.email end,
           email_folded = case when m.new_address then m.folded else u.email_folded end,
           -- Nobody has proved the new address.
           email_verified_at = case when m.new_address then null else u.email_verified_at end,
           -- They may have chosen another one, or signed in, since this batch began.
           password_hash = case when m.new_password and u.password_hash is not distinct from m.old_hash then m.hash else u.password_hash end,
           version = u.version + 1
     where u.id = m.user_id and u.anonymised_at is null and (m.is_customer or u.version = m.version);
    if not found and not m.is_customer then
      update moved p set overtaken = true where p.n = m.n;
      continue;
    end if;
    if m.new_address or m.new_password then
      update sessions set revoked_at = {now} where organization_id = {org} and user_id = m.user_id and revoked_at is null;
      update secret_links set used_at = {now} where organization_id = {org} and user_id = m.user_id and used_at is null;
    end if;
  end loop;
  perform set_config('retainer.user_id', '', false);
end
$people$;
update batch b set decisions = array_append(b.decisions, 'known_elsewhere')
 where exists (select from moved m where m.n = b.n and m.elsewhere);
update batch b set decisions = array_append(b.decisions, 'password_kept')
 where exists (select from moved m
                where m.n = b.n and m.has_password and not m.elsewhere and not m.new_password
                  -- It stays said as long as the source says nothing else, and nobody has chosen another one here.
                  and (b.other_password or exists (
                    select from external_refs r
                     where r.organization_id = {org} and r.source = '{source}' and r.kind = 'users_consulting'
                       and r.source_id = b.source_id and r.decisions @> '{password_kept}'
                       and coalesce(m.chosen_at, '-infinity') <= r.imported_at)));
update batch b set decisions = array_append(b.decisions, 'password_gone')
 where not b.decisions @> '{password_not_usable}'
   and exists (select from moved m where m.n = b.n and m.new_password and m.hash is null);
-- Only of what was written here is the version taken that it has now: whoever changed it meanwhile has not seen what the source says.
update batch b set object_version = case
    when b.is_new or b.known_object is null then coalesce(
      (select c.version from customers c where c.organization_id = {org} and c.id = b.object_id),
      (select u.version from users u where u.id = b.object_id))
    else coalesce((select m.version + case when m.is_customer or not m.elsewhere then 1 else 0 end
                     from moved m where m.n = b.n and not m.overtaken), b.known_version) end,
    decisions = case when not b.is_new and b.known_object is not null
        and not exists (select from moved m where m.n = b.n and not m.overtaken)
      then array_append(b.decisions, 'changed_here_too') else b.decisions end;
drop table moved;
