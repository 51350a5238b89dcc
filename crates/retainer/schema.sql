-- Written by tests/schema.rs from the migrated database; UPDATE_SNAPSHOTS=1 rewrites it. Read, never run.

create table allowance_accounts (
    organization_id uuid not null,
    id uuid not null,
    owner_kind text not null,
    owner_id uuid not null,
    unit_code text not null,
    posted bigint not null default 0,
    held bigint not null default 0,
    credit_free bigint not null default 0,
    debt bigint not null default 0,
    consumed bigint not null default 0,
    unlimited boolean not null default false,
    state text not null default 'open'::text,
    frozen_at timestamp with time zone,
    time_paused boolean not null default false,
    over_limit_until timestamp with time zone,
    next_event_at timestamp with time zone,
    last_seq bigint not null default 0,
    created_at timestamp with time zone not null,
    constraint allowance_accounts_consumed_not_negative CHECK ((consumed >= 0)),
    constraint allowance_accounts_credit_within_free CHECK (((credit_free >= 0) AND (credit_free <= (posted - held)))),
    constraint allowance_accounts_debt_not_negative CHECK ((debt >= 0)),
    constraint allowance_accounts_frozen_since CHECK (((state = 'frozen'::text) = (frozen_at IS NOT NULL))),
    constraint allowance_accounts_never_oversold CHECK (((held >= 0) AND (posted >= held))),
    constraint allowance_accounts_organization_id_organization_id_fkey FOREIGN KEY (organization_id, organization_id) REFERENCES organizations(organization_id, id),
    constraint allowance_accounts_owner_key UNIQUE (organization_id, owner_kind, owner_id, unit_code),
    constraint allowance_accounts_owner_kind_check CHECK ((owner_kind = ANY (ARRAY['customer'::text, 'organization'::text, 'gift_card'::text]))),
    constraint allowance_accounts_paused_while_frozen CHECK (((state = 'frozen'::text) OR (NOT time_paused))),
    constraint allowance_accounts_pkey PRIMARY KEY (organization_id, id),
    constraint allowance_accounts_state_check CHECK ((state = ANY (ARRAY['open'::text, 'frozen'::text, 'closed'::text]))),
    constraint allowance_accounts_unit_code_check CHECK (((unit_code = ANY (ARRAY['hour'::text, 'session'::text, 'message'::text, 'token'::text, 'seat'::text])) OR (unit_code ~ '^money:[A-Z]{3}$'::text)))
);
CREATE INDEX allowance_accounts_due_anywhere_idx ON public.allowance_accounts USING btree (next_event_at, organization_id) WHERE (next_event_at IS NOT NULL);
CREATE INDEX allowance_accounts_due_idx ON public.allowance_accounts USING btree (organization_id, next_event_at) WHERE (next_event_at IS NOT NULL);
-- row-level security: enabled, forced
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;
grant delete, insert, references, select, trigger, truncate, update to retainer_root;

