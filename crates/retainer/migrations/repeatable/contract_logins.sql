-- The borders of the SQL contracts: whose rows a login sees. What it may read of a row is granted column by column in
-- each dialect's contract/4_rights.sql, to a group role that every login of the dialect is a member of.

-- The organization of the login that this session was opened with. session_user, not current_user: `set role` must not
-- change the answer. It runs with its owner's rights because the login may not read the table, and takes no argument, so
-- that there is nothing to pretend.
--
-- Immutable, though it depends on who is connected: for a session that never changes, plans are kept per session, and a
-- revocation ends the sessions. So the planner knows the answer. Of the application's statements nothing of the policy is
-- left; "or" with a value that is only known later would cost each of them its index on (organization_id, ...).
create or replace function contract_organization_id() returns uuid
language sql immutable parallel restricted security definer set search_path = pg_catalog, pg_temp as $$
    select l.organization_id from public.contract_logins l where l.role_name = session_user and l.revoked_at is null
$$;

-- The dialect of the login that this session was opened with, for the rows that were imported from another system.
create or replace function contract_dialect() returns text
language sql immutable parallel restricted security definer set search_path = pg_catalog, pg_temp as $$
    select l.dialect from public.contract_logins l where l.role_name = session_user and l.revoked_at is null
$$;

-- Who has, or had, a place in the organization of the login: their last one. Of people a login may ask these two functions
-- and no table. A person belongs to no organization, so the border of `users` is a query, and PostgreSQL compares texts before
-- it asks that: `explain analyze` would tell whether it was asked, and with it every name and address of the installation.
--
-- They run with their owner's rights, whom the policy `tenant` binds to a setting of the session; so the organization is
-- written out.
create or replace function contract_people() returns table (user_id uuid, customer_id uuid)
language sql stable parallel restricted security definer set search_path = pg_catalog, pg_temp as $$
    select distinct on (m.user_id) m.user_id, m.customer_id
    from public.memberships m
    where m.organization_id = public.contract_organization_id()
    order by m.user_id, m.ended_at desc nulls first, m.created_at desc
$$;

-- Those of them who are no customers.
create or replace function contract_staff()
returns table (user_id uuid, role text, name text, email text, created_at timestamptz, version bigint)
language sql stable parallel restricted security definer rows 50 set search_path = pg_catalog, pg_temp as $$
    select u.id, m.role, u.name, u.email, u.created_at, u.version
    from (select distinct p.user_id from public.memberships p
          where p.organization_id = public.contract_organization_id() and p.role <> 'customer') p
    cross join lateral (
        select l.role from public.memberships l
        where l.organization_id = public.contract_organization_id() and l.user_id = p.user_id
        order by l.ended_at desc nulls first, l.created_at desc limit 1
    ) m
    join public.users u on u.id = p.user_id
    where m.role <> 'customer'
$$;

-- The policies of the tables (`tenant`, and those of a person's own rows) trust a setting that any session can set, so
-- they are for the application and the owner alone, whatever they are called; a login has the policy `contract_reads`,
-- which trusts nothing of its session.
--
-- `contract_reads` is for everybody and not for the group role, and no policy may ever name a role that logins are
-- members of: PostgreSQL lets every member say `drop owned by` that role, and drops its policies with it. Who is no login
-- has no organization by contract_organization_id(), and so gets nothing from it.
--
-- It says the same twice. By `=` PostgreSQL finds the index. But it keeps a plain comparison for last and asks before it whatever
-- of the login's own tests is no dearer and cannot fail, of everybody's rows; and a test may have a part, such as `>= (select
-- 'x')`, of which `explain analyze` tells whether it was ever come to. A list of one is held to be cheaper than any comparison,
-- so it is asked first; within coalesce it leaves what the planner expects of `=` as it is.
do $$
declare
    v_policy record;
    v_table regclass;
    v_wanted text;
begin
    for v_policy in
        select p.polname, c.oid::regclass as on_table, pg_get_userbyid(c.relowner) as owner
        from pg_policy p join pg_class c on c.oid = p.polrelid
        where c.relnamespace = 'public'::regnamespace and p.polname <> 'contract_reads' and 0 = any (p.polroles)
    loop
        execute format('alter policy %I on %s to retainer_app, %I', v_policy.polname, v_policy.on_table, v_policy.owner);
    end loop;
    for v_table, v_wanted in
        select c.oid, '((organization_id = contract_organization_id()) '
            || 'AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)'
            || case c.relname
                -- What staff say among themselves is in no contract, whatever a login asks of the table itself.
                when 'ticket_comments' then ' AND (NOT internal)'
                when 'notifications' then ' AND (NOT internal)'
                when 'external_refs' then
                    ' AND (source = contract_dialect()) AND COALESCE((source = ANY (ARRAY[contract_dialect()])), false)'
                else '' end || ')'
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id'
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
            and c.relrowsecurity
        union all
        -- For contract_staff(), whose owner it binds; no login has rights on people.
        select 'users'::regclass, '((contract_organization_id() IS NOT NULL) AND (EXISTS ( SELECT
   FROM memberships m
  WHERE ((m.organization_id = contract_organization_id()) AND (m.user_id = users.id)))))'
    loop
        -- Only where it differs, because it waits for whoever reads the table, and others wait behind it.
        continue when exists (
            select from pg_policy p
            where p.polrelid = v_table and p.polname = 'contract_reads' and p.polcmd = 'r' and p.polpermissive
                and p.polroles = '{0}' and pg_get_expr(p.polqual, p.polrelid) = v_wanted
        );
        execute format('drop policy if exists contract_reads on %s', v_table);
        execute format('create policy contract_reads on %s for select using (%s)', v_table, v_wanted);
    end loop;
end
$$;

-- PostgreSQL lets everybody execute new functions. Ours are for the application, but for the few that policies ask.
do $$
declare
    v_routine regprocedure;
begin
    for v_routine in
        select p.oid from pg_proc p
        where p.pronamespace = 'public'::regnamespace and pg_has_role(p.proowner, 'usage')
            and not exists (select from pg_depend d
                where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
    loop
        execute format('revoke execute on routine %s from public', v_routine);
        execute format('grant execute on routine %s to retainer_app', v_routine);
    end loop;
end
$$;
grant execute on function current_organization_id(), current_user_id(), contract_organization_id(), contract_dialect()
    to public;
