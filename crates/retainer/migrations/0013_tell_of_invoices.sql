-- Customers are told of their invoices: issued, paid, overdue.
alter table notifications drop constraint notifications_kind_check;
alter table notifications add constraint notifications_kind_check
    check (kind in ('request', 'status', 'comment', 'invoice')) not valid;
alter table notifications validate constraint notifications_kind_check;
alter table notification_preferences drop constraint notification_preferences_kind_check;
alter table notification_preferences add constraint notification_preferences_kind_check
    check (kind in ('request', 'status', 'comment', 'invoice')) not valid;
alter table notification_preferences validate constraint notification_preferences_kind_check;
-- When the customer was reminded that the invoice is overdue; once.
alter table invoices add column overdue_told_at timestamptz;
create index invoices_to_remind on invoices (due_at, organization_id) where state = 'open' and overdue_told_at is null;
