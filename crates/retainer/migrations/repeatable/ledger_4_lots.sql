-- Where units come from and how lots end other than by being spent.

-- Reads the terms of a new lot from the request.
create or replace function ledger_terms(op allowance_operations, p_account uuid) returns allowance_lots language plpgsql as $$
declare
  v_lot allowance_lots;
begin
  v_lot.account_id := p_account;
  v_lot.source_kind := op.request ->> 'source_kind';
  v_lot.source_ref := op.request ->> 'source_ref';
  v_lot.category := op.request ->> 'category';
  v_lot.priority := coalesce((op.request ->> 'priority')::smallint, 50);
  v_lot.unlimited := coalesce((op.request ->> 'unlimited')::boolean, false);
  v_lot.amount := case when v_lot.unlimited then 0 else ledger_amount(op, 'amount') end;
  v_lot.price_minor := (op.request ->> 'price_minor')::bigint;
  v_lot.price_atoms := (op.request ->> 'price_atoms')::bigint;
  v_lot.currency := op.request ->> 'currency';
  v_lot.effective_at := coalesce((op.request ->> 'effective_at')::timestamptz, op.created_at);
  v_lot.expires_at := (op.request ->> 'expires_at')::timestamptz;
  v_lot.applies_to := coalesce(op.request -> 'applies_to', '{}');
  v_lot.rollover_cap := (op.request ->> 'rollover_cap')::bigint;
  v_lot.rollover_expires_at := (op.request ->> 'rollover_expires_at')::timestamptz;
  if v_lot.expires_at <= op.created_at then
    perform ledger_refuse('already_expired');
  elsif v_lot.expires_at <= v_lot.effective_at or v_lot.rollover_expires_at <= v_lot.expires_at then
    perform ledger_refuse('invalid_period');
  end if;
  return v_lot;
end
$$;

-- The natural key of a grant outlives the idempotency key: the same payment told twice, in whatever way, is granted once. Returns the lot
-- that is already there, refuses if it was granted on other terms.
create or replace function ledger_granted_before(op allowance_operations, p_account uuid) returns uuid language plpgsql as $$
declare
  v_lot record;
begin
  select l.id, o.kind, o.request into v_lot
    from allowance_lots l join allowance_operations o on o.organization_id = l.organization_id and o.id = l.operation_id
   where l.organization_id = op.organization_id and l.account_id = p_account
     and l.source_kind = op.request ->> 'source_kind' and l.source_ref = op.request ->> 'source_ref';
  if v_lot.id is not null and (v_lot.kind <> op.kind or v_lot.request <> op.request) then
    perform ledger_refuse('source_used', jsonb_build_object('lot', v_lot.id));
  end if;
  return v_lot.id;
end
$$;

create or replace function ledger_grant(op allowance_operations) returns jsonb language plpgsql as $$
declare
  v_account allowance_accounts := ledger_lock(op, ledger_open_account(op, op.request));
  v_lot uuid := ledger_granted_before(op, v_account.id);
  v_existing boolean := v_lot is not null;
begin
  if v_lot is null then
    if v_account.state = 'closed' then
      perform ledger_refuse('closed');
    end if;
    v_lot := ledger_open_lot(op, ledger_terms(op, v_account.id), op.created_at);
    perform ledger_reseat(op, v_account, op.created_at);
  end if;
  return jsonb_build_object('lot', v_lot, 'existing', v_existing);
end
$$;

-- Locks the account of the lot, then reads the lot under the lock.
create or replace function ledger_lock_lot(op allowance_operations, p_field text) returns allowance_lots language plpgsql as $$
declare
  v_lot allowance_lots;
begin
  select * into v_lot from allowance_lots where organization_id = op.organization_id and id = (op.request ->> p_field)::uuid;
  if not found then
    perform ledger_refuse('not_found');
  end if;
  perform ledger_lock(op, v_lot.account_id);
  select * into strict v_lot from allowance_lots where organization_id = op.organization_id and id = v_lot.id;
  return v_lot;
end
$$;

create or replace function ledger_expire(op allowance_operations) returns jsonb language plpgsql as $$
declare
  -- Taking the lock has expired it already, if it was time.
  v_lot allowance_lots := ledger_lock_lot(op, 'lot');
begin
  if v_lot.ended_as is null then
    perform ledger_refuse('not_due', jsonb_build_object('expires_at', v_lot.expires_at));
  end if;
  return jsonb_build_object('ended_as', v_lot.ended_as);
