-- Random but possible content of a documented database; {seed} chooses which. Instants differ, so that orders are told.
select setseed({seed});
insert into users_consulting (id, name, email, password_hash, role, created_at)
select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
    (array['Åsa Öberg', '李 雷', 'O''Neil & Søn', 'Zoë ☕', 'Ñandú', ' spaced  out '])[1 + floor(random() * 6)::int] || n,
    case when random() < 0.04 then 'no address ' || n when random() < 0.1 then 'TWICE' || n / 2 || '@Example.com'
        when random() < 0.1 then 'twice' || n / 2 || '@example.com' else 'User.' || n || '@Example.com' end || repeat(' ', (n % 17 = 0)::int),
    case when random() < 0.7 then '$2b$04$' || rpad(md5(n::text), 53, 'x') end,
    (array['customer', 'customer', 'customer', 'customer', 'customer', 'admin', 'developer', 'guest', null])[1 + floor(random() * 9)::int],
    case when random() > 0.03 then date_trunc('second', now()::timestamp) - n * interval '1 hour' - random() * interval '1 minute' end
from generate_series(1, 80) n
on conflict do nothing;

create temp table pick as select id, row_number() over (order by id) as n from users_consulting;
create function pg_temp.somebody() returns uuid language sql volatile as
    'select id from pick where n = 1 + floor(random() * (select count(*) from pick))::int';

insert into subscriptions_consulting (user_id, plan_name, hours_allocated, hours_remaining, status, start_date, end_date)
select case when random() > 0.04 then pg_temp.somebody() end,
    (array['basic', 'standard', 'pro', 'daily', 'Platinum'])[1 + floor(random() * 5)::int],
    (array[0, 1, 10, 100, 12.34, -1])[1 + floor(random() * 6)::int], round((random() * 30 - 6)::numeric, 2),
    (array['active', 'active', 'active', 'cancelled', 'expired', 'past_due', 'trial', 'frozen', null])[1 + floor(random() * 9)::int],
    b.at, b.at + (array[interval '1 month', interval '1 day', interval '1 year'])[1 + floor(random() * 3)::int]
from (select now()::timestamp - random() * interval '90 days' as at from generate_series(1, 110)) b;

insert into billing_consulting (user_id, invoice_number, stripe_session_id, stripe_customer_id, stripe_subscription_id,
    stripe_invoice_id, stripe_charge_id, stripe_payment_intent_id, amount, status, billing_type, created_at, paid_at)
select case when random() > 0.05 then pg_temp.somebody() end,
    case when random() < 0.1 then null when random() < 0.1 then 'inv-' || n - 1 || ' ' else 'INV-' || n end,
    case when random() < 0.5 then 'cs_' || n end, case when random() < 0.5 then 'cus_' || n end, case when random() < 0.5 then 'sub_' || n end,
    case when random() < 0.5 then 'in_' || n end, case when random() < 0.5 then 'ch_' || n end, case when random() < 0.5 then 'pi_' || n end,
    round((random() * 900 - 20)::numeric, 2),
    (array['pending', 'paid', 'paid', 'paid', 'failed', 'cancelled', 'active', 'past_due', 'trial', 'disputed'])[1 + floor(random() * 10)::int],
    (array['new subscription', 'renewal subscription', 'topup', 'gift'])[1 + floor(random() * 4)::int],
    case when random() > 0.03 then b.at end, case when random() < 0.7 then b.at + random() * interval '3 days' end
from (select n, now()::timestamp - n * interval '9 hours' - random() * interval '1 minute' as at from generate_series(1, 200) n) b
on conflict do nothing;

insert into tickets_consulting (ticket_id, user_id, title, details, status, request_priority, dedicate_hours, created_at)
select case when random() < 0.03 then 'odd number ' || n else to_char(b.at, '"TKT-"YYYYMMDD-HH24MISS-') || lpad(n::text, 4, '0') end,
    case when random() > 0.04 then pg_temp.somebody() end,
    (array['Printer', 'Låda', '网站', ' tab	and space '])[1 + floor(random() * 4)::int] || n,
    case when random() < 0.6 then E'Line one\nline “two” ☃ \\ ' || n end,
    (array['Pending', 'In Progress', 'Completed', 'Completed', 'Rejected', 'Waiting', null])[1 + floor(random() * 7)::int],
    (array['Low', 'Medium', 'High', 'Urgent', 'ASAP', null])[1 + floor(random() * 6)::int],
    (array[0, 0.5, 1, 2.25, 7.77, -1, null])[1 + floor(random() * 7)::int],
    case when random() > 0.03 then b.at end
from (select n, now()::timestamp - n * interval '5 hours' - random() * interval '1 minute' as at from generate_series(1, 300) n) b;

insert into ticket_comments_consulting (ticket_id, user_id, usertype, message, created_at)
select case when random() > 0.03 then 1 + floor(random() * 300)::int end, case when random() > 0.1 then pg_temp.somebody() end,
    (array['customer', 'admin', 'developer', null])[1 + floor(random() * 4)::int], 'Söme wörds ' || n || E'\n😀',
    case when random() > 0.03 then now()::timestamp - n * interval '2 hours' end
from generate_series(1, 400) n;

insert into notifications_consulting (sender_id, recipient_id, ticket_id, type, message, role, is_read, created_at)
select case when random() > 0.1 then pg_temp.somebody() end, case when random() > 0.05 then pg_temp.somebody() end,
    case when random() > 0.1 then 1 + floor(random() * 320)::int end, (array['request', 'status', 'comment', 'billing'])[1 + floor(random() * 4)::int],
    'Noticed ' || n, (array['customer', 'admin', null])[1 + floor(random() * 3)::int], (array[true, false, null])[1 + floor(random() * 3)::int],
    case when random() > 0.03 then now()::timestamp - n * interval '3 hours' end
from generate_series(1, 300) n;

insert into webhook_events (event_id, status, created_at, processed_at, updated_at)
select 'evt_' || n, (array['processing', 'processed', 'failed'])[1 + floor(random() * 3)::int], now()::timestamp - n * interval '1 hour',
    case when random() < 0.5 then now()::timestamp end, case when random() < 0.5 then now()::timestamp end
from generate_series(1, 50) n;
