-- By how many minutes the billable time of the ticket is rounded up, as it was when the entry was written. An entry without
-- counts as it is: written before, with what it counted as by itself in billed_seconds, or imported.
alter table ticket_time_entries add column increment_minutes smallint;
-- The rows that are there have none, so that there is nothing to validate.
alter table ticket_time_entries add constraint ticket_time_entries_increment
    check (increment_minutes in (1, 6, 10, 15, 30)) not valid;
grant update (increment_minutes) on ticket_time_entries to retainer_app;