create table allowance_entries (
    organization_id uuid not null,
    id bigint not null,
    account_id uuid not null,
    seq bigint not null,
    operation_id uuid not null,
    kind text not null,
    lot_id uuid,
    hold_id uuid,
    quantity bigint not null,
    d_posted bigint not null default 0,
    d_held bigint not null default 0,
    d_debt bigint not null default 0,
    d_remaining bigint not null default 0,
    counter text,
    d_counter bigint not null default 0,
    posted_after bigint not null,
    held_after bigint not null,
    debt_after bigint not null,
    effective_at timestamp with time zone not null,
    recorded_at timestamp with time zone not null,
    constraint allowance_entries_counter_check CHECK ((counter = ANY (ARRAY['issued'::text, 'consumed'::text, 'breakage'::text, 'refunded'::text, 'exchanged'::text, 'adjusted'::text, 'voided'::text, 'moved'::text, 'owed'::text]))),
    constraint allowance_entries_counter_named CHECK (((d_counter = 0) OR (counter IS NOT NULL))),
    constraint allowance_entries_kind_check CHECK ((kind = ANY (ARRAY['grant'::text, 'activate'::text, 'hold'::text, 'capture'::text, 'consume'::text, 'release'::text, 'timeout'::text, 'refund'::text, 'expire'::text, 'roll_out'::text, 'grace_out'::text, 'void'::text, 'charge_debt'::text, 'repay_debt'::text, 'exchange_out'::text, 'adjust_down'::text, 'rehome_out'::text, 'rehome_in'::text, 'freeze'::text, 'unfreeze'::text, 'extend'::text]))),
    constraint allowance_entries_organization_id_account_id_fkey FOREIGN KEY (organization_id, account_id) REFERENCES allowance_accounts(organization_id, id),
    constraint allowance_entries_organization_id_hold_id_fkey FOREIGN KEY (organization_id, hold_id) REFERENCES allowance_holds(organization_id, id),
    constraint allowance_entries_organization_id_lot_id_fkey FOREIGN KEY (organization_id, lot_id) REFERENCES allowance_lots(organization_id, id),
    constraint allowance_entries_organization_id_operation_id_fkey FOREIGN KEY (organization_id, operation_id) REFERENCES allowance_operations(organization_id, id),
    constraint allowance_entries_pkey PRIMARY KEY (organization_id, id),
    constraint allowance_entries_quantity_check CHECK ((quantity >= 0)),
    constraint allowance_entries_seq_check CHECK ((seq > 0)),
    constraint allowance_entries_seq_key UNIQUE (organization_id, account_id, seq),
    constraint allowance_entries_sum_to_zero CHECK ((((d_remaining - d_debt) + d_counter) = 0))
);
CREATE INDEX allowance_entries_hold_idx ON public.allowance_entries USING btree (organization_id, hold_id) WHERE (hold_id IS NOT NULL);
CREATE INDEX allowance_entries_lot_idx ON public.allowance_entries USING btree (organization_id, lot_id) WHERE (lot_id IS NOT NULL);
CREATE INDEX allowance_entries_operation_idx ON public.allowance_entries USING btree (organization_id, operation_id);
CREATE INDEX allowance_entries_recorded_idx ON public.allowance_entries USING btree (organization_id, account_id, recorded_at);
-- row-level security: enabled, forced
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select to retainer_app;
grant select to retainer_operator;
grant delete, insert, references, select, trigger, truncate, update to retainer_root;

create table allowance_hold_lots (
    organization_id uuid not null,
    hold_id uuid not null,
    lot_id uuid not null,
    position integer not null,
    amount bigint not null,
    captured bigint not null default 0,
    released bigint not null default 0,
    refunded bigint not null default 0,
    constraint allowance_hold_lots_amount_check CHECK ((amount >= 0)),
    constraint allowance_hold_lots_captured_check CHECK ((captured >= 0)),
    constraint allowance_hold_lots_organization_id_hold_id_fkey FOREIGN KEY (organization_id, hold_id) REFERENCES allowance_holds(organization_id, id),
    constraint allowance_hold_lots_organization_id_lot_id_fkey FOREIGN KEY (organization_id, lot_id) REFERENCES allowance_lots(organization_id, id),
    constraint allowance_hold_lots_pkey PRIMARY KEY (organization_id, hold_id, lot_id),
    constraint allowance_hold_lots_position_check CHECK (("position" > 0)),
    constraint allowance_hold_lots_position_key UNIQUE (organization_id, hold_id, "position"),
    constraint allowance_hold_lots_refunded_once CHECK (((0 <= refunded) AND (refunded <= captured))),
    constraint allowance_hold_lots_released_check CHECK ((released >= 0)),
    constraint allowance_hold_lots_within_amount CHECK (((captured + released) <= amount))
);
CREATE INDEX allowance_hold_lots_lot_idx ON public.allowance_hold_lots USING btree (organization_id, lot_id);
-- row-level security: enabled, forced
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;
grant delete, insert, references, select, trigger, truncate, update to retainer_root;

