\set t random(1, 200)
\startpipeline
begin;
select id from tickets where id = :t for update;
insert into comments (organization_id, ticket, at, message) values ($$00000000-0000-0000-0000-000000000001$$::uuid, :t, now(), repeat($$word $$, 40));
insert into notes (organization_id, usr, title, at) values ($$00000000-0000-0000-0000-000000000001$$::uuid, :t, $$A comment$$, now());
insert into audit (organization_id, at, action, after) values ($$00000000-0000-0000-0000-000000000001$$::uuid, now(), $$ticket.commented$$, $${"number": "TKT-1"}$$);
commit;
\endpipeline
