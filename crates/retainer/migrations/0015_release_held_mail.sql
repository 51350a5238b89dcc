-- Until when a mail is of use to its reader: a mail whose link is over is not sent late.
alter table mails add column good_until timestamptz;
-- The kind of notification that a mail tells of, so that its reader can stop that kind with one click.
alter table mails add column stops text check (stops in ('request', 'status', 'comment', 'invoice'));
create index mails_held on mails (organization_id, created_at) where state = 'held';
