-- Subscriptions, tickets and the ledger belong together, so they are taken customer by customer: an account is right after every commit.
-- "work" says whose turn it is when; about {size} rows a turn, few in
-- the first.
-- Rows of nobody come under an owner of zeros, so that owners can be compared.
create temp table work as
select owner, case when sum(rows) over w <= {size} / 16 then 0 else 1 + (sum(rows) over w / {size})::bigint end as turn
  from (select owner, count(*) as rows from (
          select coalesce(user_id, '00000000-0000-0000-0000-000000000000') as owner from pending_subscriptions_consulting
          union all
          select coalesce(user_id, '00000000-0000-0000-0000-000000000000') from pending_tickets_consulting) pending
        group by owner) owners
 window w as (order by owner);
create index on work (turn);
create index on pending_tickets_consulting (coalesce(user_id, '00000000-0000-0000-0000-000000000000'));
create index on staged_subscriptions_consulting (coalesce(user_id, '00000000-0000-0000-0000-000000000000'));
create index on pending_subscriptions_consulting (source_id);
analyze work, pending_tickets_consulting, staged_subscriptions_consulting, pending_subscriptions_consulting;
