-- One ledger for everything prepaid: hours, sessions, messages, tokens, seats, gift-card money.
-- The words and the rules are in crates/retainer/src/ledger/mod.rs; the writes are the functions in repeatable/ledger_*.sql.

create table allowance_accounts (
  organization_id uuid not null,
  id uuid not null,
  owner_kind text not null check (owner_kind in ('customer', 'organization', 'gift_card')),
  owner_id uuid not null,
  -- The unit fixes the atom (an hour's is the second, money's the minor unit) and is never changed afterwards.
  unit_code text not null check (unit_code in ('hour', 'session', 'message', 'token', 'seat') or unit_code ~ '^money:[A-Z]{3}$'),
  posted bigint not null default 0,
  held bigint not null default 0,
  credit_free bigint not null default 0,
  debt bigint not null default 0,
  consumed bigint not null default 0,
  unlimited boolean not null default false,
  state text not null default 'open' check (state in ('open', 'frozen', 'closed')),
  frozen_at timestamptz,
  -- While true nothing of the account expires, starts or times out; the lots get the lost span back on unfreezing.
  time_paused boolean not null default false,
  over_limit_until timestamptz,
  next_event_at timestamptz,
  last_seq bigint not null default 0,
  created_at timestamptz not null,
  primary key (organization_id, id),
  -- The other tables reach the organization through this one. A key of their own to it would have every hold of a busy tenant
  -- share-lock the same row.
  foreign key (organization_id, organization_id) references organizations (organization_id, id),
  constraint allowance_accounts_owner_key unique (organization_id, owner_kind, owner_id, unit_code),
  constraint allowance_accounts_never_oversold check (held >= 0 and posted >= held),
  constraint allowance_accounts_credit_within_free check (credit_free >= 0 and credit_free <= posted - held),
  constraint allowance_accounts_debt_not_negative check (debt >= 0),
  constraint allowance_accounts_consumed_not_negative check (consumed >= 0),
  constraint allowance_accounts_frozen_since check ((state = 'frozen') = (frozen_at is not null)),
  constraint allowance_accounts_paused_while_frozen check (state = 'frozen' or not time_paused)
) with (fillfactor = 80);
-- For the sweeper: which idle accounts have something due.
create index allowance_accounts_due_idx on allowance_accounts (organization_id, next_event_at) where next_event_at is not null;
-- And which organizations have such an account.
create index allowance_accounts_due_anywhere_idx on allowance_accounts (next_event_at, organization_id) where next_event_at is not null;

create table allowance_operations (
  organization_id uuid not null,
  id uuid not null,
  idempotency_key text not null check (idempotency_key <> ''),
  kind text not null,
  request jsonb not null,
  actor text not null,
  reason text,
  result jsonb,
  created_at timestamptz not null,
  primary key (organization_id, id),
  constraint allowance_operations_key unique (organization_id, idempotency_key)
) with (fillfactor = 90);