create table allowance_holds (
    organization_id uuid not null,
    id uuid not null,
    account_id uuid not null,
    operation_id uuid not null,
    subject_kind text not null,
    subject_id text not null,
    purpose text not null default ''::text,
    facts jsonb not null default '{}'::jsonb,
    opened_seq bigint not null,
    amount bigint not null,
    captured bigint not null default 0,
    released bigint not null default 0,
    state text not null default 'open'::text,
    expires_at timestamp with time zone,
    policy jsonb not null default '{}'::jsonb,
    created_at timestamp with time zone not null,
    closed_at timestamp with time zone,
    constraint allowance_holds_amount_check CHECK ((amount > 0)),
    constraint allowance_holds_captured_check CHECK ((captured >= 0)),
    constraint allowance_holds_closed_when CHECK (((state = 'open'::text) = (closed_at IS NULL))),
    constraint allowance_holds_facts_check CHECK ((jsonb_typeof(facts) = 'object'::text)),
    constraint allowance_holds_organization_id_account_id_fkey FOREIGN KEY (organization_id, account_id) REFERENCES allowance_accounts(organization_id, id),
    constraint allowance_holds_organization_id_operation_id_fkey FOREIGN KEY (organization_id, operation_id) REFERENCES allowance_operations(organization_id, id),
    constraint allowance_holds_pkey PRIMARY KEY (organization_id, id),
    constraint allowance_holds_released_check CHECK ((released >= 0)),
    constraint allowance_holds_state_check CHECK ((state = ANY (ARRAY['open'::text, 'captured'::text, 'released'::text, 'expired'::text]))),
    constraint allowance_holds_subject_id_check CHECK ((subject_id <> ''::text)),
    constraint allowance_holds_subject_kind_check CHECK ((subject_kind <> ''::text)),
    constraint allowance_holds_terminal_when_used_up CHECK (((state = 'open'::text) = ((captured + released) < amount))),
    constraint allowance_holds_within_amount CHECK (((captured + released) <= amount))
);
CREATE INDEX allowance_holds_account_idx ON public.allowance_holds USING btree (organization_id, account_id, opened_seq);
CREATE UNIQUE INDEX allowance_holds_one_open_per_subject ON public.allowance_holds USING btree (organization_id, account_id, subject_kind, subject_id, purpose) WHERE (state = 'open'::text);
CREATE INDEX allowance_holds_operation_idx ON public.allowance_holds USING btree (organization_id, operation_id);
CREATE INDEX allowance_holds_subject_idx ON public.allowance_holds USING btree (organization_id, subject_kind, subject_id);
-- row-level security: enabled, forced
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;
grant delete, insert, references, select, trigger, truncate, update to retainer_root;