end
$$;

create or replace function ledger_rollover(op allowance_operations) returns jsonb language plpgsql as $$
declare
  v_lot allowance_lots := ledger_lock_lot(op, 'lot');
  v_cap bigint := (op.request ->> 'cap')::bigint;
  v_expires timestamptz := (op.request ->> 'expires_at')::timestamptz;
  v_new uuid;
begin
  if v_cap is null or v_cap < 0 then
    perform ledger_refuse('invalid_amount');
  elsif v_expires <= op.created_at then
    perform ledger_refuse('already_expired');
  elsif v_lot.ended_as is not null then
    perform ledger_refuse('lot_ended', jsonb_build_object('ended_as', v_lot.ended_as));
  elsif v_lot.activated_at is null or v_lot.source_kind = 'credit_line' then
    perform ledger_refuse('not_applicable');
  end if;
  v_new := ledger_roll(op, v_lot, v_cap, v_expires, op.created_at);
  perform ledger_after_release(op, v_lot.account_id);
  return jsonb_build_object('lot', v_new);
end
$$;

-- The lot that took a plan's place before each payment had lots of its own (0019), or null: what was left of the plan was voided, and the
-- better plan's lot was its allowance less what had been spent.
create or replace function ledger_merged_into(op allowance_operations, p_lot allowance_lots) returns allowance_lots language plpgsql stable as $$
declare
  v_lot allowance_lots;
begin
  if p_lot.series_seq is null and p_lot.ended_as in ('upgraded', 'voided', 'voided_forgiven', 'voided_billed') then
    select * into v_lot from allowance_lots
     where organization_id = op.organization_id and predecessor_id = p_lot.id and account_id = p_lot.account_id and series_seq is null
       and created_at = p_lot.ended_at and source_kind not in ('rollover', 'refund_grace', 'exchange');
  end if;
  return v_lot;
end
$$;

-- What a better plan's lot took over of the plan before it.
create or replace function ledger_merged(op allowance_operations, p_lot uuid, p_into allowance_lots) returns bigint language sql stable as $$
  select coalesce(sum(quantity), 0)::bigint from allowance_entries
   where organization_id = op.organization_id and lot_id = p_lot and kind = 'void' and operation_id = p_into.operation_id
$$;

-- Takes back what was left of a plan when a better one's lot took it over: it is in there still, or it was used there. The better plan's
-- lot stays; another payment bought it.
create or replace function ledger_void_merged(op allowance_operations, p_lot allowance_lots, p_spent text, p_at timestamptz) returns bigint
  language plpgsql as $$
declare
  v_into allowance_lots := ledger_merged_into(op, p_lot);
  v_next allowance_lots;
  v_rest bigint;
  v_take bigint;
begin
  if v_into.id is null then
    return 0;
  end if;
  v_rest := ledger_merged(op, p_lot.id, v_into);
  loop
    v_next := ledger_merged_into(op, v_into);
    exit when v_next.id is null;
    v_into := v_next;
  end loop;
  -- The refund of the better plan has taken back all that was in its lot.
  if v_into.unlimited or v_into.ended_as in ('voided', 'voided_forgiven', 'voided_billed') then
    return 0;
  end if;
  v_take := least(v_rest, v_into.remaining - v_into.held);
  if v_take > 0 then
    perform ledger_post(op, v_into.account_id, v_into.id, null, 'void', v_take, p_at);
  end if;
  -- What expired in it is nobody's debt.
  v_rest := case when v_into.ended_as is null then v_rest - v_take else least(v_rest, v_into.consumed) end;
  if p_spent <> 'debt' or v_rest <= 0 then
    return 0;
  end if;
  perform ledger_post(op, v_into.account_id, v_into.id, null, 'charge_debt', v_rest, p_at);
  return v_rest;
end
$$;

-- Takes back a lot and what was rolled or given back out of it. Units already spent become debt, are billed in money by the caller, or are forgiven; held ones follow when
-- their hold is captured.
create or replace function ledger_void_lot(op allowance_operations, p_lot uuid, p_spent text, p_at timestamptz) returns bigint
  language plpgsql as $$
declare
  v_lot allowance_lots;
  v_spent bigint;
  v_total bigint := 0;