create table allowance_lots (
  organization_id uuid not null,
  id uuid not null,
  account_id uuid not null,
  operation_id uuid not null,
  -- The account's entry number of the grant: the last, always decisive step of the burn order.
  opened_seq bigint not null,
  source_kind text not null check (source_kind in ('plan_period', 'topup', 'trial', 'gift_purchase', 'promo', 'goodwill',
    'rollover', 'refund_grace', 'exchange', 'import', 'adjustment', 'credit_line')),
  source_ref text not null check (source_ref <> ''),
  category text not null check (category in ('paid', 'promotional')),
  priority smallint not null default 50 check (priority between 0 and 100),
  amount bigint not null check (amount >= 0),
  remaining bigint not null default 0,
  held bigint not null default 0,
  consumed bigint not null default 0 check (consumed >= 0),
  unlimited boolean not null default false,
  -- What was paid: price_minor for every price_atoms atoms. A ratio, because a second of a 100.00 hour has no whole price.
  price_minor bigint check (price_minor >= 0),
  price_atoms bigint check (price_atoms > 0),
  currency text check (currency ~ '^[A-Z]{3}$'),
  effective_at timestamptz not null,
  expires_at timestamptz,
  activated_at timestamptz,
  ended_at timestamptz,
  ended_as text check (ended_as in ('expired', 'rolled', 'voided', 'voided_forgiven', 'upgraded', 'billed', 'carried', 'forgiven')),
  applies_to jsonb not null default '{}' check (jsonb_typeof(applies_to) = 'object'),
  rollover_cap bigint check (rollover_cap >= 0),
  rollover_expires_at timestamptz,
  predecessor_id uuid,
  created_at timestamptz not null,
  primary key (organization_id, id),
  foreign key (organization_id, account_id) references allowance_accounts (organization_id, id),
  foreign key (organization_id, operation_id) references allowance_operations (organization_id, id),
  foreign key (organization_id, predecessor_id) references allowance_lots (organization_id, id),
  constraint allowance_lots_source_key unique (organization_id, account_id, source_kind, source_ref),
  constraint allowance_lots_within_amount check (0 <= held and held <= remaining and remaining <= amount),
  constraint allowance_lots_unlimited_has_no_amount check (not unlimited or amount = 0),
  constraint allowance_lots_price_whole check ((price_minor is null) = (price_atoms is null) and (price_minor is null) = (currency is null)),
  constraint allowance_lots_ends_after_start check (expires_at is null or expires_at > effective_at),
  constraint allowance_lots_ended_whole check ((ended_at is null) = (ended_as is null)),
  constraint allowance_lots_future_not_held check (activated_at is not null or held = 0)
) with (fillfactor = 80);
-- Only columns that never change in a spend, so that spending stays a heap-only update.
create index allowance_lots_burn_idx on allowance_lots (organization_id, account_id, priority, expires_at) where ended_as is null;
create index allowance_lots_operation_idx on allowance_lots (organization_id, operation_id);
create index allowance_lots_predecessor_idx on allowance_lots (organization_id, predecessor_id) where predecessor_id is not null;

create table allowance_holds (
  organization_id uuid not null,
  id uuid not null,
  account_id uuid not null,
  operation_id uuid not null,
  subject_kind text not null check (subject_kind <> ''),
  subject_id text not null check (subject_id <> ''),
  purpose text not null default '',
  -- What the subject is, for the lots' applies_to: {"service": "repair"}.
  facts jsonb not null default '{}' check (jsonb_typeof(facts) = 'object'),
  opened_seq bigint not null,
  amount bigint not null check (amount > 0),
  captured bigint not null default 0 check (captured >= 0),
  released bigint not null default 0 check (released >= 0),
  state text not null default 'open' check (state in ('open', 'captured', 'released', 'expired')),
  expires_at timestamptz,
  policy jsonb not null default '{}',
  created_at timestamptz not null,
  closed_at timestamptz,
  primary key (organization_id, id),
  foreign key (organization_id, account_id) references allowance_accounts (organization_id, id),
  foreign key (organization_id, operation_id) references allowance_operations (organization_id, id),
  constraint allowance_holds_within_amount check (captured + released <= amount),
  constraint allowance_holds_terminal_when_used_up check ((state = 'open') = (captured + released < amount)),
  constraint allowance_holds_closed_when check ((state = 'open') = (closed_at is null))
) with (fillfactor = 80);
create unique index allowance_holds_one_open_per_subject on allowance_holds (organization_id, account_id, subject_kind, subject_id, purpose)
  where state = 'open';
create index allowance_holds_account_idx on allowance_holds (organization_id, account_id, opened_seq);
create index allowance_holds_subject_idx on allowance_holds (organization_id, subject_kind, subject_id);
create index allowance_holds_operation_idx on allowance_holds (organization_id, operation_id);

