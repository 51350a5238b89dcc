-- users_consulting, as people: what imports of every dialect ask of them (import/people.rs).
create temp view said_people as
select source_id, trim(email) as email,
       case when trim(coalesce(name, '')) = '' then 'Without a name' else name end as name,
       case lower(trim(coalesce(role, ''))) when 'admin' then 'admin' when 'developer' then 'developer' else 'customer' end as ours,
       lower(trim(coalesce(role, ''))) in ('customer', 'admin', 'developer') as role_known,
       case when password_hash ~ '^\$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}$' then password_hash end as hash,
       created_at, case when created_at between '0001-01-01' and '9999-12-30' then created_at at time zone 'UTC' else {now} end as at
  from staged_users_consulting;
