-- What time does to an account. Applied in the order of the events' own times, so that sweeping often, late or never comes to the same.

create or replace function ledger_settle_account(op allowance_operations, p_account uuid) returns integer language plpgsql as $$
declare
  v_account allowance_accounts;
  v_event record;
  v_events integer := 0;
begin
  loop
    select * into strict v_account from allowance_accounts where organization_id = op.organization_id and id = p_account;
    exit when v_account.time_paused;
    -- At one instant time-outs come first (their units still roll over), then ends, then starts.
    select * into v_event from (
      select 1 as rank, expires_at as at, opened_seq, id from allowance_holds
       where organization_id = op.organization_id and account_id = p_account and state = 'open' and expires_at <= op.created_at
      union all
      select 2, expires_at, opened_seq, id from allowance_lots
       where organization_id = op.organization_id and account_id = p_account and ended_as is null and activated_at is not null
         and expires_at <= op.created_at
      union all
      select 3, effective_at, opened_seq, id from allowance_lots
       where organization_id = op.organization_id and account_id = p_account and ended_as is null and activated_at is null
         and effective_at <= op.created_at) due
     order by at, rank, opened_seq limit 1;
    exit when not found;
    v_events := v_events + 1;
    if v_event.rank = 1 then
      perform ledger_release_parts(op, v_event.id, null, 'timeout', 'customer', v_event.at);
    elsif v_event.rank = 2 then
      perform ledger_expire_lot(op, v_event.id, v_event.at);
    else
      update allowance_lots set activated_at = v_event.at where organization_id = op.organization_id and id = v_event.id;
      perform ledger_post(op, p_account, v_event.id, null, 'activate', l.remaining, v_event.at)
         from allowance_lots l where l.organization_id = op.organization_id and l.id = v_event.id;
      perform ledger_join(op, v_event.id, v_event.at);
    end if;
    perform ledger_reseat(op, v_account, v_event.at);
  end loop;
  perform ledger_schedule(op, p_account);
  return v_events;
end
$$;

-- Recomputes when something is due next.
create or replace function ledger_schedule(op allowance_operations, p_account uuid) returns void language sql as $$
  update allowance_accounts a set next_event_at = case when time_paused then null else least(
      (select min(case when activated_at is null then effective_at else expires_at end) from allowance_lots
        where organization_id = op.organization_id and account_id = p_account and ended_as is null),
      (select min(expires_at) from allowance_holds
        where organization_id = op.organization_id and account_id = p_account and state = 'open' and expires_at is not null)) end
   where organization_id = op.organization_id and id = p_account
$$;

-- Only what nobody holds expires; what a hold protects stays in the ended lot until the hold closes.
create or replace function ledger_expire_lot(op allowance_operations, p_lot uuid, p_at timestamptz) returns void language plpgsql as $$
declare
  v_lot allowance_lots;
begin
  select * into strict v_lot from allowance_lots where organization_id = op.organization_id and id = p_lot;
  if v_lot.rollover_cap is not null then
    perform ledger_roll(op, v_lot, v_lot.rollover_cap, v_lot.rollover_expires_at, p_at);
  else
    if v_lot.remaining > v_lot.held then
      perform ledger_post(op, v_lot.account_id, p_lot, null, 'expire', v_lot.remaining - v_lot.held, p_at);
    end if;
    perform ledger_end_lot(op, p_lot, 'expired', p_at);
  end if;
end
$$;

-- Rolls what is unheld, up to the cap, into a new lot and lets the rest expire. One rollover a lot: the source key says so.
create or replace function ledger_roll(op allowance_operations, p_lot allowance_lots, p_cap bigint, p_expires_at timestamptz, p_at timestamptz)
  returns uuid language plpgsql as $$
declare
  v_unheld bigint := p_lot.remaining - p_lot.held;
  v_rolled bigint := least(v_unheld, p_cap);
  v_new allowance_lots := p_lot;
  v_id uuid;
