-- What is sold, who runs which plan, and what was billed, paid and given back. The words and the rules are in
-- crates/retainer/src/{plans,invoices,subscriptions,billing}/mod.rs.

create table plans (
    organization_id uuid not null,
    id uuid not null,
    name text not null,
    created_at timestamptz not null,
    archived_at timestamptz,
    version bigint not null default 1,
    primary key (organization_id, id),
    foreign key (organization_id, organization_id) references organizations (organization_id, id)
);
create unique index plans_name on plans (organization_id, lower(name)) where archived_at is null;
create index plans_created on plans (organization_id, created_at, id);

-- The terms of a plan. A row is never changed: who bought it keeps it.
create table plan_versions (
    organization_id uuid not null,
    id uuid not null,
    plan_id uuid not null,
    number integer not null check (number > 0),
    price_minor bigint not null check (price_minor >= 0),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    period text not null check (period in ('day', 'week', 'month', 'year', 'once')),
    unit_code text not null check (unit_code in ('hour', 'session', 'message', 'token', 'seat') or unit_code ~ '^money:[A-Z]{3}$'),
    -- In atoms; null is unlimited.
    quantity bigint check (quantity > 0),
    rollover text not null check (rollover in ('none', 'cap', 'all')),
    rollover_cap bigint check (rollover_cap > 0),
    -- After how many further periods what was rolled ends; null is never.
    rollover_periods smallint check (rollover_periods > 0),
    expiry text not null check (expiry in ('period_end', 'periods', 'days', 'never')),
    expiry_count smallint check (expiry_count > 0),
    overage text not null check (overage in ('block', 'ask', 'credit')),
    overage_limit bigint check (overage_limit > 0),
    overage_rate_minor bigint check (overage_rate_minor >= 0),
    overage_close text check (overage_close in ('bill', 'carry', 'forgive')),
    trial_days smallint not null default 0 check (trial_days between 0 and 366),
    upgrade text not null check (upgrade in ('replace', 'stack')),
    created_at timestamptz not null,
    primary key (organization_id, id),
    foreign key (organization_id, plan_id) references plans (organization_id, id),
    constraint plan_versions_number unique (organization_id, plan_id, number),
    constraint plan_versions_cap check ((rollover = 'cap') = (rollover_cap is not null)),
    constraint plan_versions_expiry check ((expiry in ('periods', 'days')) = (expiry_count is not null)),
    constraint plan_versions_credit check (
        (overage = 'credit') = (overage_limit is not null)
        and (overage_limit is null) = (overage_close is null)
        and (overage_limit is null) = (overage_rate_minor is null)
    )
);

create table subscriptions (
    organization_id uuid not null,
    id uuid not null,
    customer_id uuid not null,
    plan_version_id uuid not null,
    -- Taken when the next period begins.
    next_plan_version_id uuid,
    state text not null check (state in ('incomplete', 'active', 'past_due', 'paused', 'cancelled', 'ended')),
    -- Period number `anchor_number` begins at `anchor_at`; the others are counted from it.
    anchor_at timestamptz,
    anchor_number integer not null default 0,
    next_number integer not null default 0,
    -- When the next period begins; null while nothing is to come.
    renews_at timestamptz,
    trial_ends_at timestamptz,
    paused_at timestamptz,
    cancel_at_period_end boolean not null default false,
    created_at timestamptz not null,
    ended_at timestamptz,
    version bigint not null default 1,
    primary key (organization_id, id),
    foreign key (organization_id, customer_id) references customers (organization_id, id),
    foreign key (organization_id, plan_version_id) references plan_versions (organization_id, id),
    foreign key (organization_id, next_plan_version_id) references plan_versions (organization_id, id),
    check ((state in ('cancelled', 'ended')) = (ended_at is not null)),
    check ((state = 'paused') = (paused_at is not null))
);
create unique index subscriptions_one_live on subscriptions (organization_id, customer_id)
    where state in ('incomplete', 'active', 'past_due', 'paused');
