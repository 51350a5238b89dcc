-- What every ledger operation is made of. An operation row (op) carries organization, key, request and the time.

-- Ids follow from the operation's id, which the caller gives: time-ordered like it, and the same in every run of a test.
create or replace function ledger_new_id(op allowance_operations, p_what text) returns uuid language plpgsql immutable as $$
declare
  v_hash bytea := overlay(decode(md5(op.id::text || p_what), 'hex') placing substring(uuid_send(op.id) from 1 for 6) from 1 for 6);
begin
  return encode(set_byte(set_byte(v_hash, 6, (get_byte(v_hash, 6) & 15) | 112), 8, (get_byte(v_hash, 8) & 63) | 128), 'hex')::uuid;
end
$$;

-- A refusal unwinds the whole operation, lazy settling included, and comes back from ledger_operate as an outcome.
create or replace function ledger_refuse(p_code text, p_detail jsonb default '{}') returns void language plpgsql as $$
begin
  raise exception using errcode = 'RT001', message = p_code, detail = p_detail::text;
end
$$;

-- Every named condition of the lot has to list what the subject says about itself; a lot without conditions fits all.
create or replace function ledger_applies(p_applies_to jsonb, p_facts jsonb) returns boolean language sql immutable as $$
  select not exists (select from jsonb_each(p_applies_to) c where not (c.value ? coalesce(p_facts ->> c.key, '')))
$$;

create or replace function ledger_amount(op allowance_operations, p_field text) returns bigint language plpgsql immutable as $$
declare
  v_amount bigint := (op.request ->> p_field)::bigint;
begin
  -- The upper bound keeps every sum of a lifetime of operations inside a bigint.
  if v_amount is null or v_amount <= 0 or v_amount > 1000000000000000 then
    perform ledger_refuse('invalid_amount');
  end if;
  return v_amount;
end
$$;

-- In plpgsql, because a function in SQL that cannot be inlined is planned anew in every transaction.
create or replace function ledger_account_id(op allowance_operations, p_owner jsonb) returns uuid language plpgsql stable as $$
declare
  v_kind text := p_owner ->> 'owner_kind';
  v_owner uuid := p_owner ->> 'owner_id';
  v_unit text := p_owner ->> 'unit';
begin
  return (select id from allowance_accounts
    where organization_id = op.organization_id and owner_kind = v_kind and owner_id = v_owner and unit_code = v_unit);
end
$$;

create or replace function ledger_unit(op allowance_operations, p_account uuid) returns text language sql stable as $$
  select unit_code from allowance_accounts where organization_id = op.organization_id and id = p_account
$$;

-- Inserted before it is locked: a balance that does not exist yet has nothing to lock.
create or replace function ledger_open_account(op allowance_operations, p_owner jsonb) returns uuid language plpgsql as $$
declare
  v_id uuid := ledger_account_id(op, p_owner);
begin
  if v_id is null then
    insert into allowance_accounts (organization_id, id, owner_kind, owner_id, unit_code, created_at)
    values (op.organization_id, ledger_new_id(op, 'account:' || p_owner::text), p_owner ->> 'owner_kind', (p_owner ->> 'owner_id')::uuid,
      p_owner ->> 'unit', op.created_at)
    on conflict on constraint allowance_accounts_owner_key do nothing;
    v_id := ledger_account_id(op, p_owner);
  end if;
  return v_id;
end
$$;

-- The account row is the mutex of everything below it. What time has done to it meanwhile is applied before anyone looks.
create or replace function ledger_lock(op allowance_operations, p_account uuid) returns allowance_accounts language plpgsql as $$
declare
  v_account allowance_accounts;
begin
  select * into v_account from allowance_accounts where organization_id = op.organization_id and id = p_account for update;
  if not found then
    perform ledger_refuse('not_found');
  end if;
  if v_account.next_event_at <= op.created_at then
    perform ledger_settle_account(op, p_account);
    select * into v_account from allowance_accounts where organization_id = op.organization_id and id = p_account;
  end if;
  return v_account;
end
$$;

-- The one table of what each kind of entry moves; the counters of account and lot and the entry change together here.
create or replace function ledger_post(op allowance_operations, p_account uuid, p_lot uuid, p_hold uuid, p_kind text, p_quantity bigint,
  p_at timestamptz) returns bigint language plpgsql as $$
declare
  v_lot allowance_lots;
  v_posted bigint := 0;
  v_held bigint := 0;
  v_debt bigint := 0;
  v_remaining bigint := 0;
  v_consumed bigint := 0;
  v_counter text;
  v_seq bigint;
  v_recorded_at timestamptz;
