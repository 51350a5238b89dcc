-- Whether a mail that is kept says nothing any more: whoever it is for has read of it here meanwhile, a later mail says how
-- it went on, or the bill that it asks for is open no longer.
create or replace function is_overtaken(m mails) returns boolean language sql stable as $$
    select m.about is not null and (
        exists (
            select from notifications n
            where n.organization_id = m.organization_id and n.user_id = m.to_user_id
              and n.subject_kind = split_part(m.about, ' ', 1)
              and n.subject_ref = substr(m.about, strpos(m.about, ' ') + 1)
              and n.created_at >= m.created_at and n.read_at is not null)
        or m.kind in ('ticket.went_on', 'invoice.overdue', 'plan.changed') and exists (
            select from mails later
            where later.organization_id = m.organization_id and later.to_user_id = m.to_user_id and later.kind = m.kind
              and later.about = m.about and (later.created_at, later.id) > (m.created_at, m.id))
        or m.kind in ('invoice.issued', 'invoice.overdue') and exists (
            select from invoices i
            where i.organization_id = m.organization_id and 'invoice ' || i.number = m.about and i.state <> 'open'))
$$;
