-- Takes out of the trail who an anonymised customer and its users were; that something happened, and when, stays. It
-- runs as its owner, because the application may not change the trail, and it touches nothing of anybody who was not
-- anonymised. `p_addresses` are the addresses they had, folded.
create or replace function redact_customer(p_customer uuid, p_addresses text[])
returns void language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v_organization uuid := current_organization_id();
    v_memberships uuid[];
    v_users uuid[];
    -- Any of the addresses as a whole.
    v_named text := '(^|[^a-z0-9._%+-])('
        || (select string_agg(regexp_replace(a, '([]\\.[+*?(){}|^$-])', '\\\1', 'g'), '|') from unnest(p_addresses) a)
        || ')($|[^a-z0-9.-]|\.($|[^a-z0-9]))';
begin
    if not exists (
        select from customers
        where organization_id = v_organization and id = p_customer and anonymised_at is not null
    ) then
        raise exception 'customer % is not anonymised', p_customer;
    end if;
    v_memberships := array(
        select id from memberships where organization_id = v_organization and customer_id = p_customer);
    v_users := array(
        select u.id from users u
        where u.anonymised_at is not null and u.id in (
            select user_id from memberships where organization_id = v_organization and customer_id = p_customer));
    perform set_config('retainer.redacting', 'on', true);
    update audit_entries set before = null, after = null
    where organization_id = v_organization and (
        subject_id = p_customer or subject_id = any (v_memberships) or subject_id = any (v_users)
        or subject_id in (
            select id from invitations where organization_id = v_organization and customer_id = p_customer)
        or subject_id in (
            select id from sessions where organization_id = v_organization and membership_id = any (v_memberships)));
    -- What files were called.
    update audit_entries set before = null, after = null
    where organization_id = v_organization and action in ('ticket.file_attached', 'ticket.file_removed') and subject_id in (
        select id from tickets where organization_id = v_organization and customer_id = p_customer);
    update audit_entries set actor_name = 'Former user', address = null
    where organization_id = v_organization and (
        actor_user_id = any (v_users)
        -- Whoever signs up or accepts an invitation acts under their address before they are somebody.
        or lower(split_part(actor_name, ',', 1)) = any (p_addresses));
    update subscription_changes set actor_name = 'Former user'
    where organization_id = v_organization and actor_user_id = any (v_users);
    perform set_config('retainer.redacting', 'off', true);
    -- Of the rows that they were imported from nothing is left but that there were some. The digest stays, so that the next
    -- import finds nothing new in them.
    update external_refs r
    set row = (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(r.row) where key in ('id', 'role', 'created_at')),
        hidden = '{}', object_version = null, redacted_at = now()
    where r.organization_id = v_organization and r.object_id = any (array(
        select p_customer union all select unnest(v_users)
        -- What they were told is emptied here, too.
        union all select n.id from notifications n where n.organization_id = v_organization and n.user_id = any (v_users)));
    -- What was only kept may name them, too: a second account, a message of a service outside. Of whole addresses only:
    -- joann@ is not ann@.
    update external_refs r
    set row = (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(r.row)
               where key in ('id', 'role', 'status', 'event_id', 'created_at') and value::text !~* v_named),
        hidden = '{}', redacted_at = now()
    where r.organization_id = v_organization and r.object_id is null and position('@' in row::text || hidden::text) > 0
        and r.row::text || r.hidden::text ~* v_named;
    -- Comments of whoever never signed in here carry a name of their own.
    update ticket_comments c set author_name = 'Former user'
    from tickets t
    where c.organization_id = v_organization and c.author_user_id is null and c.author_name is not null and c.side = 'customer'
        and t.organization_id = c.organization_id and t.id = c.ticket_id and t.customer_id = p_customer;
end
$$;
revoke all on function redact_customer(uuid, text[]) from public;
grant execute on function redact_customer(uuid, text[]) to retainer_app;
