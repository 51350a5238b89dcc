-- What is asked of many people, and what is done to one. Row-level security shows a session one person's whole life at a
-- time, so these go from person to person; they run with the rights of whoever calls them.

-- The people of the present organization who belong to no other: their passwords are this organization's affair.
create or replace function people_only_here() returns setof uuid language plpgsql as $$
declare
    v_before text := coalesce(current_setting('retainer.user_id', true), '');
    v_user uuid;
begin
    for v_user in
        select distinct m.user_id from memberships m
        where m.organization_id = current_organization_id() and m.ended_at is null
    loop
        perform set_config('retainer.user_id', v_user::text, true);
        if not exists (
            select from memberships o
            where o.user_id = v_user and o.organization_id <> current_organization_id() and o.ended_at is null
              -- A sample of theirs is nothing of anybody's.
              and not exists (select from organization_slugs d where d.organization_id = o.organization_id and d.is_sample)
        ) then
            return next v_user;
        end if;
    end loop;
    perform set_config('retainer.user_id', v_before, true);
end
$$;

-- Those of the ids that are somebody's in this installation, also of somebody who was forgotten, and whether each has proved
-- that the address is theirs.
create or replace function people_here(p_ids uuid[]) returns table (id uuid, proved boolean) language plpgsql as $$
declare
    v_before text := coalesce(current_setting('retainer.user_id', true), '');
    v_user uuid;
begin
    foreach v_user in array p_ids loop
        perform set_config('retainer.user_id', v_user::text, true);
        return query select u.id, u.email_verified_at is not null from users u where u.id = v_user;
    end loop;
    perform set_config('retainer.user_id', v_before, true);
end
$$;

-- Forgets who a person was who belongs nowhere any more; whether it did. The session must be that person's.
create or replace function forget_person(p_user uuid, p_at timestamptz) returns boolean language plpgsql as $$
declare
    v_nobody text := 'former-' || prefixed_id('usr', p_user) || '@anonymised.invalid';
begin
    update users
    set name = 'Former user', email = v_nobody, email_folded = v_nobody, password_hash = null, email_verified_at = null,
        time_zone = null, totp_sealed = null, totp_confirmed_at = null, totp_last_step = null, anonymised_at = p_at,
        version = version + 1
    where id = p_user and not exists (select from memberships where user_id = p_user and ended_at is null);
    if not found then
        return false;
    end if;
    delete from user_directory where user_id = p_user;
    delete from recovery_codes where user_id = p_user;
    update secret_links set used_at = p_at where user_id = p_user and used_at is null;
    return true;
end
$$;