create table allowance_lots (
    organization_id uuid not null,
    id uuid not null,
    account_id uuid not null,
    operation_id uuid not null,
    opened_seq bigint not null,
    source_kind text not null,
    source_ref text not null,
    category text not null,
    priority smallint not null default 50,
    amount bigint not null,
    remaining bigint not null default 0,
    held bigint not null default 0,
    consumed bigint not null default 0,
    unlimited boolean not null default false,
    price_minor bigint,
    price_atoms bigint,
    currency text,
    effective_at timestamp with time zone not null,
    expires_at timestamp with time zone,
    activated_at timestamp with time zone,
    ended_at timestamp with time zone,
    ended_as text,
    applies_to jsonb not null default '{}'::jsonb,
    rollover_cap bigint,
    rollover_expires_at timestamp with time zone,
    predecessor_id uuid,
    created_at timestamp with time zone not null,
    constraint allowance_lots_amount_check CHECK ((amount >= 0)),
    constraint allowance_lots_applies_to_check CHECK ((jsonb_typeof(applies_to) = 'object'::text)),
    constraint allowance_lots_category_check CHECK ((category = ANY (ARRAY['paid'::text, 'promotional'::text]))),
    constraint allowance_lots_consumed_check CHECK ((consumed >= 0)),
    constraint allowance_lots_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    constraint allowance_lots_ended_as_check CHECK ((ended_as = ANY (ARRAY['expired'::text, 'rolled'::text, 'voided'::text, 'voided_forgiven'::text, 'upgraded'::text, 'billed'::text, 'carried'::text, 'forgiven'::text]))),
    constraint allowance_lots_ended_whole CHECK (((ended_at IS NULL) = (ended_as IS NULL))),
    constraint allowance_lots_ends_after_start CHECK (((expires_at IS NULL) OR (expires_at > effective_at))),
    constraint allowance_lots_future_not_held CHECK (((activated_at IS NOT NULL) OR (held = 0))),
    constraint allowance_lots_organization_id_account_id_fkey FOREIGN KEY (organization_id, account_id) REFERENCES allowance_accounts(organization_id, id),
    constraint allowance_lots_organization_id_operation_id_fkey FOREIGN KEY (organization_id, operation_id) REFERENCES allowance_operations(organization_id, id),
    constraint allowance_lots_organization_id_predecessor_id_fkey FOREIGN KEY (organization_id, predecessor_id) REFERENCES allowance_lots(organization_id, id),
    constraint allowance_lots_pkey PRIMARY KEY (organization_id, id),
    constraint allowance_lots_price_atoms_check CHECK ((price_atoms > 0)),
    constraint allowance_lots_price_minor_check CHECK ((price_minor >= 0)),
    constraint allowance_lots_price_whole CHECK ((((price_minor IS NULL) = (price_atoms IS NULL)) AND ((price_minor IS NULL) = (currency IS NULL)))),
    constraint allowance_lots_priority_check CHECK (((priority >= 0) AND (priority <= 100))),
    constraint allowance_lots_rollover_cap_check CHECK ((rollover_cap >= 0)),
    constraint allowance_lots_source_key UNIQUE (organization_id, account_id, source_kind, source_ref),
    constraint allowance_lots_source_kind_check CHECK ((source_kind = ANY (ARRAY['plan_period'::text, 'topup'::text, 'trial'::text, 'gift_purchase'::text, 'promo'::text, 'goodwill'::text, 'rollover'::text, 'refund_grace'::text, 'exchange'::text, 'import'::text, 'adjustment'::text, 'credit_line'::text]))),
    constraint allowance_lots_source_ref_check CHECK ((source_ref <> ''::text)),
    constraint allowance_lots_unlimited_has_no_amount CHECK (((NOT unlimited) OR (amount = 0))),
    constraint allowance_lots_within_amount CHECK (((0 <= held) AND (held <= remaining) AND (remaining <= amount)))
);
CREATE INDEX allowance_lots_burn_idx ON public.allowance_lots USING btree (organization_id, account_id, priority, expires_at) WHERE (ended_as IS NULL);
CREATE INDEX allowance_lots_operation_idx ON public.allowance_lots USING btree (organization_id, operation_id);
CREATE INDEX allowance_lots_predecessor_idx ON public.allowance_lots USING btree (organization_id, predecessor_id) WHERE (predecessor_id IS NOT NULL);
-- row-level security: enabled, forced
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;
grant delete, insert, references, select, trigger, truncate, update to retainer_root;

create table allowance_operations (
    organization_id uuid not null,
    id uuid not null,
    idempotency_key text not null,
    kind text not null,
    request jsonb not null,
    actor text not null,
    reason text,
    result jsonb,
    created_at timestamp with time zone not null,
    constraint allowance_operations_idempotency_key_check CHECK ((idempotency_key <> ''::text)),
    constraint allowance_operations_key UNIQUE (organization_id, idempotency_key),
    constraint allowance_operations_pkey PRIMARY KEY (organization_id, id)
);
-- row-level security: enabled, forced
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update (result) to retainer_app;
grant select to retainer_operator;
grant delete, insert, references, select, trigger, truncate, update to retainer_root;

create table audit_entries (
    organization_id uuid not null,
    id uuid not null,
    at timestamp with time zone not null,
    actor_kind text not null,
    actor_user_id uuid,
    actor_name text not null,
    actor_role text,
    address inet,
    request_id uuid,
    action text not null,
    subject_kind text not null,
    subject_id uuid not null,
    before jsonb,
    after jsonb,
    constraint audit_entries_organization_id_organization_id_fkey FOREIGN KEY (organization_id, organization_id) REFERENCES organizations(organization_id, id) DEFERRABLE INITIALLY DEFERRED,
    constraint audit_entries_pkey PRIMARY KEY (organization_id, id)
);
CREATE INDEX audit_entries_at ON public.audit_entries USING btree (organization_id, at DESC, id DESC);
CREATE INDEX audit_entries_subject ON public.audit_entries USING btree (organization_id, subject_id, at);
-- row-level security: enabled, forced
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select to retainer_app;
grant select to retainer_operator;
grant delete, insert, references, select, trigger, truncate, update to retainer_root;

