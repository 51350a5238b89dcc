-- Spending: holds, captures, releases, direct consumption, refunds.

-- Lock and check in one conditional update: of two who want the last hour, one waits here and then finds it gone. An account with an
-- unlimited lot is only locked. The event is when the new hold will time out.
create or replace function ledger_reserve(op allowance_operations, p_account uuid, p_amount bigint, p_mode text, p_event timestamptz)
  returns allowance_accounts language plpgsql as $$
declare
  v_account allowance_accounts;
  v_hold bigint := case when p_mode = 'hold' then p_amount else 0 end;
begin
  for attempt in 1..2 loop
    update allowance_accounts
       set held = held + v_hold, posted = posted - (p_amount - v_hold),
           consumed = consumed + case when p_mode = 'consume' then p_amount else 0 end,
           -- A credit line burns last. If conditions of lots forced it earlier, ledger_allocate puts this right.
           credit_free = least(credit_free, posted - held - p_amount),
           last_seq = last_seq + 1, last_recorded_at = greatest(last_recorded_at, op.created_at),
           next_event_at = least(next_event_at, p_event)
     where organization_id = op.organization_id and id = p_account and state = 'open' and not unlimited
       and posted - held >= p_amount and (next_event_at is null or next_event_at > op.created_at)
     returning * into v_account;
    if found then
      return v_account;
    end if;
    v_account := ledger_lock(op, p_account);
    if v_account.state <> 'open' then
      perform ledger_refuse(v_account.state);
    elsif v_account.unlimited then
      update allowance_accounts set next_event_at = least(next_event_at, p_event)
       where organization_id = op.organization_id and id = p_account and p_event is not null;
      return v_account;
    elsif v_account.posted - v_account.held < p_amount then
      perform ledger_refuse('short', jsonb_build_object('spendable', v_account.posted - v_account.held, 'unit', v_account.unit_code));
    end if;
  end loop;
  raise exception 'ledger: account % still refuses after settling', p_account;
end
$$;

-- Allocates in burn order, in statements of their own after the lock: a snapshot taken before waiting for the lock would see the lots as
-- they were then. p_account is what ledger_reserve returned. Where the first lot has enough, as it mostly has, plain statements take less
-- time under the lock than the general one, which allocates by running sum.
create or replace function ledger_allocate(op allowance_operations, p_account allowance_accounts, p_hold uuid, p_facts jsonb,
  p_amount bigint, p_mode text) returns bigint language plpgsql as $$
declare
  -- ledger_reserve has moved a limited account already; the entries count up from where it stood before.
  v_moved bigint := case when p_account.unlimited then 0 else p_amount end;
  v_seq bigint := p_account.last_seq - case when p_account.unlimited then 0 else 1 end;
  v_hold integer := case when p_mode = 'hold' then 1 else 0 end;
  v_posted bigint := p_account.posted + v_moved * (1 - v_hold);
  v_held bigint := p_account.held - v_moved * v_hold;
  v_parts bigint := 1;
  v_taken bigint := p_amount;
  v_drawn bigint := p_amount;
  v_credit bigint;
  v_first record;
  v_counter text := case p_mode when 'consume' then 'consumed' when 'exchange_out' then 'exchanged' when 'adjust_down' then 'adjusted' end;
  v_out bigint := p_amount * (1 - v_hold);
  v_credit_free bigint;
  -- Who waited for the account began earlier than whom they waited for; the ledger's time never runs backwards.
  v_recorded_at timestamptz := greatest(p_account.last_recorded_at, op.created_at);