-- The lineage: which lots a hold drew on, and what became of each part.
create table allowance_hold_lots (
  organization_id uuid not null,
  hold_id uuid not null,
  lot_id uuid not null,
  position integer not null check (position > 0),
  amount bigint not null check (amount >= 0),
  captured bigint not null default 0 check (captured >= 0),
  released bigint not null default 0 check (released >= 0),
  refunded bigint not null default 0,
  primary key (organization_id, hold_id, lot_id),
  foreign key (organization_id, hold_id) references allowance_holds (organization_id, id),
  foreign key (organization_id, lot_id) references allowance_lots (organization_id, id),
  constraint allowance_hold_lots_position_key unique (organization_id, hold_id, position),
  constraint allowance_hold_lots_within_amount check (captured + released <= amount),
  constraint allowance_hold_lots_refunded_once check (0 <= refunded and refunded <= captured)
) with (fillfactor = 80);
create index allowance_hold_lots_lot_idx on allowance_hold_lots (organization_id, lot_id);

-- Append-only: the app role may insert and read, nothing else. Every counter above can be rebuilt from these rows.
create table allowance_entries (
  organization_id uuid not null,
  id bigint generated always as identity,
  account_id uuid not null,
  seq bigint not null check (seq > 0),
  operation_id uuid not null,
  kind text not null check (kind in ('grant', 'activate', 'hold', 'capture', 'consume', 'release', 'timeout', 'refund', 'expire',
    'roll_out', 'grace_out', 'void', 'charge_debt', 'repay_debt', 'exchange_out', 'adjust_down', 'rehome_out', 'rehome_in',
    'freeze', 'unfreeze', 'extend')),
  lot_id uuid,
  hold_id uuid,
  quantity bigint not null check (quantity >= 0),
  d_posted bigint not null default 0,
  d_held bigint not null default 0,
  d_debt bigint not null default 0,
  -- What the lot gained or lost; differs from d_posted only while the lot has not started.
  d_remaining bigint not null default 0,
  -- The business's side of the line. A name, not a row, because that row would be the hottest in the database.
  counter text check (counter in ('issued', 'consumed', 'breakage', 'refunded', 'exchanged', 'adjusted', 'voided', 'moved', 'owed')),
  d_counter bigint not null default 0,
  posted_after bigint not null,
  held_after bigint not null,
  debt_after bigint not null,
  effective_at timestamptz not null,
  recorded_at timestamptz not null,
  primary key (organization_id, id),
  foreign key (organization_id, account_id) references allowance_accounts (organization_id, id),
  foreign key (organization_id, operation_id) references allowance_operations (organization_id, id),
  foreign key (organization_id, lot_id) references allowance_lots (organization_id, id),
  foreign key (organization_id, hold_id) references allowance_holds (organization_id, id),
  constraint allowance_entries_seq_key unique (organization_id, account_id, seq),
  constraint allowance_entries_sum_to_zero check (d_remaining - d_debt + d_counter = 0),
  constraint allowance_entries_counter_named check (d_counter = 0 or counter is not null)
);
create index allowance_entries_recorded_idx on allowance_entries (organization_id, account_id, recorded_at);
create index allowance_entries_operation_idx on allowance_entries (organization_id, operation_id);
create index allowance_entries_lot_idx on allowance_entries (organization_id, lot_id) where lot_id is not null;
create index allowance_entries_hold_idx on allowance_entries (organization_id, hold_id) where hold_id is not null;

do $$
declare
  v_table text;
begin
  foreach v_table in array array['allowance_accounts', 'allowance_operations', 'allowance_lots', 'allowance_holds', 'allowance_hold_lots',
    'allowance_entries'] loop
    execute format('alter table %I enable row level security', v_table);
    execute format('alter table %I force row level security', v_table);
    execute format('create policy tenant on %I using (organization_id = (select current_organization_id()))
      with check (organization_id = (select current_organization_id()))', v_table);
    execute format('create policy operator_reads on %I for select to retainer_operator using (true)', v_table);
    execute format('grant select on %I to retainer_operator', v_table);
    execute format('grant select, insert on %I to retainer_app', v_table);
  end loop;
end
$$;
grant update on allowance_accounts, allowance_lots, allowance_holds, allowance_hold_lots to retainer_app;
-- An operation is written once; only its result follows, in the same transaction.
grant update (result) on allowance_operations to retainer_app;
