-- The planner's estimates tell whoever may ask for a plan what is common in a column, of all organizations: row-level security does
-- not bind them. Of what people write and pay, nothing is gathered that a contract's login could ask for.
alter table users alter column name set statistics 0, alter column email set statistics 0;
alter table customers alter column name set statistics 0, alter column email set statistics 0;
alter table plans alter column name set statistics 0;
alter table plan_versions alter column quantity set statistics 0;
alter table tickets alter column title set statistics 0, alter column details set statistics 0,
    alter column wanted_seconds set statistics 0, alter column used_seconds set statistics 0;
alter table ticket_comments alter column message set statistics 0;
alter table notifications alter column title set statistics 0, alter column text set statistics 0;
alter table invoices alter column total_minor set statistics 0;
alter table refunds alter column amount_minor set statistics 0;
alter table allowance_accounts alter column debt set statistics 0;
alter table allowance_entries alter column quantity set statistics 0;
alter table allowance_lots alter column amount set statistics 0, alter column remaining set statistics 0, alter column held set statistics 0;
alter table external_refs alter column "row" set statistics 0;
alter index customers_name alter column 2 set statistics 0;
alter index plans_name alter column 2 set statistics 0;
-- What was gathered before goes, where we may: only a superuser of PostgreSQL may.
do $$
begin
    delete from pg_statistic s using pg_attribute a
     where a.attrelid = s.starelid and a.attnum = s.staattnum and a.attstattarget = 0;
exception when insufficient_privilege then
    raise warning 'statistics of contents that were gathered before stay; docs/operations.md says how a superuser takes them away';
end
$$;
