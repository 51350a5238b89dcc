-- What is written once stays as it was written. The application's role has no right to change these tables anyway; this
-- keeps their owner from it too, by a slip in a migration or at a prompt. Whoever must (a law that demands erasure) turns
-- the trigger off first, on purpose. Only what takes an anonymised person out of the trail (redact_customer) says that it
-- redacts; the application's role may not update these tables whatever it says.
create function refuse_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and current_setting('retainer.redacting', true) = 'on' then
        return null;
    end if;
    raise exception '% is append only: % is refused', tg_table_name, lower(tg_op) using errcode = 'insufficient_privilege';
end
$$;

do $$
declare
  v_table text;
begin
  foreach v_table in array array['allowance_entries', 'audit_entries', 'invoice_lines', 'payments', 'plan_versions', 'refunds',
    'subscription_changes', 'ticket_events'] loop
    execute format('create trigger append_only before update or delete or truncate on %I
      for each statement execute function refuse_change()', v_table);
  end loop;
end
$$;

-- Rows that live on in part: what they were made of is never rewritten, only what becomes of them.
revoke update on ticket_holds, ticket_time_entries from retainer_app;
grant update (ticket_id, open_seconds) on ticket_holds to retainer_app;
grant update (ticket_id, started_at, seconds, note, billable, removed_at, version) on ticket_time_entries to retainer_app;