begin
  select id, unlimited, source_kind = 'credit_line' as credit, remaining - held as free into v_first
    from allowance_lots
   where organization_id = op.organization_id and account_id = p_account.id and ended_as is null and activated_at is not null
     and (unlimited or remaining > held) and (applies_to = '{}' or ledger_applies(applies_to, p_facts))
   order by (source_kind = 'credit_line'), priority, expires_at nulls last, category desc, effective_at, opened_seq limit 1;
  if v_first.free >= p_amount and not v_first.unlimited then
    update allowance_lots
       set held = held + p_amount * v_hold, remaining = remaining - v_out,
           consumed = consumed + case when p_mode in ('consume', 'exchange_out') then p_amount else 0 end
     where organization_id = op.organization_id and id = v_first.id;
    if p_hold is not null then
      insert into allowance_hold_lots (organization_id, hold_id, lot_id, position, amount, captured)
      values (op.organization_id, p_hold, v_first.id, 1 + (
          select coalesce(max(position), 0) from allowance_hold_lots where organization_id = op.organization_id and hold_id = p_hold),
        p_amount, v_out)
      on conflict (organization_id, hold_id, lot_id) do update
         set amount = allowance_hold_lots.amount + excluded.amount, captured = allowance_hold_lots.captured + excluded.captured;
    end if;
    insert into allowance_entries (organization_id, account_id, seq, operation_id, kind, lot_id, hold_id, quantity, d_posted, d_held,
      d_remaining, counter, d_counter, posted_after, held_after, debt_after, effective_at, recorded_at)
    values (op.organization_id, p_account.id, v_seq + 1, op.id, p_mode, v_first.id, p_hold, p_amount, -v_out, p_amount * v_hold,
      -v_out, v_counter, v_out, v_posted - v_out, v_held + p_amount * v_hold, p_account.debt, op.created_at, v_recorded_at);
    v_credit := case when v_first.credit then p_amount else 0 end;
  else
    with candidate as (
      select id, unlimited, source_kind = 'credit_line' as credit, case when unlimited then p_amount else remaining - held end as free,
             row_number() over burn as rank,
             coalesce(sum(case when unlimited then p_amount else remaining - held end)
               over (burn rows between unbounded preceding and 1 preceding), 0) as before
        from allowance_lots
       where organization_id = op.organization_id and account_id = p_account.id and ended_as is null and activated_at is not null
         and (unlimited or remaining > held) and (applies_to = '{}' or ledger_applies(applies_to, p_facts))
      window burn as (order by (source_kind = 'credit_line'), priority, expires_at nulls last, category desc, effective_at, opened_seq)
    ), part as (
      select id, unlimited, credit, rank, take, case when unlimited then 0 else take end as move,
             sum(case when unlimited then 0 else take end) over (order by rank)::bigint as moved
        from (select *, least(free, p_amount - before)::bigint as take from candidate where before < p_amount) taken
    ), drawn as (
      update allowance_lots l
         set held = l.held + part.move * v_hold, remaining = l.remaining - part.move * (1 - v_hold),
             consumed = l.consumed + case when p_mode in ('consume', 'exchange_out') then part.take else 0 end
        from part
       where l.organization_id = op.organization_id and l.id = part.id
    ), lineage as (
      insert into allowance_hold_lots (organization_id, hold_id, lot_id, position, amount, captured)
      select op.organization_id, p_hold, part.id, part.rank + (
          select coalesce(max(position), 0) from allowance_hold_lots where organization_id = op.organization_id and hold_id = p_hold),
        part.take, part.take * (1 - v_hold)
        from part where p_hold is not null
      on conflict (organization_id, hold_id, lot_id) do update
         set amount = allowance_hold_lots.amount + excluded.amount, captured = allowance_hold_lots.captured + excluded.captured
    ), written as (
      insert into allowance_entries (organization_id, account_id, seq, operation_id, kind, lot_id, hold_id, quantity, d_posted, d_held,
        d_remaining, counter, d_counter, posted_after, held_after, debt_after, effective_at, recorded_at)
      select op.organization_id, p_account.id, v_seq + rank, op.id, p_mode, id, p_hold, take, -move * (1 - v_hold), move * v_hold,
        -move * (1 - v_hold), v_counter,
        move * (1 - v_hold), v_posted - moved * (1 - v_hold), v_held + moved * v_hold, p_account.debt, op.created_at, v_recorded_at
        from part order by rank
    )
    select count(*) as parts, coalesce(sum(take), 0)::bigint as taken, coalesce(sum(move), 0)::bigint as moved,
           coalesce(sum(move) filter (where credit), 0)::bigint as credit
      into v_parts, v_taken, v_drawn, v_credit from part;
  end if;
  if v_taken < p_amount then
    perform ledger_refuse('not_applicable', jsonb_build_object('applicable', v_taken, 'unit', p_account.unit_code));
  end if;
  if p_account.unlimited or v_parts > 1 or v_credit > 0 or p_account.credit_free > 0 then
    select coalesce(sum(remaining - held), 0) into v_credit_free from allowance_lots
     where organization_id = op.organization_id and account_id = p_account.id and source_kind = 'credit_line'
       and ended_as is null and activated_at is not null;
    update allowance_accounts
       set posted = v_posted - v_drawn * (1 - v_hold), held = v_held + v_drawn * v_hold,
           consumed = p_account.consumed + case when p_account.unlimited and p_mode = 'consume' then p_amount else 0 end,
           credit_free = v_credit_free, last_seq = v_seq + v_parts, last_recorded_at = v_recorded_at
     where organization_id = op.organization_id and id = p_account.id;
  end if;
  return v_credit;
