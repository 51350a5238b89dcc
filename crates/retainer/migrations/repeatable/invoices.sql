-- Whether a bill is for a better plan, which is offered until it is due: if it is not paid by then, nothing is owed.
create or replace function is_offer(i invoices) returns boolean language sql stable as $$
    select i.state = 'open' and exists (
        select from invoice_lines l
        where l.organization_id = i.organization_id and l.invoice_id = i.id and l.kind = 'upgrade')
$$;
