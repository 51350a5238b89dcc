-- A documented consulting database of a million rows, to time `retainer import consulting`. Load it into a database with the documented
-- layout (crates/dialects/tests/consulting/schema.sql):  psql -v rows=1000000 -f bench/consulting_source.sql
\set users :rows / 20
insert into users_consulting (id, name, email, password_hash, role, created_at)
select ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'Customer ' || n, 'customer' || n || '@example.com',
       '$2b$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234',
       case when n % 2000 = 0 then 'admin' when n % 500 = 0 then 'developer' else 'customer' end,
       timestamp '2024-01-01' + n * interval '20 minutes'
  from generate_series(1, :users) n;
-- One that ran in October and one that runs; of every hundredth customer something is odd.
insert into subscriptions_consulting (user_id, plan_name, hours_allocated, hours_remaining, status, start_date, end_date)
select ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, (array['basic', 'standard', 'pro', 'daily'])[1 + n % 4],
       20, case when n % 100 = 0 then -1.5 when n % 101 = 0 then 31 else (n % 2000) / 100.0 end, 'active', timestamp '2026-11-01', timestamp '2026-12-01'
  from generate_series(1, :users) n
union all
select ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'basic', 20, 3, case when n % 3 = 0 then 'cancelled' else 'expired' end,
       timestamp '2026-10-01', timestamp '2026-11-01'
  from generate_series(1, :users / 2) n;
insert into tickets_consulting (ticket_id, user_id, title, details, status, request_priority, dedicate_hours, created_at)
select 'TKT-20261001-000000-' || lpad(n::text, 7, '0'), ('00000000-0000-4000-8000-' || lpad(to_hex(1 + n % (:users)), 12, '0'))::uuid,
       'Something to be done, number ' || n, repeat('What it is about. ', 1 + n % 10),
       (array['Pending', 'In Progress', 'Completed', 'Completed', 'Completed', 'Rejected'])[1 + n % 6],
       (array['Low', 'Medium', 'High', 'Urgent'])[1 + n % 4], (n % 400) / 100.0, timestamp '2026-10-01' + (n % 4300000) * interval '1 second'
  from generate_series(1, :rows * 3 / 10) n;
insert into ticket_comments_consulting (ticket_id, user_id, usertype, message, created_at)
select 1 + n % (:rows * 3 / 10), ('00000000-0000-4000-8000-' || lpad(to_hex(1 + n % (:users)), 12, '0'))::uuid, 'customer',
       repeat('A comment on it. ', 1 + n % 5), timestamp '2026-10-01' + (n % 4300000) * interval '1 second'
  from generate_series(1, :rows * 3 / 10) n;
insert into notifications_consulting (sender_id, recipient_id, ticket_id, type, message, role, is_read, created_at)
select null, ('00000000-0000-4000-8000-' || lpad(to_hex(1 + n % (:users)), 12, '0'))::uuid, 1 + n % (:rows * 3 / 10),
       (array['request', 'status', 'comment'])[1 + n % 3], 'Something happened', 'admin', n % 3 > 0,
       timestamp '2026-10-01' + (n % 4300000) * interval '1 second'
  from generate_series(1, :rows * 15 / 100) n;
insert into billing_consulting (user_id, invoice_number, stripe_payment_intent_id, amount, status, billing_type, created_at, paid_at)
select case when n % 1000 > 0 then ('00000000-0000-4000-8000-' || lpad(to_hex(1 + n % (:users)), 12, '0'))::uuid end, 'INV-' || n, 'pi_' || n,
       (n % 50000) / 100.0, case when n % 10 > 1 then 'paid' when n % 10 = 1 then 'pending' else 'cancelled' end,
       (array['new subscription', 'renewal subscription', 'topup'])[1 + n % 3], timestamp '2026-10-01' + (n % 4300000) * interval '1 second',
       case when n % 10 > 1 then timestamp '2026-10-01' + (n % 4300000) * interval '1 second' + interval '1 hour' end
  from generate_series(1, :rows / 10) n;
insert into webhook_events (event_id, status, created_at, processed_at)
select 'evt_' || n, 'processed', timestamp '2026-11-01', timestamp '2026-11-01' from generate_series(1, :rows * 25 / 1000) n;
analyze;
