-- The one entrance, and the operations on an account as a whole.

create or replace function ledger_freeze(op allowance_operations) returns jsonb language plpgsql as $$
declare
  v_account allowance_accounts := ledger_lock(op, ledger_open_account(op, op.request));
begin
  if v_account.state <> 'open' then
    perform ledger_refuse(v_account.state);
  end if;
  -- The entry's quantity says whether time stands still, so that past balances can be told later.
  perform ledger_post(op, v_account.id, null, null, 'freeze', case when (op.request ->> 'pause_time')::boolean then 1 else 0 end, op.created_at);
  update allowance_accounts set state = 'frozen', frozen_at = op.created_at, time_paused = (op.request ->> 'pause_time')::boolean
   where organization_id = op.organization_id and id = v_account.id;
  perform ledger_schedule(op, v_account.id);
  return '{}';
end
$$;

create or replace function ledger_unfreeze(op allowance_operations) returns jsonb language plpgsql as $$
declare
  v_account allowance_accounts := ledger_lock(op, ledger_account_id(op, op.request));
  v_lot record;
begin
  if v_account.state <> 'frozen' then
    perform ledger_refuse('not_frozen');
  end if;
  if v_account.time_paused then
    for v_lot in
      -- In microseconds: an interval with days in it would depend on the session's zone where summer time begins or ends.
      select id, (extract(epoch from op.created_at - greatest(v_account.frozen_at, created_at)) * 1000000)::bigint as span
        from allowance_lots
       where organization_id = op.organization_id and account_id = v_account.id and ended_as is null and expires_at is not null
       order by opened_seq
    loop
      continue when v_lot.span <= 0;
      update allowance_lots
         set expires_at = expires_at + v_lot.span * interval '1 microsecond',
             rollover_expires_at = rollover_expires_at + v_lot.span * interval '1 microsecond'
       where organization_id = op.organization_id and id = v_lot.id;
      perform ledger_post(op, v_account.id, v_lot.id, null, 'extend', v_lot.span, op.created_at);
    end loop;
  end if;
  perform ledger_post(op, v_account.id, null, null, 'unfreeze', 0, op.created_at);
  update allowance_accounts set state = 'open', frozen_at = null, time_paused = false
   where organization_id = op.organization_id and id = v_account.id;
  perform ledger_settle_account(op, v_account.id);
  return '{}';
end
$$;

-- For the sweeper; any other operation does the same on its way.
create or replace function ledger_settle(op allowance_operations) returns jsonb language plpgsql as $$
declare
  v_id uuid := ledger_account_id(op, op.request);
begin
  perform ledger_lock(op, v_id);
  return '{}';
end
$$;

-- Returns the outcome 'ok' or the code of a refusal, and never leaves half an operation behind: a refused one leaves nothing at all, not
-- even its key, so that it may be tried again when the reason is gone. A key that was used returns what it returned then.
create or replace function ledger_operate(p_organization uuid, p_operation uuid, p_kind text, p_request jsonb, p_now timestamptz, p_key text,
  p_actor text, p_reason text) returns table (outcome text, replayed boolean, result jsonb) language plpgsql as $$
declare
  op allowance_operations;
  v_result jsonb;
  v_code text;
  v_detail text;
  v_constraint text;
begin
  op.id := p_operation;
  -- What a hold will almost always return is known before, which saves writing the row twice.
  if p_kind in ('hold', 'consume') then
    v_result := jsonb_build_object('hold', ledger_new_id(op, 'hold'), 'credit', 0);
  end if;
  insert into allowance_operations (organization_id, id, idempotency_key, kind, request, actor, reason, result, created_at)
  values (p_organization, p_operation, p_key, p_kind, p_request, p_actor, p_reason, v_result, p_now)
  on conflict on constraint allowance_operations_key do nothing
  returning * into op;
  if op.id is null then
    select * into strict op from allowance_operations where organization_id = p_organization and idempotency_key = p_key;
    if op.kind = p_kind and op.request = p_request then
      return query select 'ok', true, op.result;
    else
      return query select 'key_reused', false, '{}'::jsonb;
    end if;
    return;
  end if;
  v_result := case p_kind
    when 'hold' then ledger_hold(op)
    when 'capture' then ledger_capture(op)
    when 'release' then ledger_release(op)
    when 'consume' then ledger_consume(op)
    when 'grant' then ledger_grant(op)
    when 'adjust_hold' then ledger_adjust_hold(op)
    when 'capture_more' then ledger_capture_more(op)
    when 'refund' then ledger_refund(op)
    when 'expire' then ledger_expire(op)
    when 'rollover' then ledger_rollover(op)
    when 'void' then ledger_void(op)
    when 'upgrade' then ledger_upgrade(op)
    when 'close_credit' then ledger_close_credit(op)
    when 'exchange' then ledger_exchange(op)
    when 'adjust' then ledger_adjust(op)
    when 'rehome' then ledger_rehome(op)
    when 'freeze' then ledger_freeze(op)
    when 'unfreeze' then ledger_unfreeze(op)
    when 'settle' then ledger_settle(op)
  end;
  if v_result is null then
    raise exception 'ledger: there is no operation %', p_kind;
  end if;
  if v_result is distinct from op.result then
    update allowance_operations o set result = v_result where o.organization_id = p_organization and o.id = op.id;
  end if;
  return query select 'ok', false, v_result;
exception
  when sqlstate 'RT001' then
    get stacked diagnostics v_code = message_text, v_detail = pg_exception_detail;
    return query select v_code, false, v_detail::jsonb;
  when unique_violation then
    get stacked diagnostics v_constraint = constraint_name;
    if v_constraint <> 'allowance_holds_one_open_per_subject' then
      raise;
    end if;
    return query select 'subject_already_held', false, '{}'::jsonb;
end
$$;