create index subscriptions_customer on subscriptions (organization_id, customer_id, created_at desc, id desc);
create index subscriptions_created on subscriptions (organization_id, created_at desc, id desc);
create index subscriptions_plan on subscriptions (organization_id, plan_version_id, state);
create index subscriptions_next_plan on subscriptions (organization_id, next_plan_version_id) where next_plan_version_id is not null;
-- Asked across organizations, by the clock.
create index subscriptions_due on subscriptions (renews_at) where state in ('active', 'past_due');

-- Everything that happened to a subscription: who, when, why. Append only.
create table subscription_changes (
    organization_id uuid not null,
    subscription_id uuid not null,
    seq integer not null check (seq > 0),
    what text not null,
    from_state text,
    to_state text not null,
    reason text,
    actor_user_id uuid references users (id),
    actor_name text not null,
    at timestamptz not null,
    primary key (organization_id, subscription_id, seq),
    foreign key (organization_id, subscription_id) references subscriptions (organization_id, id)
);
create index subscription_changes_actor on subscription_changes (actor_user_id) where actor_user_id is not null;

-- The last number of each year's invoices. Locked by whoever opens an invoice, so that there are no gaps.
create table invoice_counters (
    organization_id uuid not null,
    year integer not null,
    last bigint not null check (last > 0),
    primary key (organization_id, year),
    foreign key (organization_id, organization_id) references organizations (organization_id, id)
);

create table invoices (
    organization_id uuid not null,
    id uuid not null,
    customer_id uuid not null,
    number text,
    state text not null check (state in ('draft', 'open', 'paid', 'void', 'refunded')),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    total_minor bigint not null check (total_minor >= 0),
    created_at timestamptz not null,
    issued_at timestamptz,
    due_at timestamptz,
    paid_at timestamptz,
    voided_at timestamptz,
    void_reason text,
    version bigint not null default 1,
    primary key (organization_id, id),
    foreign key (organization_id, customer_id) references customers (organization_id, id),
    constraint invoices_number unique (organization_id, number),
    check ((state = 'draft') = (number is null)),
    check ((state in ('paid', 'refunded')) = (paid_at is not null)),
    check ((state = 'void') = (voided_at is not null))
);
create index invoices_customer on invoices (organization_id, customer_id, created_at desc, id desc);
create index invoices_created on invoices (organization_id, created_at desc, id desc);
create index invoices_open on invoices (due_at, organization_id) where state = 'open';

create table top_ups (
    organization_id uuid not null,
    id uuid not null,
    customer_id uuid not null,
    unit_code text not null check (unit_code in ('hour', 'session', 'message', 'token', 'seat') or unit_code ~ '^money:[A-Z]{3}$'),
    quantity bigint not null check (quantity > 0),
    expires_at timestamptz,
    lot_id uuid,
    created_at timestamptz not null,
    granted_at timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, customer_id) references customers (organization_id, id),
    foreign key (organization_id, lot_id) references allowance_lots (organization_id, id),
    check ((lot_id is null) = (granted_at is null))
);
create index top_ups_customer on top_ups (organization_id, customer_id, created_at desc, id desc);
create index top_ups_lot on top_ups (organization_id, lot_id) where lot_id is not null;

create table invoice_lines (
    organization_id uuid not null,
    invoice_id uuid not null,
    position integer not null check (position > 0),
    kind text not null check (kind in ('period', 'upgrade', 'top_up', 'overage')),
    description text not null,
    amount_minor bigint not null,
    subscription_id uuid,
    -- Of a period: its number. Of an upgrade: the number of the period that was upgraded.
    period_number integer,
    -- Of an upgrade: the version it leads to.
    plan_version_id uuid,
    top_up_id uuid,
    primary key (organization_id, invoice_id, position),
    foreign key (organization_id, invoice_id) references invoices (organization_id, id),
    foreign key (organization_id, subscription_id) references subscriptions (organization_id, id),
    foreign key (organization_id, plan_version_id) references plan_versions (organization_id, id),
    foreign key (organization_id, top_up_id) references top_ups (organization_id, id),
    check ((kind = 'top_up') = (top_up_id is not null)),
    check ((kind = 'top_up') = (subscription_id is null)),
    check ((kind = 'upgrade') = (plan_version_id is not null))
);
create index invoice_lines_subscription on invoice_lines (organization_id, subscription_id) where subscription_id is not null;
create index invoice_lines_plan_version on invoice_lines (organization_id, plan_version_id) where plan_version_id is not null;
create index invoice_lines_top_up on invoice_lines (organization_id, top_up_id) where top_up_id is not null;

