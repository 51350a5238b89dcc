-- By what work is rounded up when it is billed, in minutes, and how customers pay, in the words of the organization.
alter table organizations
    add column time_increment smallint not null default 1
        constraint organizations_time_increment check (time_increment in (1, 6, 10, 15, 30)),
    add column payment_instructions text;
-- What an entry counts as where it is billable; null for those written down before, and imported ones, which count as they are.
alter table ticket_time_entries add column billed_seconds bigint;
grant update (billed_seconds) on ticket_time_entries to retainer_app;
alter table ticket_time_entries add constraint ticket_time_entries_billed check (billed_seconds >= seconds) not valid;