begin
  for v_lot in
    with recursive chain as (
      select * from allowance_lots where organization_id = op.organization_id and id = p_lot
      union all
      select l.* from allowance_lots l join chain c on l.organization_id = c.organization_id and l.predecessor_id = c.id
       where l.source_kind in ('rollover', 'refund_grace'))
    select * from chain order by opened_seq
  loop
    continue when v_lot.ended_as in ('voided', 'voided_forgiven', 'voided_billed');
    if v_lot.remaining > v_lot.held then
      perform ledger_post(op, v_lot.account_id, v_lot.id, null, 'void', v_lot.remaining - v_lot.held, p_at);
    end if;
    perform ledger_end_lot(op, v_lot.id, case p_spent when 'debt' then 'voided' when 'bill' then 'voided_billed' else 'voided_forgiven' end, p_at);
    -- A carried overage is debt already.
    if p_spent = 'debt' and not v_lot.unlimited and v_lot.ended_as is distinct from 'carried' then
      -- Less what a plan that was merged into it has charged for already.
      select v_lot.consumed + coalesce(sum(case kind when 'repay_debt' then quantity else -quantity end), 0) into v_spent
        from allowance_entries
       where organization_id = op.organization_id and lot_id = v_lot.id and kind in ('repay_debt', 'charge_debt');
      if v_spent > 0 then
        perform ledger_post(op, v_lot.account_id, v_lot.id, null, 'charge_debt', v_spent, p_at);
        v_total := v_total + v_spent;
      end if;
    end if;
    v_total := v_total + ledger_void_merged(op, v_lot, p_spent, p_at);
  end loop;
  return v_total;
end
$$;

create or replace function ledger_void(op allowance_operations) returns jsonb language plpgsql as $$
declare
  v_lot allowance_lots := ledger_lock_lot(op, 'lot');
  v_debt bigint;
begin
  if v_lot.ended_as in ('voided', 'voided_forgiven', 'voided_billed') then
    perform ledger_refuse('lot_ended', jsonb_build_object('ended_as', v_lot.ended_as));
  end if;
  v_debt := ledger_void_lot(op, v_lot.id, op.request ->> 'spent', op.created_at);
  perform ledger_after_release(op, v_lot.account_id);
  return jsonb_build_object('debt', v_debt);
end
$$;

-- The plan that a better one builds on: where its payment was given back, the one whose place it took.
create or replace function ledger_standing_plan(op allowance_operations, p_lot allowance_lots) returns allowance_lots language plpgsql stable as $$
declare
  v_lot allowance_lots := p_lot;
begin
  while v_lot.ended_as in ('voided', 'voided_forgiven', 'voided_billed') loop
    select * into v_lot from allowance_lots
     where organization_id = op.organization_id and id = v_lot.predecessor_id and v_lot.source_kind not in ('rollover', 'refund_grace', 'exchange');
    if not found then
      perform ledger_refuse('lot_ended', jsonb_build_object('ended_as', p_lot.ended_as));
    end if;
  end loop;
  if v_lot.ended_as not in ('expired', 'rolled') and (v_lot.ended_as <> 'upgraded' or v_lot.id = p_lot.id) then
    perform ledger_refuse('lot_ended', jsonb_build_object('ended_as', v_lot.ended_as));
  end if;
  return v_lot;
end
$$;

-- What the plans of a period granted so far, without what was taken back.
create or replace function ledger_granted_in_series(op allowance_operations, p_old allowance_lots) returns bigint language plpgsql stable as $$
declare
  v_series bigint := coalesce(p_old.series_seq, p_old.opened_seq);
  v_granted bigint;
begin
  select coalesce(sum(amount), 0) into v_granted from allowance_lots
   where organization_id = op.organization_id and account_id = p_old.account_id and (opened_seq = v_series or series_seq = v_series)
     and (opened_seq = v_series or source_kind <> 'rollover')
     and (ended_as is null or ended_as not in ('voided', 'voided_forgiven', 'voided_billed'));
  -- What was spent of a plan that was merged into the old one counts too.
  return v_granted + coalesce((
    select l.amount - ledger_merged(op, l.id, p_old) from allowance_lots l
     where l.organization_id = op.organization_id and l.id = p_old.predecessor_id and l.ended_as = 'upgraded'
       and (ledger_merged_into(op, l)).id = p_old.id), 0);
end
$$;