create table customers (
    organization_id uuid not null,
    id uuid not null,
    name text not null,
    email text,
    email_folded text,
    notes text,
    tags text[] not null default '{}'::text[],
    created_at timestamp with time zone not null,
    archived_at timestamp with time zone,
    anonymised_at timestamp with time zone,
    version bigint not null default 1,
    constraint customers_organization_id_organization_id_fkey FOREIGN KEY (organization_id, organization_id) REFERENCES organizations(organization_id, id),
    constraint customers_pkey PRIMARY KEY (organization_id, id)
);
CREATE INDEX customers_created ON public.customers USING btree (organization_id, created_at DESC, id DESC);
CREATE UNIQUE INDEX customers_email ON public.customers USING btree (organization_id, email_folded) WHERE (archived_at IS NULL);
CREATE INDEX customers_name ON public.customers USING btree (organization_id, lower(name), id);
-- row-level security: enabled, forced
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;
grant delete, insert, references, select, trigger, truncate, update to retainer_root;

create table idempotency_keys (
    organization_id uuid not null,
    actor_id uuid not null,
    key text not null,
    request text not null,
    request_hash bytea not null,
    status smallint,
    headers jsonb,
    body bytea,
    created_at timestamp with time zone not null,
    constraint idempotency_keys_organization_id_organization_id_fkey FOREIGN KEY (organization_id, organization_id) REFERENCES organizations(organization_id, id),
    constraint idempotency_keys_pkey PRIMARY KEY (organization_id, actor_id, key)
);
CREATE INDEX idempotency_keys_old ON public.idempotency_keys USING btree (organization_id, created_at);
-- row-level security: enabled, forced
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;
grant delete, insert, references, select, trigger, truncate, update to retainer_root;

create table installation (
    singleton boolean not null default true,
    setup_token_hash bytea,
    setup_expires_at timestamp with time zone,
    set_up_at timestamp with time zone,
    constraint installation_pkey PRIMARY KEY (singleton),
    constraint installation_singleton_check CHECK (singleton)
);
-- row-level security: off
grant select, update to retainer_app;
grant delete, insert, references, select, trigger, truncate, update to retainer_root;

create table invitations (
    organization_id uuid not null,
    id uuid not null,
    email text not null,
    email_folded text not null,
    name text,
    role text not null,
    customer_id uuid,
    token_hash bytea not null,
    invited_by uuid,
    created_at timestamp with time zone not null,
    expires_at timestamp with time zone not null,
    accepted_at timestamp with time zone,
    revoked_at timestamp with time zone,
    constraint invitations_check CHECK (((role = 'customer'::text) = (customer_id IS NOT NULL))),
    constraint invitations_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES users(id),
    constraint invitations_organization_id_customer_id_fkey FOREIGN KEY (organization_id, customer_id) REFERENCES customers(organization_id, id),
    constraint invitations_organization_id_organization_id_fkey FOREIGN KEY (organization_id, organization_id) REFERENCES organizations(organization_id, id),
    constraint invitations_pkey PRIMARY KEY (organization_id, id),
    constraint invitations_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'developer'::text, 'member'::text, 'analyst'::text, 'customer'::text])))
);
CREATE INDEX invitations_customer ON public.invitations USING btree (organization_id, customer_id) WHERE (customer_id IS NOT NULL);
CREATE INDEX invitations_invited_by ON public.invitations USING btree (invited_by);
CREATE UNIQUE INDEX invitations_one_open ON public.invitations USING btree (organization_id, email_folded) WHERE ((accepted_at IS NULL) AND (revoked_at IS NULL));
CREATE UNIQUE INDEX invitations_token ON public.invitations USING btree (organization_id, token_hash);
-- row-level security: enabled, forced
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;
grant delete, insert, references, select, trigger, truncate, update to retainer_root;