end
$$;

create or replace function ledger_write_hold(op allowance_operations, p_account allowance_accounts, p_amount bigint, p_captured bigint)
  returns uuid language plpgsql as $$
declare
  v_id uuid := ledger_new_id(op, 'hold');
begin
  insert into allowance_holds (organization_id, id, account_id, operation_id, subject_kind, subject_id, purpose, facts, opened_seq, amount,
    captured, state, expires_at, policy, created_at, closed_at)
  values (op.organization_id, v_id, p_account.id, op.id, op.request ->> 'subject_kind', op.request ->> 'subject_id',
    coalesce(op.request ->> 'purpose', ''), coalesce(op.request -> 'facts', '{}'),
    p_account.last_seq + case when p_account.unlimited then 1 else 0 end, p_amount, p_captured,
    case when p_captured = p_amount then 'captured' else 'open' end,
    case when p_captured = 0 then (op.request ->> 'expires_at')::timestamptz end, coalesce(op.request -> 'policy', '{}'), op.created_at,
    case when p_captured = p_amount then op.created_at end);
  return v_id;
end
$$;

create or replace function ledger_hold(op allowance_operations) returns jsonb language plpgsql as $$
declare
  v_amount bigint := ledger_amount(op, 'amount');
  v_expires timestamptz := (op.request ->> 'expires_at')::timestamptz;
  v_account allowance_accounts;
  v_id uuid := ledger_account_id(op, op.request);
  v_hold uuid;
begin
  if v_expires <= op.created_at then
    perform ledger_refuse('already_expired');
  elsif v_id is null then
    perform ledger_refuse('short', jsonb_build_object('spendable', 0, 'unit', op.request -> 'unit'));
  end if;
  v_account := ledger_reserve(op, v_id, v_amount, 'hold', v_expires);
  v_hold := ledger_write_hold(op, v_account, v_amount, 0);
  return jsonb_build_object('hold', v_hold,
    'credit', ledger_allocate(op, v_account, v_hold, coalesce(op.request -> 'facts', '{}'), v_amount, 'hold'));
end
$$;

create or replace function ledger_consume(op allowance_operations) returns jsonb language plpgsql as $$
declare
  v_amount bigint := ledger_amount(op, 'amount');
  v_account allowance_accounts;
  v_id uuid := ledger_account_id(op, op.request);
  v_hold uuid;
begin
  if v_id is null then
    perform ledger_refuse('short', jsonb_build_object('spendable', 0, 'unit', op.request -> 'unit'));
  end if;
  v_account := ledger_reserve(op, v_id, v_amount, 'consume', null);
  v_hold := ledger_write_hold(op, v_account, v_amount, v_amount);
  return jsonb_build_object('hold', v_hold,
    'credit', ledger_allocate(op, v_account, v_hold, coalesce(op.request -> 'facts', '{}'), v_amount, 'consume'));
end
$$;

-- Locks the account first and reads the hold again under the lock: two tabs may be closing it.
create or replace function ledger_lock_hold(op allowance_operations, p_open boolean) returns allowance_holds language plpgsql as $$
declare
  v_id uuid := (op.request ->> 'hold')::uuid;
  v_hold allowance_holds;
  v_account allowance_accounts;
begin
  select * into v_hold from allowance_holds where organization_id = op.organization_id and id = v_id;
  if not found then
    perform ledger_refuse('not_found');
  end if;
  v_account := ledger_lock(op, v_hold.account_id);
  if op.request ->> 'unit' <> v_account.unit_code then
    perform ledger_refuse('unit_mismatch', jsonb_build_object('unit', v_account.unit_code));
  end if;
  select * into strict v_hold from allowance_holds where organization_id = op.organization_id and id = v_id;
  if p_open and v_hold.state <> 'open' then
    perform ledger_refuse('hold_closed', jsonb_build_object('state', v_hold.state));
  end if;
  return v_hold;