-- What a better plan of so many units would bring that takes the place of a lot's plan, before anybody decides.
create or replace function ledger_upgrade_brings(p_organization uuid, p_from uuid, p_amount bigint) returns bigint language plpgsql stable as $$
declare
  op allowance_operations;
  v_lot allowance_lots;
begin
  op.organization_id := p_organization;
  select * into strict v_lot from allowance_lots where organization_id = p_organization and id = p_from;
  return greatest(0, p_amount - ledger_granted_in_series(op, ledger_standing_plan(op, v_lot)));
exception when sqlstate 'RT001' then
  -- All that was granted in the period was taken back.
  return p_amount;
end
$$;

-- Ends what lives of the plans of a period and moves what is left of it on, under the better plan's terms, in lots of its own: what each
-- payment granted stays apart, so that its refund takes back that and no more. Seats stay in the lots in which members hold them. Returns
-- the better plan's lot: its allowance less what was granted so far and not taken back.
create or replace function ledger_replace(op allowance_operations, p_old allowance_lots, p_new allowance_lots) returns allowance_lots
  language plpgsql as $$
declare
  v_series bigint := coalesce(p_old.series_seq, p_old.opened_seq);
  v_new allowance_lots := p_new;
  v_lot allowance_lots;
  v_moved allowance_lots;
  v_granted bigint := ledger_granted_in_series(op, p_old);
  v_rest bigint;
  v_too_much bigint;
  v_cap bigint;
  v_free bigint;
  v_seats boolean := ledger_unit(op, p_old.account_id) = 'seat';
begin
  select coalesce(sum(remaining - held), 0) into v_rest from allowance_lots
   where organization_id = op.organization_id and account_id = p_old.account_id and (opened_seq = v_series or series_seq = v_series)
     and ended_as is null;
  v_new.series_seq := v_series;
  v_new.amount := case when p_new.unlimited then 0 else greatest(0, p_new.amount - v_granted) end;
  v_too_much := case when p_new.unlimited then 0 else greatest(0, v_granted - p_new.amount) end;
  v_rest := greatest(0, v_rest - v_too_much);
  -- One cap for all of them: what burns last has most left, and so the first claim to it.
  v_cap := p_new.rollover_cap - least(p_new.rollover_cap, v_new.amount);
  v_new.rollover_cap := p_new.rollover_cap - v_cap;
  for v_lot in
    select * from allowance_lots
     where organization_id = op.organization_id and account_id = p_old.account_id and (opened_seq = v_series or series_seq = v_series)
       and ended_as is null
     order by opened_seq
  loop
    v_free := v_lot.remaining - v_lot.held;
    if least(v_too_much, v_free) > 0 then
      perform ledger_post(op, v_lot.account_id, v_lot.id, null, 'void', least(v_too_much, v_free), op.created_at);
    end if;
    v_free := v_free - least(v_too_much, v_free);
    v_too_much := v_too_much - (v_lot.remaining - v_lot.held - v_free);
    v_rest := v_rest - v_free;
    continue when v_seats;
    if v_free > 0 then
      perform ledger_post(op, v_lot.account_id, v_lot.id, null, 'roll_out', v_free, op.created_at);
    end if;
    perform ledger_end_lot(op, v_lot.id, 'upgraded', op.created_at);
    if v_free > 0 then
      v_moved := v_new;
      v_moved.source_kind := 'rollover';
      v_moved.source_ref := 'lot:' || v_lot.opened_seq;
      v_moved.category := v_lot.category;
      v_moved.price_minor := v_lot.price_minor;
      v_moved.price_atoms := v_lot.price_atoms;
      v_moved.currency := v_lot.currency;
      v_moved.priority := greatest(p_new.priority - 5, 0);
      v_moved.amount := v_free;
      v_moved.unlimited := false;
      v_moved.effective_at := op.created_at;
      v_moved.rollover_cap := case when v_cap is not null then least(v_free, greatest(0, v_cap - v_rest)) end;
      v_moved.predecessor_id := v_lot.id;
      perform ledger_open_lot(op, v_moved, op.created_at);
    end if;
  end loop;
  return v_new;
end
$$;

-- A better plan in mid-period, in one step, so that there is no moment with both or none.
create or replace function ledger_upgrade(op allowance_operations) returns jsonb language plpgsql as $$
declare
  v_old allowance_lots := ledger_lock_lot(op, 'from_lot');
  v_account allowance_accounts;
  v_new allowance_lots;
  v_id uuid;
