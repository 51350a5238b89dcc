-- The documented functions.

create function consulting.get_customers_consulting()
returns table (id uuid, name varchar, email varchar, created_at timestamp) as $$
begin
    return query
    select u.id, u.name, u.email, u.created_at
    from consulting.users_consulting u
    where u.role = 'customer'
    order by u.created_at desc;
end
$$ language plpgsql;

create function consulting.get_tickets_consulting()
returns table (
    id integer, ticket_id varchar, user_id uuid, user_name varchar, title varchar, details text, status varchar,
    request_priority varchar, dedicate_hours decimal, created_at timestamp
) as $$
begin
    return query
    select t.id, t.ticket_id, t.user_id, u.name, t.title, t.details, t.status, t.request_priority, t.dedicate_hours,
        t.created_at
    from consulting_parts.tickets t
    left join consulting.users_consulting u on t.user_id = u.id
    order by t.created_at desc;
end
$$ language plpgsql;

create function consulting.get_ticket_details_consulting(p_ticket_id integer)
returns table (
    id integer, ticket_id varchar, user_id uuid, user_name varchar, user_email varchar, title varchar, details text,
    status varchar, request_priority varchar, dedicate_hours decimal, created_at timestamp
) as $$
declare
    v_user uuid := (select t.user_id from consulting.tickets_consulting t where t.id = p_ticket_id limit 1);
begin
    return query
    select t.id, t.ticket_id, t.user_id, u.name, u.email, t.title, t.details, t.status, t.request_priority,
        t.dedicate_hours, t.created_at
    from consulting_parts.tickets t
    left join (
        select k.id, k.name, k.email from consulting_parts.imported_users k where k.key = v_user::text
        union all
        select n.id, n.name, n.email from consulting_parts.native_users n where n.id = v_user
    ) u on t.user_id = u.id
    where t.id = p_ticket_id;
end
$$ language plpgsql;

create function consulting.get_user_subscriptions_consulting(p_user_id uuid default null)
returns table (
    id uuid, name varchar, email varchar, plan_name varchar, hours_allocated decimal, hours_remaining decimal,
    status varchar, start_date timestamp, end_date timestamp
) as $$
begin
    if p_user_id is null then
        return query
        select u.id, u.name, u.email, s.plan_name, s.hours_allocated, s.hours_remaining, s.status, s.start_date, s.end_date
        from consulting.users_consulting u
        left join consulting_parts.all_subscriptions s on u.id = s.user_id
        where u.role = 'customer'
        order by u.created_at desc;
        return;
    end if;
    return query
    with asked as materialized (
        select k.id, k.name, k.email, k.role, k.created_at, k.customer_id from consulting_parts.imported_users k
        where k.key = p_user_id::text
        union all
        select n.id, n.name, n.email, n.role, n.created_at, n.customer_id from consulting_parts.native_users n
        where n.id = p_user_id
    ), theirs as materialized (
        select s.user_id, s.plan_name, s.hours_allocated, s.hours_remaining, s.status, s.start_date, s.end_date
        from consulting_parts.subscriptions s
        where s.customer_id = (select a.customer_id from asked a limit 1)
        union all
        select s.user_id, s.plan_name, s.hours_allocated, s.hours_remaining, s.status, s.start_date, s.end_date
        from consulting_parts.kept_subscriptions s
    )
    select u.id, u.name, u.email, s.plan_name, s.hours_allocated, s.hours_remaining, s.status, s.start_date, s.end_date
    from asked u
    left join theirs s on u.id = s.user_id
    where u.role = 'customer'
    order by u.created_at desc;
end
$$ language plpgsql;

create function consulting.get_user_billing_consulting()
returns table (
    id integer, user_id uuid, user_name varchar, invoice_number varchar, amount decimal, status varchar,
    billing_type varchar, created_at timestamp, paid_at timestamp
) as $$
begin
    return query
    select b.id, b.user_id, u.name, b.invoice_number, b.amount, b.status, b.billing_type, b.created_at, b.paid_at
    from consulting_parts.bills b
    left join consulting.users_consulting u on b.user_id = u.id
    order by b.created_at desc;
end
$$ language plpgsql;

-- The document cuts months by the clock of whoever asks. A month is the organization's own: everybody gets one number.
create function consulting.get_billing_totals_prev_curr_consulting()
returns table (period varchar, total decimal) as $$
declare
    v_zone text := (select o.time_zone from public.organizations o
        where o.organization_id = (select public.contract_organization_id()));
    v_month timestamp := date_trunc('month', now() at time zone v_zone);
    v_begin timestamp := v_month at time zone v_zone at time zone 'UTC';
    v_before timestamp := (v_month - interval '1 month') at time zone v_zone at time zone 'UTC';
    v_end timestamp := (v_month + interval '1 month') at time zone v_zone at time zone 'UTC';
begin
    return query
    select 'current_month'::varchar, coalesce(sum(b.amount), 0)
    from consulting_parts.bills b
    where b.status = 'paid' and b.paid_at >= v_begin and b.paid_at < v_end
    union all
    select 'previous_month'::varchar, coalesce(sum(b.amount), 0)
    from consulting_parts.bills b
    where b.status = 'paid' and b.paid_at >= v_before and b.paid_at < v_begin;
end
$$ language plpgsql;

create function consulting.get_active_plan_counts_consulting()
returns table (plan_name varchar, count bigint) as $$
begin
    return query
    select s.plan_name, count(*) as count
    from consulting.subscriptions_consulting s
    where s.status = 'active'
    group by s.plan_name
    order by count desc;
end
$$ language plpgsql;

create function consulting.get_ticket_counts_by_status_consulting()
returns table (status varchar, count bigint) as $$
begin
    return query
    select t.status, count(*) as count
    from consulting.tickets_consulting t
    group by t.status
    order by count desc;
end
$$ language plpgsql;
