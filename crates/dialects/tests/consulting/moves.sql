-- A documented database goes on: what is there changes, and more comes. {seed} chooses how, {round} keeps numbers apart.
select setseed({seed});
create temp table if not exists somebody as select id, row_number() over (order by id) as n from users_consulting;
update subscriptions_consulting set hours_remaining = round((random() * 40 - 12)::numeric, 2) where random() < 0.2;
update subscriptions_consulting set hours_allocated = (array[0, 1, 10, 100, 12.34, -1])[1 + floor(random() * 6)::int] where random() < 0.08;
update subscriptions_consulting set status = (array['active', 'active', 'cancelled', 'expired', 'past_due', 'trial', 'frozen'])[1 + floor(random() * 7)::int]
 where random() < 0.2;
update subscriptions_consulting set start_date = start_date + (random() * 20 - 10) * interval '1 day' where random() < 0.06;
update subscriptions_consulting set end_date = start_date + random() * interval '60 days' where random() < 0.06;
update subscriptions_consulting set plan_name = (array['basic', 'standard', 'pro', 'daily', 'Gold', ''])[1 + floor(random() * 6)::int] where random() < 0.05;
update tickets_consulting set status = (array['Pending', 'In Progress', 'Completed', 'Rejected', 'Odd'])[1 + floor(random() * 5)::int] where random() < 0.2;
update tickets_consulting set dedicate_hours = (array[0, 0.5, 1, 2.25, 7.77, -1, null])[1 + floor(random() * 7)::int] where random() < 0.1;
update tickets_consulting set created_at = created_at + (random() * 30 - 15) * interval '1 day' where random() < 0.05;
update billing_consulting set status = (array['pending', 'paid', 'failed', 'cancelled', 'active', 'past_due'])[1 + floor(random() * 6)::int] where random() < 0.1;
update billing_consulting set amount = round((random() * 900 - 20)::numeric, 2) where random() < 0.03;
update users_consulting set name = name || 'x' where random() < 0.05;
update users_consulting set email = replace(email, '@', 'y@') where random() < 0.05 and length(email) < 200;
update users_consulting set role = (array['customer', 'admin', 'developer'])[1 + floor(random() * 3)::int] where random() < 0.06;
update notifications_consulting set is_read = true where random() < 0.1;
update ticket_comments_consulting set message = message || '.' where random() < 0.03;
insert into subscriptions_consulting (user_id, plan_name, hours_allocated, hours_remaining, status, start_date, end_date)
select p.id, 'pro', 10, round((random() * 12)::numeric, 2), 'active', now()::timestamp - random() * interval '20 days', now()::timestamp + interval '10 days'
  from somebody p where random() < 0.06;
insert into tickets_consulting (ticket_id, user_id, title, status, dedicate_hours, created_at)
select 'TKT-R{round}-' || p.n, p.id, 'Another', 'In Progress', 1.5, now()::timestamp - random() * interval '10 days' from somebody p where random() < 0.1;
insert into ticket_comments_consulting (ticket_id, user_id, usertype, message, created_at)
select 1 + p.n, p.id, 'customer', 'Another word', now()::timestamp - p.n * interval '1 minute' from somebody p where random() < 0.2;
insert into notifications_consulting (recipient_id, type, message, created_at)
select p.id, 'comment', 'Something new', now()::timestamp - p.n * interval '1 minute' from somebody p where random() < 0.2;
insert into billing_consulting (user_id, invoice_number, amount, status, billing_type, created_at, paid_at)
select p.id, 'R{round}-' || p.n, 12.5, 'paid', 'topup', now()::timestamp - p.n * interval '1 minute', now()::timestamp from somebody p where random() < 0.1;
