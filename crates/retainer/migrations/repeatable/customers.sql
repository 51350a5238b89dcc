-- The customers of an organization who are meant by a word: it is in their name or address, it is one of their tags, or it is
-- in the name or address of somebody who signs in for them. `asked` is in small letters.
create or replace function customers_called(organization uuid, asked text) returns setof uuid language sql stable as $$
    select c.id from customers c
    where c.organization_id = organization
      and (position(asked in lower(c.name)) > 0 or position(asked in c.email_folded) > 0
           or exists (select from unnest(c.tags) tag where lower(tag) = asked))
    union
    select m.customer_id from memberships m
    join users u on u.id = m.user_id
    where m.organization_id = organization and m.customer_id is not null and m.ended_at is null
      and (position(asked in lower(u.name)) > 0 or position(asked in u.email_folded) > 0)
$$;
