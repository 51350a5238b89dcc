-- The borders of the SQL contracts. The group role retainer_contract stands for every login that reads a contract; what
-- such a login may read is granted column by column in each dialect's contract.sql, and whose rows it sees is said here.

-- The organization of the login that this session was opened with. session_user, not current_user: `set role` must not
-- change the answer. It runs with its owner's rights because the login may not read the table, and takes no argument, so
-- that there is nothing to pretend.
create or replace function contract_organization_id() returns uuid
language sql stable parallel restricted security definer set search_path = pg_catalog, pg_temp as $$
    select l.organization_id from public.contract_logins l where l.role_name = session_user and l.revoked_at is null
$$;

-- The policy `tenant` trusts a setting that any login could set, so a restrictive policy stands in front of it: it is
-- `and`-ed with whatever other policies allow. It is put on every tenant table, whether a contract reads it or not, and
-- on new ones as soon as a migration has made them.
do $$
declare
    v_table regclass;
    v_own constant text := '(organization_id = (select public.contract_organization_id()))';
begin
    for v_table in
        select c.oid from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id'
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
            and c.relrowsecurity
            and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'contract')
    loop
        execute format('create policy contract on %s as restrictive to retainer_contract using %s', v_table, v_own);
        execute format('create policy contract_reads on %s for select to retainer_contract using %s', v_table, v_own);
    end loop;
    -- People belong to no organization; a contract shows those who have, or had, a place in this one.
    if not exists (select from pg_policy where polrelid = 'public.users'::regclass and polname = 'contract') then
        create policy contract on users as restrictive to retainer_contract
            using (exists (select from memberships m
                where m.organization_id = (select contract_organization_id()) and m.user_id = users.id));
        create policy contract_reads on users for select to retainer_contract using (true);
        create policy contract on recovery_codes as restrictive to retainer_contract using (false);
    end if;
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
grant execute on function current_organization_id(), current_user_id() to public;
grant execute on function contract_organization_id() to retainer_contract;
