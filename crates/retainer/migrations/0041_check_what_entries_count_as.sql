-- What 0040 prepared, without a lock that readers or other writers would wait for.
alter table ticket_time_entries validate constraint ticket_time_entries_billed;