end
$$;

create or replace function ledger_capture_parts(op allowance_operations, p_hold allowance_holds, p_amount bigint) returns bigint
  language plpgsql as $$
declare
  v_rest bigint := p_amount;
  v_take bigint;
  v_credit bigint := 0;
  v_part record;
begin
  for v_part in
    select p.lot_id, p.amount - p.captured - p.released as open, l.ended_as, l.source_kind
      from allowance_hold_lots p join allowance_lots l on l.organization_id = p.organization_id and l.id = p.lot_id
     where p.organization_id = op.organization_id and p.hold_id = p_hold.id and p.amount > p.captured + p.released
     order by p.position
  loop
    v_take := least(v_rest, v_part.open);
    exit when v_take = 0;
    v_rest := v_rest - v_take;
    perform ledger_post(op, p_hold.account_id, v_part.lot_id, p_hold.id, 'capture', v_take, op.created_at);
    update allowance_hold_lots set captured = captured + v_take
     where organization_id = op.organization_id and hold_id = p_hold.id and lot_id = v_part.lot_id;
    if v_part.ended_as in ('voided', 'carried') then
      perform ledger_post(op, p_hold.account_id, v_part.lot_id, null, 'charge_debt', v_take, op.created_at);
    end if;
    v_credit := v_credit + case when v_part.source_kind = 'credit_line' then v_take else 0 end;
  end loop;
  update allowance_holds
     set captured = captured + p_amount,
         state = case when captured + released + p_amount = amount then 'captured' else state end,
         closed_at = case when captured + released + p_amount = amount then op.created_at end
   where organization_id = op.organization_id and id = p_hold.id and p_amount > 0;
  return v_credit;
end
$$;

-- Gives back what is still open, latest allocation first; all of it where no amount is given.
create or replace function ledger_release_parts(op allowance_operations, p_hold uuid, p_amount bigint, p_kind text, p_fault text,
  p_at timestamptz) returns void language plpgsql as $$
declare
  v_hold allowance_holds;
  v_rest bigint;
  v_take bigint;
  v_part record;
begin
  select * into strict v_hold from allowance_holds where organization_id = op.organization_id and id = p_hold;
  v_rest := coalesce(p_amount, v_hold.amount - v_hold.captured - v_hold.released);
  update allowance_holds
     set released = released + v_rest,
         state = case when captured + released + v_rest < amount then state when p_kind = 'timeout' then 'expired'
           when captured > 0 then 'captured' else 'released' end,
         closed_at = case when captured + released + v_rest = amount then p_at end
   where organization_id = op.organization_id and id = p_hold;
  for v_part in
    select lot_id, amount - captured - released as open from allowance_hold_lots
     where organization_id = op.organization_id and hold_id = p_hold and amount > captured + released
     order by position desc
  loop
    v_take := least(v_rest, v_part.open);
    exit when v_take = 0;
    v_rest := v_rest - v_take;
    perform ledger_post(op, v_hold.account_id, v_part.lot_id, p_hold, p_kind, v_take, p_at);
    update allowance_hold_lots set released = released + v_take
     where organization_id = op.organization_id and hold_id = p_hold and lot_id = v_part.lot_id;
    perform ledger_give_back(op, v_hold, v_part.lot_id, v_take, p_fault, p_at);
  end loop;
end
$$;

-- Units came back to a lot. If the lot has ended meanwhile, they may not stay there: whose fault it was and how the lot ended decide.
-- A refund gives back captured units, everything else units that were only held.
create or replace function ledger_give_back(op allowance_operations, p_hold allowance_holds, p_lot uuid, p_quantity bigint, p_fault text,
  p_at timestamptz) returns void language plpgsql as $$
declare
  v_lot allowance_lots;
  v_refund boolean := p_fault like 'refund:%';
  v_vendor boolean := p_fault in ('vendor', 'refund:vendor');
  v_rest bigint := p_quantity;
  v_pays bigint;
  v_new allowance_lots;
