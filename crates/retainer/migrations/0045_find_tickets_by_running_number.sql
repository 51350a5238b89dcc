-- Outside of a transaction.
-- People say the last part of a ticket's number, 0625. An index that an interrupted run left half done is made anew.
drop index concurrently if exists tickets_running_number;
create index concurrently tickets_running_number on tickets (organization_id, split_part(number, '-', 4));