begin
  if op.request ->> 'unit' <> ledger_unit(op, v_old.account_id) then
    perform ledger_refuse('unit_mismatch', jsonb_build_object('unit', ledger_unit(op, v_old.account_id)));
  end if;
  v_id := ledger_granted_before(op, v_old.account_id);
  if v_id is not null then
    return jsonb_build_object('lot', v_id, 'existing', true);
  end if;
  v_old := ledger_standing_plan(op, v_old);
  select * into strict v_account from allowance_accounts where organization_id = op.organization_id and id = v_old.account_id;
  v_new := ledger_terms(op, v_old.account_id);
  v_new.predecessor_id := v_old.id;
  if op.request ->> 'mode' = 'replace' then
    v_new := ledger_replace(op, v_old, v_new);
  end if;
  v_id := ledger_open_lot(op, v_new, op.created_at);
  perform ledger_reseat(op, v_account, op.created_at);
  return jsonb_build_object('lot', v_id, 'existing', false);
end
$$;

-- Ends a credit line and says what becomes of the overage captured from it: billed in money, carried as debt, or forgiven.
create or replace function ledger_close_credit(op allowance_operations) returns jsonb language plpgsql as $$
declare
  v_lot allowance_lots := ledger_lock_lot(op, 'lot');
begin
  if v_lot.source_kind <> 'credit_line' then
    perform ledger_refuse('not_applicable');
  elsif v_lot.ended_as is distinct from null and v_lot.ended_as <> 'expired' then
    perform ledger_refuse('lot_ended', jsonb_build_object('ended_as', v_lot.ended_as));
  end if;
  if v_lot.remaining > v_lot.held then
    perform ledger_post(op, v_lot.account_id, v_lot.id, null, 'expire', v_lot.remaining - v_lot.held, op.created_at);
  end if;
  perform ledger_end_lot(op, v_lot.id, op.request ->> 'overage', op.created_at);
  if op.request ->> 'overage' = 'carried' and v_lot.consumed > 0 and not v_lot.unlimited then
    perform ledger_post(op, v_lot.account_id, v_lot.id, null, 'charge_debt', v_lot.consumed, op.created_at);
  end if;
  perform ledger_after_release(op, v_lot.account_id);
  return jsonb_build_object('overage', v_lot.consumed, 'still_held', v_lot.held);
end
$$;

create or replace function ledger_exchange(op allowance_operations) returns jsonb language plpgsql as $$
declare
  v_give bigint := ledger_amount(op, 'give');
  v_get bigint := ledger_amount(op, 'get');
  v_from uuid := ledger_account_id(op, op.request -> 'from');
  v_to uuid := ledger_open_account(op, op.request -> 'to');
  v_account allowance_accounts;
  v_new allowance_lots;
  v_lot uuid;
