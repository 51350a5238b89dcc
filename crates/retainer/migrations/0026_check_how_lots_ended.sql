-- In a transaction of its own, so that the short lock of the migration before is gone.
alter table allowance_lots validate constraint allowance_lots_ended_as_check;
