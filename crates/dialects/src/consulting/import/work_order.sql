-- Subscriptions, tickets and the ledger belong together, so they are taken customer by customer: an account is right after every commit.
-- "work" says whose turn it is when; about {size} rows a turn.
create temp table work as
select user_id, (sum(rows) over (order by user_id nulls first) / {size})::bigint as turn
  from (select user_id, count(*) as rows from (
          select user_id from pending_subscriptions_consulting
          union all
          select user_id from pending_tickets_consulting) pending
        group by user_id) owners;
create index on work (turn);
create index on pending_subscriptions_consulting (user_id);
create index on pending_tickets_consulting (user_id);
create index on staged_subscriptions_consulting (user_id);
analyze work;
