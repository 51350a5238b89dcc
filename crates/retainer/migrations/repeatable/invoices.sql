-- Whether a bill is for a better plan, which is offered until it is due: if it is not paid by then, nothing is owed.
create or replace function is_offer(i invoices) returns boolean language sql stable as $$
    select i.state = 'open' and exists (
        select from invoice_lines l
        where l.organization_id = i.organization_id and l.invoice_id = i.id and l.kind = 'upgrade')
$$;

-- What was given back of a bill that was paid, in minor units.
create or replace function given_back(i invoices) returns bigint language sql stable as $$
    select coalesce(sum(r.amount_minor), 0)::bigint
    from payments p
    join refunds r on r.organization_id = p.organization_id and r.payment_id = p.id
    where p.organization_id = i.organization_id and p.invoice_id = i.id
$$;
