-- Outside of a transaction.
-- Documented layouts ask for one row by its integer id, which is the number here. An index that an interrupted run left
-- half done is made anew.
drop index concurrently if exists ticket_comments_contract_number;
create index concurrently ticket_comments_contract_number on ticket_comments (organization_id, contract_number);
drop index concurrently if exists notifications_contract_number;
create index concurrently notifications_contract_number on notifications (organization_id, contract_number);
drop index concurrently if exists subscriptions_contract_number;
create index concurrently subscriptions_contract_number on subscriptions (organization_id, contract_number);
drop index concurrently if exists invoices_contract_number;
create index concurrently invoices_contract_number on invoices (organization_id, contract_number);