create table mails (
    organization_id uuid not null,
    id uuid not null,
    kind text not null,
    to_email text not null,
    to_user_id uuid,
    subject text not null,
    text text not null,
    html text not null,
    reason text not null,
    secret boolean not null default false,
    state text not null,
    attempts integer not null default 0,
    last_error text,
    created_at timestamp with time zone not null,
    sent_at timestamp with time zone,
    constraint mails_organization_id_organization_id_fkey FOREIGN KEY (organization_id, organization_id) REFERENCES organizations(organization_id, id),
    constraint mails_pkey PRIMARY KEY (organization_id, id),
    constraint mails_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'sent'::text, 'failed'::text, 'held'::text]))),
    constraint mails_to_user_id_fkey FOREIGN KEY (to_user_id) REFERENCES users(id)
);
CREATE INDEX mails_created ON public.mails USING btree (organization_id, created_at DESC, id DESC);
CREATE INDEX mails_to_user ON public.mails USING btree (to_user_id) WHERE (to_user_id IS NOT NULL);
-- row-level security: enabled, forced
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;
grant delete, insert, references, select, trigger, truncate, update to retainer_root;

create table memberships (
    organization_id uuid not null,
    id uuid not null,
    user_id uuid not null,
    role text not null,
    customer_id uuid,
    created_at timestamp with time zone not null,
    ended_at timestamp with time zone,
    version bigint not null default 1,
    constraint memberships_check CHECK (((role = 'customer'::text) = (customer_id IS NOT NULL))),
    constraint memberships_organization_id_customer_id_fkey FOREIGN KEY (organization_id, customer_id) REFERENCES customers(organization_id, id),
    constraint memberships_organization_id_organization_id_fkey FOREIGN KEY (organization_id, organization_id) REFERENCES organizations(organization_id, id),
    constraint memberships_pkey PRIMARY KEY (organization_id, id),
    constraint memberships_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'developer'::text, 'member'::text, 'analyst'::text, 'customer'::text]))),
    constraint memberships_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);
CREATE INDEX memberships_customer ON public.memberships USING btree (organization_id, customer_id) WHERE (customer_id IS NOT NULL);
CREATE UNIQUE INDEX memberships_one_per_user ON public.memberships USING btree (organization_id, user_id) WHERE (ended_at IS NULL);
CREATE INDEX memberships_user ON public.memberships USING btree (user_id);
-- row-level security: enabled, forced
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;
grant delete, insert, references, select, trigger, truncate, update to retainer_root;

create table organization_slugs (
    slug text not null,
    organization_id uuid not null,
    constraint organization_slugs_organization_id_key UNIQUE (organization_id),
    constraint organization_slugs_pkey PRIMARY KEY (slug)
);
-- row-level security: off
grant insert, select, update to retainer_app;
grant select to retainer_operator;
grant delete, insert, references, select, trigger, truncate, update to retainer_root;

create table organizations (
    organization_id uuid not null,
    id uuid not null,
    slug text not null,
    name text not null,
    time_zone text not null default 'UTC'::text,
    currency text not null default 'USD'::text,
    sign_up text not null default 'open'::text,
    is_sample boolean not null default false,
    created_at timestamp with time zone not null,
    version bigint not null default 1,
    constraint organizations_check CHECK ((id = organization_id)),
    constraint organizations_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    constraint organizations_pkey PRIMARY KEY (organization_id, id),
    constraint organizations_sign_up_check CHECK ((sign_up = ANY (ARRAY['open'::text, 'invitation'::text]))),
    constraint organizations_slug_check CHECK ((slug ~ '^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$'::text))
);
-- row-level security: enabled, forced
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;
grant delete, insert, references, select, trigger, truncate, update to retainer_root;

create unlogged table rate_limits (
    key text not null,
    arrives_at timestamp with time zone not null,
    constraint rate_limits_pkey PRIMARY KEY (key)
);
CREATE INDEX rate_limits_old ON public.rate_limits USING btree (arrives_at);
-- row-level security: off
grant delete, insert, select, update to retainer_app;
grant delete, insert, references, select, trigger, truncate, update to retainer_root;

