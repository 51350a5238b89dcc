-- Outside of a transaction.
-- Reports ask which tickets were completed in a month or a year, the newest first. An index that an interrupted run left
-- half done is made anew.
drop index concurrently if exists tickets_completed;
create index concurrently tickets_completed on tickets (organization_id, closed_at desc, id desc)
    where status = 'completed' and merged_into_id is null;