begin
  select * into strict v_lot from allowance_lots where organization_id = op.organization_id and id = p_lot;
  if v_lot.ended_as is null or v_lot.unlimited then
    return;
  end if;
  if v_lot.ended_as in ('voided', 'carried') and v_refund then
    -- These units were charged as debt when they turned out to be unpaid; coming back, they pay it off.
    select least(debt, v_rest) into v_pays from allowance_accounts where organization_id = op.organization_id and id = v_lot.account_id;
    if v_pays > 0 then
      perform ledger_post(op, v_lot.account_id, p_lot, null, 'repay_debt', v_pays, p_at);
      v_rest := v_rest - v_pays;
    end if;
  end if;
  if v_rest = 0 then
    return;
  elsif v_lot.ended_as = 'voided_forgiven' or (v_lot.ended_as in ('voided', 'voided_billed') and not v_refund) then
    perform ledger_post(op, v_lot.account_id, p_lot, null, 'void', v_rest, p_at);
  elsif v_lot.ended_as = 'upgraded'
    or (v_vendor and v_lot.ended_as in ('expired', 'rolled') and v_lot.source_kind <> 'credit_line')
    or (v_vendor and v_refund and v_lot.ended_as in ('voided', 'voided_billed', 'carried', 'billed')) then
    perform ledger_post(op, v_lot.account_id, p_lot, null, 'grace_out', v_rest, p_at);
    v_new := v_lot;
    v_new.source_kind := 'refund_grace';
    v_new.source_ref := op.idempotency_key || ':' || v_lot.opened_seq || ':' || p_hold.opened_seq;
    v_new.amount := v_rest;
    v_new.effective_at := p_at;
    -- Hours, not days: a day is not always 24 of them where summer time ends, and the zone of a session must not matter.
    v_new.expires_at := p_at + make_interval(hours => 24 * coalesce((op.request ->> 'grace_days')::integer, 30));
    v_new.rollover_cap := null;
    v_new.rollover_expires_at := null;
    v_new.predecessor_id := p_lot;
    v_new.series_seq := null;
    perform ledger_open_lot(op, v_new, p_at);
  else
    perform ledger_post(op, v_lot.account_id, p_lot, null, 'expire', v_rest, p_at);
  end if;
end
$$;

create or replace function ledger_after_release(op allowance_operations, p_account uuid) returns void language plpgsql as $$
declare
  v_account allowance_accounts;
begin
  select * into strict v_account from allowance_accounts where organization_id = op.organization_id and id = p_account;
  perform ledger_reseat(op, v_account, op.created_at);
end
$$;

create or replace function ledger_capture(op allowance_operations) returns jsonb language plpgsql as $$
declare
  v_amount bigint := (op.request ->> 'amount')::bigint;
  v_hold allowance_holds;
  v_open bigint;
  v_credit bigint;
begin
  if v_amount is null or v_amount < 0 or (v_amount = 0 and not (op.request ->> 'final')::boolean) then
    perform ledger_refuse('invalid_amount');
  end if;
  v_hold := ledger_lock_hold(op, true);
  v_open := v_hold.amount - v_hold.captured - v_hold.released;
  if v_amount > v_open then
    perform ledger_refuse('exceeds_hold', jsonb_build_object('open', v_open, 'unit', ledger_unit(op, v_hold.account_id)));
  end if;
  v_credit := ledger_capture_parts(op, v_hold, v_amount);
  if (op.request ->> 'final')::boolean and v_amount < v_open then
    perform ledger_release_parts(op, v_hold.id, null, 'release', 'customer', op.created_at);
  end if;
  perform ledger_after_release(op, v_hold.account_id);
  return jsonb_build_object('credit', v_credit);
end
$$;

-- Captures the whole hold and, in the same breath, more than it had: the extra is drawn like a new hold would be, credit line last.
create or replace function ledger_capture_more(op allowance_operations) returns jsonb language plpgsql as $$
declare
  v_extra bigint := ledger_amount(op, 'extra');
  v_hold allowance_holds := ledger_lock_hold(op, true);
  v_account allowance_accounts;
  v_credit bigint;
begin
  v_credit := ledger_capture_parts(op, v_hold, v_hold.amount - v_hold.captured - v_hold.released);
  v_account := ledger_reserve(op, v_hold.account_id, v_extra, 'consume', null);
  update allowance_holds set amount = amount + v_extra, captured = captured + v_extra
   where organization_id = op.organization_id and id = v_hold.id;
  v_credit := v_credit + ledger_allocate(op, v_account, v_hold.id, v_hold.facts, v_extra, 'consume');
  perform ledger_after_release(op, v_hold.account_id);
  return jsonb_build_object('credit', v_credit);