create table secret_links (
    organization_id uuid not null,
    id uuid not null,
    purpose text not null,
    user_id uuid not null,
    token_hash bytea not null,
    created_at timestamp with time zone not null,
    expires_at timestamp with time zone not null,
    used_at timestamp with time zone,
    constraint secret_links_organization_id_organization_id_fkey FOREIGN KEY (organization_id, organization_id) REFERENCES organizations(organization_id, id),
    constraint secret_links_pkey PRIMARY KEY (organization_id, id),
    constraint secret_links_purpose_check CHECK ((purpose = ANY (ARRAY['verify_email'::text, 'reset_password'::text, 'second_factor'::text]))),
    constraint secret_links_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);
CREATE UNIQUE INDEX secret_links_token ON public.secret_links USING btree (organization_id, token_hash);
CREATE INDEX secret_links_user ON public.secret_links USING btree (user_id, purpose);
-- row-level security: enabled, forced
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;
grant delete, insert, references, select, trigger, truncate, update to retainer_root;

create table sessions (
    organization_id uuid not null,
    id uuid not null,
    user_id uuid not null,
    membership_id uuid not null,
    kind text not null,
    token_hash bytea not null,
    label text not null,
    address inet,
    user_agent text,
    created_at timestamp with time zone not null,
    last_seen_at timestamp with time zone not null,
    expires_at timestamp with time zone not null,
    revoked_at timestamp with time zone,
    constraint sessions_kind_check CHECK ((kind = ANY (ARRAY['browser'::text, 'api'::text]))),
    constraint sessions_organization_id_membership_id_fkey FOREIGN KEY (organization_id, membership_id) REFERENCES memberships(organization_id, id),
    constraint sessions_pkey PRIMARY KEY (organization_id, id),
    constraint sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);
CREATE INDEX sessions_membership ON public.sessions USING btree (organization_id, membership_id);
CREATE UNIQUE INDEX sessions_token ON public.sessions USING btree (organization_id, token_hash);
CREATE INDEX sessions_user ON public.sessions USING btree (user_id) WHERE (revoked_at IS NULL);
-- row-level security: enabled, forced
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all using (((organization_id = ( SELECT current_organization_id() AS current_organization_id)) OR (user_id = ( SELECT current_user_id() AS current_user_id)))) with check (((organization_id = ( SELECT current_organization_id() AS current_organization_id)) OR (user_id = ( SELECT current_user_id() AS current_user_id))));
grant insert, select, update to retainer_app;
grant select to retainer_operator;
grant delete, insert, references, select, trigger, truncate, update to retainer_root;

create table user_directory (
    email_hash bytea not null,
    user_id uuid not null,
    constraint user_directory_pkey PRIMARY KEY (email_hash),
    constraint user_directory_user_id_key UNIQUE (user_id)
);
-- row-level security: off
grant delete, insert, select, update to retainer_app;
grant delete, insert, references, select, trigger, truncate, update to retainer_root;

create table users (
    id uuid not null,
    email text not null,
    email_folded text not null,
    name text not null,
    password_hash text,
    password_changed_at timestamp with time zone,
    email_verified_at timestamp with time zone,
    time_zone text,
    totp_sealed bytea,
    totp_confirmed_at timestamp with time zone,
    totp_last_step bigint,
    created_at timestamp with time zone not null,
    anonymised_at timestamp with time zone,
    version bigint not null default 1,
    constraint users_email_folded_key UNIQUE (email_folded),
    constraint users_pkey PRIMARY KEY (id)
);
-- row-level security: enabled, forced
create policy operator_reads for select to retainer_operator using (true);
create policy own for all using (((id = ( SELECT current_user_id() AS current_user_id)) OR (EXISTS ( SELECT
   FROM memberships m
  WHERE ((m.organization_id = ( SELECT current_organization_id() AS current_organization_id)) AND (m.user_id = users.id)))))) with check (true);
grant insert, select, update to retainer_app;
grant select to retainer_operator;
grant delete, insert, references, select, trigger, truncate, update to retainer_root;