begin
  if v_from is null then
    perform ledger_refuse('short', jsonb_build_object('spendable', 0, 'unit', op.request #> '{from,unit}'));
  elsif v_from = v_to then
    perform ledger_refuse('same_account');
  end if;
  -- Always in ascending id, or two opposite exchanges wait for each other.
  perform ledger_lock(op, least(v_from, v_to));
  perform ledger_lock(op, greatest(v_from, v_to));
  perform ledger_refuse('closed') from allowance_accounts where organization_id = op.organization_id and id = v_to and state = 'closed';
  v_new.expires_at := (op.request ->> 'expires_at')::timestamptz;
  if v_new.expires_at <= op.created_at then
    perform ledger_refuse('already_expired');
  end if;
  v_account := ledger_reserve(op, v_from, v_give, 'exchange_out', null);
  if v_account.unlimited then
    perform ledger_refuse('not_applicable');
  end if;
  perform ledger_allocate(op, v_account, null, '{}', v_give, 'exchange_out');
  v_new.account_id := v_to;
  v_new.source_kind := 'exchange';
  v_new.source_ref := op.idempotency_key;
  v_new.priority := 50;
  v_new.amount := v_get;
  v_new.unlimited := false;
  v_new.effective_at := op.created_at;
  v_new.applies_to := '{}';
  select l.category, l.id into v_new.category, v_new.predecessor_id
    from allowance_entries e join allowance_lots l on l.organization_id = e.organization_id and l.id = e.lot_id
   where e.organization_id = op.organization_id and e.operation_id = op.id and e.kind = 'exchange_out' order by e.seq limit 1;
  v_lot := ledger_open_lot(op, v_new, op.created_at);
  perform ledger_after_release(op, v_to);
  return jsonb_build_object('lot', v_lot);
end
$$;

create or replace function ledger_adjust(op allowance_operations) returns jsonb language plpgsql as $$
declare
  v_delta bigint := (op.request ->> 'delta')::bigint;
  v_id uuid;
  v_account allowance_accounts;
  v_new allowance_lots;
begin
  if v_delta is null or v_delta = 0 or abs(v_delta) > 1000000000000000 then
    perform ledger_refuse('invalid_amount');
  elsif coalesce(trim(op.reason), '') = '' then
    perform ledger_refuse('reason_required');
  end if;
  if v_delta < 0 then
    v_id := ledger_account_id(op, op.request);
    if v_id is null then
      perform ledger_refuse('short', jsonb_build_object('spendable', 0, 'unit', op.request -> 'unit'));
    end if;
    v_account := ledger_reserve(op, v_id, -v_delta, 'adjust_down', null);
    if v_account.unlimited then
      perform ledger_refuse('not_applicable');
    end if;
    perform ledger_allocate(op, v_account, null, '{}', -v_delta, 'adjust_down');
    return '{}';
  end if;
  v_account := ledger_lock(op, ledger_open_account(op, op.request));
  if v_account.state = 'closed' then
    perform ledger_refuse('closed');
  end if;
  v_new.account_id := v_account.id;
  v_new.source_kind := 'adjustment';
  v_new.source_ref := op.idempotency_key;
  v_new.category := 'promotional';
  v_new.priority := 50;
  v_new.amount := v_delta;
  v_new.unlimited := false;
  v_new.effective_at := op.created_at;
  v_new.applies_to := '{}';
  v_id := ledger_open_lot(op, v_new, op.created_at);
  perform ledger_reseat(op, v_account, op.created_at);
  return jsonb_build_object('lot', v_id);
end
$$;

-- Moves the open holds of one lot to another, the longest-held first. What finds no place either refuses the whole or stays, over the limit.
create or replace function ledger_rehome(op allowance_operations) returns jsonb language plpgsql as $$
declare
  v_from allowance_lots := ledger_lock_lot(op, 'from_lot');
  v_to allowance_lots;
  v_part record;
  v_take bigint;
  v_free bigint;
  v_moved bigint := 0;
  v_stranded bigint := 0;
begin
  select * into v_to from allowance_lots
   where organization_id = op.organization_id and account_id = v_from.account_id and id = (op.request ->> 'to_lot')::uuid;
  if not found or v_to.id = v_from.id then
    perform ledger_refuse('not_found');
  elsif v_to.ended_as is not null or v_to.activated_at is null then
    perform ledger_refuse('lot_ended', jsonb_build_object('ended_as', v_to.ended_as));
  end if;
  v_free := v_to.remaining - v_to.held;
  for v_part in
    select p.hold_id, p.amount - p.captured - p.released as open, h.facts
      from allowance_holds h join allowance_hold_lots p on p.organization_id = h.organization_id and p.hold_id = h.id
     where h.organization_id = op.organization_id and h.account_id = v_from.account_id and h.state = 'open' and p.lot_id = v_from.id
       and p.amount > p.captured + p.released
     order by h.opened_seq
  loop
    v_take := case when not ledger_applies(v_to.applies_to, v_part.facts) then 0
      when v_to.unlimited then v_part.open else least(v_free, v_part.open) end;
    if v_take > 0 then
      perform ledger_move_part(op, v_from.account_id, v_part.hold_id, v_from.id, v_to.id, v_take, op.created_at);
      v_free := v_free - v_take;
      v_moved := v_moved + v_take;
    end if;
    v_stranded := v_stranded + v_part.open - v_take;
  end loop;
  if v_stranded > 0 and op.request ->> 'on_short' = 'refuse' then
    perform ledger_refuse('short', jsonb_build_object('spendable', v_moved, 'unit', ledger_unit(op, v_from.account_id)));
  end if;
  update allowance_accounts set over_limit_until = case when v_stranded > 0 then (op.request ->> 'deadline')::timestamptz end
   where organization_id = op.organization_id and id = v_from.account_id;
  perform ledger_after_release(op, v_from.account_id);
  return jsonb_build_object('moved', v_moved, 'stranded', v_stranded);
end
$$;
