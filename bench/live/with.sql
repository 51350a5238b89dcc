\set t random(1, 200)
\startpipeline
begin;
select id from tickets where id = :t for update;
insert into comments (organization_id, ticket, at, message) values ($$00000000-0000-0000-0000-000000000001$$::uuid, :t, now(), repeat($$word $$, 40));
insert into notes (organization_id, usr, title, at) values ($$00000000-0000-0000-0000-000000000001$$::uuid, :t, $$A comment$$, now());
insert into audit (organization_id, at, action, after) values ($$00000000-0000-0000-0000-000000000001$$::uuid, now(), $$ticket.commented$$, $${"number": "TKT-1"}$$);
with counted as (insert into live_counts (organization_id, last) values ($$00000000-0000-0000-0000-000000000001$$::uuid, 2) on conflict (organization_id) do update set last = live_counts.last + 2 returning last) insert into live_changes (organization_id, number, at, what, subject) select $$00000000-0000-0000-0000-000000000001$$::uuid, counted.last - 2 + c.place, now(), c.what, c.subject from counted, unnest(array[$$ticket.changed$$, $$notifications.changed$$], array[$$TKT-1$$, $$usr-1$$]) with ordinality as c (what, subject, place);
commit;
\endpipeline
