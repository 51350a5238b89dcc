-- The unpaid invoices of one organization, without looking at those of all others.
create index invoices_unpaid on invoices (organization_id, due_at) where state = 'open';
