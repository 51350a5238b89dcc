-- What a login of the contract may do.

revoke execute on all functions in schema consulting, consulting_parts from public;
grant usage on schema consulting, consulting_parts to retainer_contract_consulting;
grant select on all tables in schema consulting, consulting_parts to retainer_contract_consulting;
grant execute on all functions in schema consulting, consulting_parts to retainer_contract_consulting;

-- What was granted before goes, so that what stands here is all.
do $$
declare
    v_table regclass;
begin
    for v_table in
        select c.oid from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v')
            and has_any_column_privilege('retainer_contract_consulting', c.oid, 'select')
    loop
        execute format('revoke all on %s from retainer_contract_consulting', v_table);
    end loop;
end
$$;
grant execute on function public.contract_people(), public.contract_staff() to retainer_contract_consulting;

-- Of our tables only what the views read: no notes, no addresses of mail, nothing that proves who somebody is; and none that holds
-- people, of whom the functions above tell.
grant select (organization_id, source, kind, source_id, object_id, object_version, row, gone_at, customer_id, decisions)
    on external_refs to retainer_contract_consulting;
grant select (organization_id, time_zone) on organizations to retainer_contract_consulting;
grant select (organization_id, id, name, email, created_at, version) on customers to retainer_contract_consulting;
grant select (organization_id, id, name) on plans to retainer_contract_consulting;
grant select (organization_id, id, plan_id, unit_code, quantity) on plan_versions to retainer_contract_consulting;
grant select (organization_id, id, customer_id, plan_version_id, state, trial_ends_at, created_at, version, contract_number, ended_at)
    on subscriptions to retainer_contract_consulting;
grant select (organization_id, subscription_id, number, state, starts_at, ends_at, lot_id)
    on subscription_periods to retainer_contract_consulting;
grant select (organization_id, id, owner_kind, owner_id, unit_code, debt) on allowance_accounts to retainer_contract_consulting;
grant select (organization_id, account_id, lot_id, kind, quantity) on allowance_entries to retainer_contract_consulting;
grant select (organization_id, id, account_id, opened_seq, series_seq, source_kind, source_ref, amount, remaining, held,
        activated_at, expires_at, ended_as)
    on allowance_lots to retainer_contract_consulting;
grant select (organization_id, id, customer_id, number, state, total_minor, created_at, due_at, paid_at, version, contract_number)
    on invoices to retainer_contract_consulting;
grant select (organization_id, invoice_id, kind, period_number) on invoice_lines to retainer_contract_consulting;
grant select (organization_id, id, invoice_id) on payments to retainer_contract_consulting;
grant select (organization_id, payment_id, amount_minor) on refunds to retainer_contract_consulting;
grant select (organization_id, id, number, customer_id, title, details, priority, status, wanted_seconds, used_seconds,
        merged_into_id, created_at, version, contract_number)
    on tickets to retainer_contract_consulting;
grant select (organization_id, id, ticket_id, author_user_id, side, message, internal, created_at, contract_number)
    on ticket_comments to retainer_contract_consulting;
grant select (organization_id, id, user_id, kind, subject_kind, subject_ref, title, text, created_at, read_at, contract_number)
    on notifications to retainer_contract_consulting;