begin
  if p_lot is not null then
    select * into strict v_lot from allowance_lots where organization_id = op.organization_id and id = p_lot;
  end if;
  v_counter := case
    when p_kind in ('capture', 'consume') then 'consumed'
    when p_kind = 'refund' then 'refunded'
    when p_kind = 'expire' then 'breakage'
    when p_kind in ('roll_out', 'grace_out') then 'moved'
    when p_kind = 'void' then 'voided'
    when p_kind = 'charge_debt' then 'owed'
    when p_kind = 'exchange_out' then 'exchanged'
    when p_kind = 'adjust_down' then 'adjusted'
    when p_kind = 'grant' then case v_lot.source_kind
      when 'rollover' then 'moved' when 'refund_grace' then 'moved' when 'exchange' then 'exchanged' when 'adjustment' then 'adjusted'
      else 'issued' end
  end;
  v_consumed := case when p_kind in ('capture', 'consume', 'exchange_out') then p_quantity when p_kind = 'refund' then -p_quantity else 0 end;
  if p_kind = 'charge_debt' then
    v_debt := p_quantity;
  elsif not v_lot.unlimited then
    v_remaining := case
      when p_kind in ('grant', 'refund') then p_quantity
      when p_kind in ('capture', 'consume', 'exchange_out', 'adjust_down', 'expire', 'void', 'roll_out', 'grace_out', 'repay_debt')
        then -p_quantity
      else 0 end;
    v_held := case
      when p_kind in ('hold', 'rehome_in') then p_quantity
      when p_kind in ('release', 'timeout', 'rehome_out', 'capture') then -p_quantity
      else 0 end;
    v_debt := case when p_kind = 'repay_debt' then -p_quantity else 0 end;
    v_posted := case when p_kind = 'activate' then p_quantity when v_lot.activated_at is null then 0 else v_remaining end;
  end if;
  if p_lot is not null then
    update allowance_lots
       set remaining = remaining + v_remaining, held = held + v_held, consumed = consumed + v_consumed
     where organization_id = op.organization_id and id = p_lot;
  end if;
  update allowance_accounts
     set posted = posted + v_posted, held = held + v_held, debt = debt + v_debt, last_seq = last_seq + 1,
         last_recorded_at = greatest(last_recorded_at, op.created_at),
         credit_free = credit_free + case when v_lot.source_kind = 'credit_line' then v_posted - v_held else 0 end,
         consumed = consumed + case when p_kind = 'exchange_out' then 0 else v_consumed end
   where organization_id = op.organization_id and id = p_account
   returning posted, held, debt, last_seq, last_recorded_at into v_lot.remaining, v_lot.held, v_lot.amount, v_seq, v_recorded_at;
  insert into allowance_entries (organization_id, account_id, seq, operation_id, kind, lot_id, hold_id, quantity, d_posted, d_held, d_debt,
    d_remaining, counter, d_counter, posted_after, held_after, debt_after, effective_at, recorded_at)
  values (op.organization_id, p_account, v_seq, op.id, p_kind, p_lot, p_hold, p_quantity, v_posted, v_held, v_debt,
    v_remaining, v_counter, v_debt - v_remaining, v_lot.remaining, v_lot.held, v_lot.amount, p_at, v_recorded_at);
  return v_seq;
end
$$;

-- Opens a lot and lets it pay what the account owes. The caller fills in the terms; who moves units around does not pay with them.
create or replace function ledger_open_lot(op allowance_operations, p_lot allowance_lots, p_at timestamptz) returns uuid
  language plpgsql as $$
declare
  v_lot allowance_lots := p_lot;
begin
  v_lot.organization_id := op.organization_id;
  v_lot.operation_id := op.id;
  v_lot.remaining := 0;
  v_lot.held := 0;
  v_lot.consumed := 0;
  v_lot.activated_at := case when v_lot.effective_at <= p_at then p_at end;
  v_lot.ended_at := null;
  v_lot.ended_as := null;
  v_lot.created_at := op.created_at;
  select last_seq + 1 into v_lot.opened_seq from allowance_accounts where organization_id = op.organization_id and id = v_lot.account_id;
  v_lot.id := ledger_new_id(op, 'lot:' || v_lot.account_id || v_lot.opened_seq);
  insert into allowance_lots select v_lot.*;
  perform ledger_post(op, v_lot.account_id, v_lot.id, null, 'grant', v_lot.amount, p_at);
  if v_lot.activated_at is not null then
    perform ledger_join(op, v_lot.id, p_at);
  end if;
  update allowance_accounts
     set next_event_at = case when time_paused then null
       else least(next_event_at, case when v_lot.activated_at is null then v_lot.effective_at end, v_lot.expires_at) end
   where organization_id = op.organization_id and id = v_lot.account_id;
  return v_lot.id;
end
$$;

-- What happens when a lot starts to count: debt is repaid first, an unlimited lot lifts the check.
create or replace function ledger_join(op allowance_operations, p_lot uuid, p_at timestamptz) returns void language plpgsql as $$
declare
  v_lot allowance_lots;
  v_pays bigint;
begin
  select * into strict v_lot from allowance_lots where organization_id = op.organization_id and id = p_lot;
  if v_lot.unlimited then
    update allowance_accounts set unlimited = true where organization_id = op.organization_id and id = v_lot.account_id;
  elsif v_lot.source_kind not in ('credit_line', 'rollover', 'refund_grace') then
    select least(debt, v_lot.remaining) into v_pays from allowance_accounts
     where organization_id = op.organization_id and id = v_lot.account_id;
    if v_pays > 0 then
      perform ledger_post(op, v_lot.account_id, v_lot.id, null, 'repay_debt', v_pays, p_at);
    end if;
  end if;
end
$$;

-- Marks the lot as ended; its unheld units have to be gone already.
create or replace function ledger_end_lot(op allowance_operations, p_lot uuid, p_as text, p_at timestamptz) returns void
  language plpgsql as $$
declare
  v_lot allowance_lots;
begin
  update allowance_lots set ended_as = p_as, ended_at = coalesce(ended_at, p_at)
   where organization_id = op.organization_id and id = p_lot returning * into v_lot;
  if v_lot.unlimited then
    update allowance_accounts a set unlimited = exists (
        select from allowance_lots l
         where l.organization_id = op.organization_id and l.account_id = v_lot.account_id
           and l.unlimited and l.activated_at is not null and l.ended_as is null)
     where a.organization_id = op.organization_id and a.id = v_lot.account_id;
  end if;
end
$$;
