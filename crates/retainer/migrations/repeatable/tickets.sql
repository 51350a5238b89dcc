-- Whether the last that was decided about a ticket's hours is that the customer does not agree to more: what is on hold may be
-- used, and no more. A question decides nothing yet, nor does a change of what is on hold.
create or replace function hours_are_declined(t tickets) returns boolean language sql stable as $$
    select coalesce((
        select e.kind = 'ticket.hours_declined' from ticket_events e
        where e.organization_id = t.organization_id and e.ticket_id = t.id
          and e.kind in ('ticket.hours_declined', 'ticket.hours_agreed', 'ticket.reopened')
        order by e.at desc, e.id desc limit 1), false)
$$;
