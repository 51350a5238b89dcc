-- When the newest entry was recorded. Entries of an account are recorded in the order of their numbers, also when somebody who began
-- earlier had to wait for somebody who began later.
alter table allowance_accounts add column last_recorded_at timestamptz;
update allowance_accounts a
   set last_recorded_at = (select max(e.recorded_at) from allowance_entries e where e.organization_id = a.organization_id and e.account_id = a.id);
