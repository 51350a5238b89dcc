-- Outside of a transaction.
-- A few tickets at a time, each lot lasting by itself. Row-level security binds the owner too, so it goes from organization
-- to organization.
do $$
declare
    v_organization uuid;
    v_after uuid;
    v_tickets uuid[];
begin
    for v_organization in select organization_id from organization_slugs loop
        v_after := '00000000-0000-0000-0000-000000000000';
        loop
            perform set_config('retainer.organization_id', v_organization::text, false);
            select array_agg(id order by id) into v_tickets from (
                select id from tickets t where organization_id = v_organization and id > v_after
                    and exists (select from ticket_comments c where c.organization_id = v_organization and c.ticket_id = t.id)
                order by id limit 500) t;
            exit when v_tickets is null;
            perform gather_talk(v_organization, v_tickets);
            v_after := v_tickets[cardinality(v_tickets)];
            commit;
        end loop;
    end loop;
    perform set_config('retainer.organization_id', '', false);
end
$$;
-- Row-level security lets nobody use them: whether a text has a word is asked only of rows that one may see.
drop index concurrently if exists tickets_search;
drop index concurrently if exists tickets_tags;