begin
  if v_rolled > 0 then
    perform ledger_post(op, p_lot.account_id, p_lot.id, null, 'roll_out', v_rolled, p_at);
  end if;
  if v_unheld > v_rolled then
    perform ledger_post(op, p_lot.account_id, p_lot.id, null, 'expire', v_unheld - v_rolled, p_at);
  end if;
  perform ledger_end_lot(op, p_lot.id, 'rolled', p_at);
  if v_rolled > 0 then
    v_new.source_kind := 'rollover';
    v_new.source_ref := 'lot:' || p_lot.opened_seq;
    v_new.amount := v_rolled;
    v_new.priority := greatest(p_lot.priority - 5, 0);
    v_new.effective_at := p_at;
    v_new.expires_at := p_expires_at;
    v_new.rollover_cap := null;
    v_new.rollover_expires_at := null;
    v_new.predecessor_id := p_lot.id;
    v_new.series_seq := null;
    v_id := ledger_open_lot(op, v_new, p_at);
  end if;
  return v_id;
end
$$;

-- Seats renew by themselves: what members hold of an ended lot moves to a living one, the longest-held first. Until everything has found
-- a place the account is over its limit, with a deadline, and nobody new can be let in.
create or replace function ledger_reseat(op allowance_operations, p_account allowance_accounts, p_at timestamptz) returns void
  language plpgsql as $$
declare
  v_part record;
  v_lot record;
  v_open bigint;
  v_take bigint;
  v_stranded bigint := 0;
begin
  if p_account.unit_code <> 'seat' then
    return;
  end if;
  for v_part in
    select p.hold_id, p.lot_id, p.amount - p.captured - p.released as open, h.facts
      from allowance_holds h
      join allowance_hold_lots p on p.organization_id = h.organization_id and p.hold_id = h.id
      join allowance_lots l on l.organization_id = p.organization_id and l.id = p.lot_id
     where h.organization_id = op.organization_id and h.account_id = p_account.id and h.state = 'open' and l.ended_as is not null
       and p.amount > p.captured + p.released
     order by h.opened_seq, p.position
  loop
    v_open := v_part.open;
    for v_lot in
      select l.id, case when unlimited then v_open else remaining - held end as free from allowance_lots l
       where organization_id = op.organization_id and account_id = p_account.id and ended_as is null and activated_at is not null
         and (unlimited or remaining > held) and ledger_applies(applies_to, v_part.facts)
       order by (source_kind = 'credit_line'), priority, expires_at nulls last, category desc, effective_at, opened_seq
    loop
      v_take := least(v_open, v_lot.free);
      exit when v_take = 0;
      perform ledger_move_part(op, p_account.id, v_part.hold_id, v_part.lot_id, v_lot.id, v_take, p_at);
      v_open := v_open - v_take;
    end loop;
    v_stranded := v_stranded + v_open;
  end loop;
  update allowance_accounts set over_limit_until = case when v_stranded > 0 then coalesce(over_limit_until, p_at + interval '336 hours') end
   where organization_id = op.organization_id and id = p_account.id
     and (over_limit_until is null) = (v_stranded > 0);
end
$$;

-- Moves a hold's open part from one lot to another; an ended lot has no use for the freed units.
create or replace function ledger_move_part(op allowance_operations, p_account uuid, p_hold uuid, p_from uuid, p_to uuid, p_quantity bigint,
  p_at timestamptz) returns void language plpgsql as $$
declare
  v_from allowance_lots;
begin
  perform ledger_post(op, p_account, p_from, p_hold, 'rehome_out', p_quantity, p_at);
  perform ledger_post(op, p_account, p_to, p_hold, 'rehome_in', p_quantity, p_at);
  update allowance_hold_lots set amount = amount - p_quantity
   where organization_id = op.organization_id and hold_id = p_hold and lot_id = p_from;
  insert into allowance_hold_lots (organization_id, hold_id, lot_id, position, amount)
  select op.organization_id, p_hold, p_to, max(position) + 1, p_quantity from allowance_hold_lots
   where organization_id = op.organization_id and hold_id = p_hold
  on conflict (organization_id, hold_id, lot_id) do update set amount = allowance_hold_lots.amount + excluded.amount;
  select * into strict v_from from allowance_lots where organization_id = op.organization_id and id = p_from;
  if v_from.ended_as is not null and v_from.remaining > v_from.held then
    perform ledger_post(op, p_account, p_from, null, case when v_from.ended_as in ('voided', 'voided_forgiven', 'voided_billed') then 'void' else 'expire' end,
      v_from.remaining - v_from.held, p_at);
  end if;
end
$$;
