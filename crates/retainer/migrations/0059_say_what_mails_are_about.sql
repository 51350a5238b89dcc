-- What a mail tells of, as notifications name it: `ticket TKT-202611-0007`. One that is kept is of no use once the person has
-- read of it here, or something later says more.
alter table mails add column about text;