-- A period of a subscription: there is one row a period, whoever comes how often to make it.
create table subscription_periods (
    organization_id uuid not null,
    subscription_id uuid not null,
    number integer not null check (number >= 0),
    plan_version_id uuid not null,
    starts_at timestamptz not null,
    ends_at timestamptz,
    -- billed: waits for its payment. granted: its lot is there. lapsed: over or given up before it was paid.
    -- skipped: not billed, because an earlier one is overdue.
    state text not null check (state in ('billed', 'granted', 'lapsed', 'skipped')),
    invoice_id uuid,
    lot_id uuid,
    credit_lot_id uuid,
    created_at timestamptz not null,
    granted_at timestamptz,
    primary key (organization_id, subscription_id, number),
    foreign key (organization_id, subscription_id) references subscriptions (organization_id, id),
    foreign key (organization_id, plan_version_id) references plan_versions (organization_id, id),
    foreign key (organization_id, invoice_id) references invoices (organization_id, id),
    foreign key (organization_id, lot_id) references allowance_lots (organization_id, id),
    foreign key (organization_id, credit_lot_id) references allowance_lots (organization_id, id),
    constraint subscription_periods_start unique (organization_id, subscription_id, starts_at),
    check ((state = 'granted') = (granted_at is not null))
);
create index subscription_periods_plan_version on subscription_periods (organization_id, plan_version_id);
create index subscription_periods_invoice on subscription_periods (organization_id, invoice_id) where invoice_id is not null;
create index subscription_periods_lot on subscription_periods (organization_id, lot_id) where lot_id is not null;
create index subscription_periods_credit_lot on subscription_periods (organization_id, credit_lot_id) where credit_lot_id is not null;

-- Money received. One payment settles one invoice.
create table payments (
    organization_id uuid not null,
    id uuid not null,
    customer_id uuid not null,
    invoice_id uuid not null,
    method text not null check (method in ('manual')),
    amount_minor bigint not null check (amount_minor >= 0),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    received_at timestamptz not null,
    -- What the payer or the bank called it.
    reference text,
    provider text,
    provider_ref text,
    created_at timestamptz not null,
    primary key (organization_id, id),
    foreign key (organization_id, customer_id) references customers (organization_id, id),
    foreign key (organization_id, invoice_id) references invoices (organization_id, id),
    constraint payments_one_per_invoice unique (organization_id, invoice_id),
    constraint payments_provider_ref unique (organization_id, provider, provider_ref)
);
create index payments_customer on payments (organization_id, customer_id, received_at desc, id desc);
create index payments_received on payments (organization_id, received_at desc, id desc);

-- Money given back. A full refund also takes back what the payment bought.
create table refunds (
    organization_id uuid not null,
    id uuid not null,
    payment_id uuid not null,
    customer_id uuid not null,
    amount_minor bigint not null check (amount_minor > 0),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    reason text not null,
    refunded_at timestamptz not null,
    created_at timestamptz not null,
    primary key (organization_id, id),
    foreign key (organization_id, payment_id) references payments (organization_id, id),
    foreign key (organization_id, customer_id) references customers (organization_id, id)
);
create index refunds_payment on refunds (organization_id, payment_id);
create index refunds_customer on refunds (organization_id, customer_id, refunded_at desc, id desc);
create index refunds_refunded on refunds (organization_id, refunded_at desc, id desc);

do $$
declare
  v_table text;
begin
  foreach v_table in array array['plans', 'plan_versions', 'subscriptions', 'subscription_changes', 'invoice_counters', 'invoices',
    'invoice_lines', 'top_ups', 'subscription_periods', 'payments', 'refunds'] loop
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
grant update on plans, subscriptions, invoice_counters, invoices, top_ups, subscription_periods to retainer_app;
