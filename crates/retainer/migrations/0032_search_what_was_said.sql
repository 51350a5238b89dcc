-- The words of a ticket's comments, for searching: what everybody reads, and what only staff read. Triggers fill them; what
-- was said before follows in 0033.
alter table tickets add column talk tsvector, add column notes tsvector;

-- Always of all comments, so that gathering twice is gathering once.
create function gather_talk(p_organization uuid, p_tickets uuid[]) returns void language sql as $$
    update tickets t set talk = s.talk, notes = s.notes
    from (
        select k.ticket_id,
            to_tsvector('simple', left(string_agg(c.message, ' ' order by c.created_at, c.id)
                filter (where not c.internal), 200000)) as talk,
            to_tsvector('simple', left(string_agg(c.message, ' ' order by c.created_at, c.id)
                filter (where c.internal), 200000)) as notes
        from unnest(p_tickets) as k(ticket_id)
        left join ticket_comments c on c.organization_id = p_organization and c.ticket_id = k.ticket_id
        group by k.ticket_id
    ) s
    where t.organization_id = p_organization and t.id = s.ticket_id
$$;

create function comments_changed() returns trigger language plpgsql as $$
declare
    v_changed record;
begin
    -- The merging of tickets moves comments; nothing else changes one. The words stay findable on both.
    for v_changed in select organization_id, array_agg(distinct ticket_id) as tickets from now_there group by 1 loop
        perform gather_talk(v_changed.organization_id, v_changed.tickets);
    end loop;
    return null;
end
$$;

create trigger comments_added after insert on ticket_comments
    referencing new table as now_there for each statement execute function comments_changed();
create trigger comments_moved after update on ticket_comments
    referencing new table as now_there for each statement execute function comments_changed();