end
$$;

create or replace function ledger_release(op allowance_operations) returns jsonb language plpgsql as $$
declare
  v_amount bigint := (op.request ->> 'amount')::bigint;
  v_hold allowance_holds;
  v_open bigint;
begin
  if v_amount <= 0 then
    perform ledger_refuse('invalid_amount');
  end if;
  v_hold := ledger_lock_hold(op, true);
  v_open := v_hold.amount - v_hold.captured - v_hold.released;
  if v_amount > v_open then
    perform ledger_refuse('exceeds_hold', jsonb_build_object('open', v_open, 'unit', ledger_unit(op, v_hold.account_id)));
  end if;
  perform ledger_release_parts(op, v_hold.id, v_amount, 'release', op.request ->> 'fault', op.created_at);
  perform ledger_after_release(op, v_hold.account_id);
  return jsonb_build_object('released', coalesce(v_amount, v_open));
end
$$;

create or replace function ledger_adjust_hold(op allowance_operations) returns jsonb language plpgsql as $$
declare
  v_delta bigint := (op.request ->> 'delta')::bigint;
  v_hold allowance_holds;
  v_account allowance_accounts;
  v_credit bigint := 0;
  v_open bigint;
begin
  if v_delta is null or v_delta = 0 or abs(v_delta) > 1000000000000000 then
    perform ledger_refuse('invalid_amount');
  end if;
  v_hold := ledger_lock_hold(op, true);
  if v_delta > 0 then
    v_account := ledger_reserve(op, v_hold.account_id, v_delta, 'hold', null);
    update allowance_holds set amount = amount + v_delta where organization_id = op.organization_id and id = v_hold.id;
    v_credit := ledger_allocate(op, v_account, v_hold.id, v_hold.facts, v_delta, 'hold');
  else
    v_open := v_hold.amount - v_hold.captured - v_hold.released;
    if -v_delta > v_open then
      perform ledger_refuse('exceeds_hold', jsonb_build_object('open', v_open, 'unit', ledger_unit(op, v_hold.account_id)));
    end if;
    perform ledger_release_parts(op, v_hold.id, -v_delta, 'release', op.request ->> 'fault', op.created_at);
  end if;
  perform ledger_after_release(op, v_hold.account_id);
  return jsonb_build_object('credit', v_credit);
end
$$;

-- Gives captured units back in reverse order of the lots they came from. The hold itself, terminal or not, stays as it is.
create or replace function ledger_refund(op allowance_operations) returns jsonb language plpgsql as $$
declare
  v_amount bigint := (op.request ->> 'amount')::bigint;
  v_hold allowance_holds;
  v_left bigint;
  v_take bigint;
  v_part record;
begin
  if v_amount <= 0 then
    perform ledger_refuse('invalid_amount');
  end if;
  v_hold := ledger_lock_hold(op, false);
  select coalesce(sum(captured - refunded), 0) into v_left from allowance_hold_lots
   where organization_id = op.organization_id and hold_id = v_hold.id;
  v_amount := coalesce(v_amount, v_left);
  if v_amount > v_left or v_left = 0 then
    perform ledger_refuse('exceeds_captured', jsonb_build_object('refundable', v_left, 'unit', ledger_unit(op, v_hold.account_id)));
  end if;
  v_left := v_amount;
  for v_part in
    select lot_id, captured - refunded as spent from allowance_hold_lots
     where organization_id = op.organization_id and hold_id = v_hold.id and captured > refunded
     order by position desc
  loop
    v_take := least(v_left, v_part.spent);
    exit when v_take = 0;
    v_left := v_left - v_take;
    perform ledger_post(op, v_hold.account_id, v_part.lot_id, v_hold.id, 'refund', v_take, op.created_at);
    update allowance_hold_lots set refunded = refunded + v_take
     where organization_id = op.organization_id and hold_id = v_hold.id and lot_id = v_part.lot_id;
    perform ledger_give_back(op, v_hold, v_part.lot_id, v_take, 'refund:' || (op.request ->> 'fault'), op.created_at);
  end loop;
  return jsonb_build_object('refunded', v_amount);
end
$$;