-- Functions, by signature; their text is in migrations/repeatable.
-- current_organization_id() returns uuid
-- current_user_id() returns uuid
-- enqueue_job(text,jsonb,timestamp with time zone,text) returns void
-- ledger_account_id(allowance_operations,jsonb) returns uuid
-- ledger_adjust(allowance_operations) returns jsonb
-- ledger_adjust_hold(allowance_operations) returns jsonb
-- ledger_after_release(allowance_operations,uuid) returns void
-- ledger_allocate(allowance_operations,allowance_accounts,uuid,jsonb,bigint,text) returns bigint
-- ledger_amount(allowance_operations,text) returns bigint
-- ledger_applies(jsonb,jsonb) returns boolean
-- ledger_capture(allowance_operations) returns jsonb
-- ledger_capture_more(allowance_operations) returns jsonb
-- ledger_capture_parts(allowance_operations,allowance_holds,bigint) returns bigint
-- ledger_close_credit(allowance_operations) returns jsonb
-- ledger_consume(allowance_operations) returns jsonb
-- ledger_end_lot(allowance_operations,uuid,text,timestamp with time zone) returns void
-- ledger_exchange(allowance_operations) returns jsonb
-- ledger_expire(allowance_operations) returns jsonb
-- ledger_expire_lot(allowance_operations,uuid,timestamp with time zone) returns void
-- ledger_freeze(allowance_operations) returns jsonb
-- ledger_give_back(allowance_operations,allowance_holds,uuid,bigint,text,timestamp with time zone) returns void
-- ledger_grant(allowance_operations) returns jsonb
-- ledger_granted_before(allowance_operations,uuid) returns uuid
-- ledger_hold(allowance_operations) returns jsonb
-- ledger_join(allowance_operations,uuid,timestamp with time zone) returns void
-- ledger_lock(allowance_operations,uuid) returns allowance_accounts
-- ledger_lock_hold(allowance_operations,boolean) returns allowance_holds
-- ledger_lock_lot(allowance_operations,text) returns allowance_lots
-- ledger_move_part(allowance_operations,uuid,uuid,uuid,uuid,bigint,timestamp with time zone) returns void
-- ledger_new_id(allowance_operations,text) returns uuid
-- ledger_open_account(allowance_operations,jsonb) returns uuid
-- ledger_open_lot(allowance_operations,allowance_lots,timestamp with time zone) returns uuid
-- ledger_operate(uuid,uuid,text,jsonb,timestamp with time zone,text,text,text) returns TABLE(outcome text, replayed boolean, result jsonb)
-- ledger_post(allowance_operations,uuid,uuid,uuid,text,bigint,timestamp with time zone) returns bigint
-- ledger_refund(allowance_operations) returns jsonb
-- ledger_refuse(text,jsonb) returns void
-- ledger_rehome(allowance_operations) returns jsonb
-- ledger_release(allowance_operations) returns jsonb
-- ledger_release_parts(allowance_operations,uuid,bigint,text,text,timestamp with time zone) returns void
-- ledger_reseat(allowance_operations,allowance_accounts,timestamp with time zone) returns void
-- ledger_reserve(allowance_operations,uuid,bigint,text,timestamp with time zone) returns allowance_accounts
-- ledger_roll(allowance_operations,allowance_lots,bigint,timestamp with time zone,timestamp with time zone) returns uuid
-- ledger_rollover(allowance_operations) returns jsonb
-- ledger_schedule(allowance_operations,uuid) returns void
-- ledger_settle(allowance_operations) returns jsonb
-- ledger_settle_account(allowance_operations,uuid) returns integer
-- ledger_terms(allowance_operations,uuid) returns allowance_lots
-- ledger_unfreeze(allowance_operations) returns jsonb
-- ledger_unit(allowance_operations,uuid) returns text
-- ledger_upgrade(allowance_operations) returns jsonb
-- ledger_void(allowance_operations) returns jsonb
-- ledger_void_lot(allowance_operations,uuid,text,timestamp with time zone) returns bigint
-- ledger_write_hold(allowance_operations,allowance_accounts,bigint,bigint) returns uuid
-- take_token(text,integer,interval,timestamp with time zone) returns interval
-- tell_sessions_changed() returns trigger
