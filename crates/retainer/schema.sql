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
    last_recorded_at timestamp with time zone,
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
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select (debt), select (id), select (organization_id), select (owner_id), select (owner_kind), select (unit_code) to retainer_contract_consulting;
grant select to retainer_operator;

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
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.allowance_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select to retainer_app;
grant select (account_id), select (kind), select (lot_id), select (organization_id), select (quantity) to retainer_contract_consulting;
grant select to retainer_operator;

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
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;

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
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;

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
    series_seq bigint,
    constraint allowance_lots_amount_check CHECK ((amount >= 0)),
    constraint allowance_lots_applies_to_check CHECK ((jsonb_typeof(applies_to) = 'object'::text)),
    constraint allowance_lots_category_check CHECK ((category = ANY (ARRAY['paid'::text, 'promotional'::text]))),
    constraint allowance_lots_consumed_check CHECK ((consumed >= 0)),
    constraint allowance_lots_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    constraint allowance_lots_ended_as_check CHECK ((ended_as = ANY (ARRAY['expired'::text, 'rolled'::text, 'voided'::text, 'voided_forgiven'::text, 'voided_billed'::text, 'upgraded'::text, 'billed'::text, 'carried'::text, 'forgiven'::text]))),
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
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select (account_id), select (activated_at), select (amount), select (ended_as), select (expires_at), select (held), select (id), select (opened_seq), select (organization_id), select (remaining), select (series_seq), select (source_kind), select (source_ref) to retainer_contract_consulting;
grant select to retainer_operator;

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
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update (result) to retainer_app;
grant select to retainer_operator;

create table attachments (
    organization_id uuid not null,
    id uuid not null,
    ticket_id uuid not null,
    origin_ticket_id uuid not null,
    comment_id uuid,
    author_user_id uuid,
    author_name text,
    side text not null,
    internal boolean not null,
    name text not null,
    media_type text not null,
    bytes bigint not null,
    sha256 bytea not null,
    created_at timestamp with time zone not null,
    forgotten_at timestamp with time zone,
    constraint attachments_author_user_id_fkey FOREIGN KEY (author_user_id) REFERENCES users(id),
    constraint attachments_bytes_check CHECK ((bytes >= 0)),
    constraint attachments_customers_attach_in_public CHECK (((side = 'staff'::text) OR (NOT internal))),
    constraint attachments_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    constraint attachments_organization_id_comment_id_fkey FOREIGN KEY (organization_id, comment_id) REFERENCES ticket_comments(organization_id, id),
    constraint attachments_organization_id_origin_ticket_id_fkey FOREIGN KEY (organization_id, origin_ticket_id) REFERENCES tickets(organization_id, id),
    constraint attachments_organization_id_ticket_id_fkey FOREIGN KEY (organization_id, ticket_id) REFERENCES tickets(organization_id, id),
    constraint attachments_pkey PRIMARY KEY (organization_id, id),
    constraint attachments_sha256_check CHECK ((length(sha256) = 32)),
    constraint attachments_side_check CHECK ((side = ANY (ARRAY['customer'::text, 'staff'::text])))
);
CREATE INDEX attachments_author ON public.attachments USING btree (author_user_id) WHERE (author_user_id IS NOT NULL);
CREATE INDEX attachments_comment ON public.attachments USING btree (organization_id, comment_id) WHERE (comment_id IS NOT NULL);
CREATE INDEX attachments_origin ON public.attachments USING btree (organization_id, origin_ticket_id);
CREATE INDEX attachments_ticket ON public.attachments USING btree (organization_id, ticket_id, created_at, id);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant delete, insert, select, update (author_name), update (bytes), update (forgotten_at), update (media_type), update (name), update (ticket_id) to retainer_app;
grant select to retainer_operator;

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
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select to retainer_app;
grant select to retainer_operator;

create table balance_links (
    organization_id uuid not null,
    id uuid not null,
    customer_id uuid not null,
    token_hash bytea not null,
    label text not null,
    made_by_user_id uuid,
    made_by_name text,
    created_at timestamp with time zone not null,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    uses bigint not null default 0,
    last_used_at timestamp with time zone,
    constraint balance_links_ends_after_beginning CHECK ((expires_at > created_at)),
    constraint balance_links_made_by_user_id_fkey FOREIGN KEY (made_by_user_id) REFERENCES users(id),
    constraint balance_links_organization_id_customer_id_fkey FOREIGN KEY (organization_id, customer_id) REFERENCES customers(organization_id, id),
    constraint balance_links_pkey PRIMARY KEY (organization_id, id),
    constraint balance_links_uses_check CHECK ((uses >= 0))
);
CREATE INDEX balance_links_customer ON public.balance_links USING btree (organization_id, customer_id, created_at DESC, id DESC);
CREATE INDEX balance_links_made_by ON public.balance_links USING btree (made_by_user_id) WHERE (made_by_user_id IS NOT NULL);
CREATE UNIQUE INDEX balance_links_token ON public.balance_links USING btree (organization_id, token_hash);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update (label), update (last_used_at), update (revoked_at), update (uses) to retainer_app;
grant select to retainer_operator;

create table contract_logins (
    role_name text not null,
    organization_id uuid not null,
    dialect text not null,
    login text not null,
    granted_at timestamp with time zone not null,
    rotated_at timestamp with time zone,
    revoked_at timestamp with time zone,
    constraint contract_logins_login_check CHECK ((login ~ '^[a-z][a-z0-9_-]{0,39}$'::text)),
    constraint contract_logins_organization_id_dialect_login_key UNIQUE (organization_id, dialect, login),
    constraint contract_logins_organization_id_organization_id_fkey FOREIGN KEY (organization_id, organization_id) REFERENCES organizations(organization_id, id),
    constraint contract_logins_pkey PRIMARY KEY (role_name),
    constraint contract_logins_role_name_check CHECK ((role_name ~ '^contract_[0-9a-z]{16}$'::text))
);
-- row-level security: off

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
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select (created_at), select (email), select (id), select (name), select (organization_id), select (version) to retainer_contract_consulting;
grant select to retainer_operator;

create table deleted_organizations (
    id uuid not null,
    asked_at timestamp with time zone not null,
    begun_at timestamp with time zone not null,
    ended_at timestamp with time zone,
    removed jsonb not null default '{}'::jsonb,
    constraint deleted_organizations_pkey PRIMARY KEY (id, begun_at),
    constraint deleted_organizations_removed_check CHECK ((jsonb_typeof(removed) = 'object'::text))
);
-- row-level security: off
grant select to retainer_operator;

create table exports (
    organization_id uuid not null,
    id uuid not null,
    state text not null,
    ordered_by uuid not null,
    ordered_at timestamp with time zone not null,
    percent integer not null default 0,
    told_at timestamp with time zone not null,
    name text,
    bytes bigint,
    sha256 bytea,
    ready_at timestamp with time zone,
    expires_at timestamp with time zone,
    failure text,
    constraint exports_bytes_check CHECK ((bytes >= 0)),
    constraint exports_ordered_by_fkey FOREIGN KEY (ordered_by) REFERENCES users(id),
    constraint exports_organization_id_organization_id_fkey FOREIGN KEY (organization_id, organization_id) REFERENCES organizations(organization_id, id),
    constraint exports_percent_check CHECK (((percent >= 0) AND (percent <= 100))),
    constraint exports_pkey PRIMARY KEY (organization_id, id),
    constraint exports_ready_whole CHECK (((state <> 'ready'::text) OR ((name IS NOT NULL) AND (bytes IS NOT NULL) AND (sha256 IS NOT NULL) AND (ready_at IS NOT NULL) AND (expires_at IS NOT NULL)))),
    constraint exports_sha256_check CHECK ((length(sha256) = 32)),
    constraint exports_state_check CHECK ((state = ANY (ARRAY['ordered'::text, 'writing'::text, 'ready'::text, 'failed'::text])))
);
CREATE INDEX exports_expiring ON public.exports USING btree (expires_at, organization_id) WHERE (expires_at IS NOT NULL);
CREATE UNIQUE INDEX exports_one ON public.exports USING btree (organization_id);
CREATE INDEX exports_ordered_by ON public.exports USING btree (ordered_by);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant delete, insert, select, update to retainer_app;
grant select to retainer_operator;

create table external_refs (
    organization_id uuid not null,
    source text not null,
    kind text not null,
    source_id text not null,
    object_id uuid,
    object_version bigint,
    row jsonb not null,
    digest bytea not null,
    decisions text[] not null default '{}'::text[],
    run_id uuid not null,
    imported_at timestamp with time zone not null,
    gone_at timestamp with time zone,
    hidden jsonb not null default '{}'::jsonb,
    customer_id uuid,
    redacted_at timestamp with time zone,
    constraint external_refs_customer FOREIGN KEY (organization_id, customer_id) REFERENCES customers(organization_id, id),
    constraint external_refs_hides CHECK ((NOT ("row" ? 'password_hash'::text))),
    constraint external_refs_organization_id_run_id_fkey FOREIGN KEY (organization_id, run_id) REFERENCES import_runs(organization_id, id),
    constraint external_refs_pkey PRIMARY KEY (organization_id, source, kind, source_id)
);
CREATE INDEX external_refs_became ON public.external_refs USING btree (organization_id, object_id) WHERE (object_id IS NOT NULL);
CREATE INDEX external_refs_customer ON public.external_refs USING btree (organization_id, customer_id) WHERE (customer_id IS NOT NULL);
CREATE INDEX external_refs_decided ON public.external_refs USING btree (organization_id, source, kind, source_id) WHERE (decisions <> '{}'::text[]);
CREATE INDEX external_refs_naming ON public.external_refs USING btree (organization_id) WHERE ((object_id IS NULL) AND (POSITION(('@'::text) IN ((("row")::text || (hidden)::text))) > 0));
CREATE INDEX external_refs_object ON public.external_refs USING btree (organization_id, source, kind, object_id);
CREATE INDEX external_refs_run ON public.external_refs USING btree (organization_id, run_id);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false) AND (source = contract_dialect()) AND COALESCE((source = ANY (ARRAY[contract_dialect()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select (customer_id), select (decisions), select (gone_at), select (kind), select (object_id), select (object_version), select (organization_id), select (row), select (source), select (source_id) to retainer_contract_consulting;
grant select to retainer_operator;

create table file_usage (
    organization_id uuid not null,
    files bigint not null,
    bytes bigint not null,
    constraint file_usage_bytes_check CHECK ((bytes >= 0)),
    constraint file_usage_files_check CHECK ((files >= 0)),
    constraint file_usage_organization_id_organization_id_fkey FOREIGN KEY (organization_id, organization_id) REFERENCES organizations(organization_id, id),
    constraint file_usage_pkey PRIMARY KEY (organization_id)
);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;

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
CREATE INDEX idempotency_keys_old ON public.idempotency_keys USING btree (created_at, organization_id);
CREATE INDEX idempotency_keys_sealed ON public.idempotency_keys USING btree (created_at) WHERE (headers ? 'sealed'::text);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant delete, insert, select, update to retainer_app;
grant select to retainer_operator;

create table import_runs (
    organization_id uuid not null,
    id uuid not null,
    source text not null,
    state text not null,
    counts jsonb not null default '{}'::jsonb,
    started_at timestamp with time zone not null,
    ended_at timestamp with time zone,
    constraint import_runs_check CHECK (((state = 'done'::text) = (ended_at IS NOT NULL))),
    constraint import_runs_counts_check CHECK ((jsonb_typeof(counts) = 'object'::text)),
    constraint import_runs_organization_id_organization_id_fkey FOREIGN KEY (organization_id, organization_id) REFERENCES organizations(organization_id, id),
    constraint import_runs_pkey PRIMARY KEY (organization_id, id),
    constraint import_runs_source_check CHECK ((source ~ '^[a-z]+$'::text)),
    constraint import_runs_state_check CHECK ((state = ANY (ARRAY['running'::text, 'done'::text])))
);
CREATE INDEX import_runs_started ON public.import_runs USING btree (organization_id, source, started_at DESC);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;

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
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;

create table invoice_counters (
    organization_id uuid not null,
    year integer not null,
    last bigint not null,
    constraint invoice_counters_last_check CHECK ((last > 0)),
    constraint invoice_counters_organization_id_organization_id_fkey FOREIGN KEY (organization_id, organization_id) REFERENCES organizations(organization_id, id),
    constraint invoice_counters_pkey PRIMARY KEY (organization_id, year)
);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;

create table invoice_lines (
    organization_id uuid not null,
    invoice_id uuid not null,
    position integer not null,
    kind text not null,
    description text not null,
    amount_minor bigint not null,
    subscription_id uuid,
    period_number integer,
    plan_version_id uuid,
    top_up_id uuid,
    constraint invoice_lines_check CHECK (((kind = 'top_up'::text) = (top_up_id IS NOT NULL))),
    constraint invoice_lines_check2 CHECK (((kind = 'upgrade'::text) = (plan_version_id IS NOT NULL))),
    constraint invoice_lines_kind_check CHECK ((kind = ANY (ARRAY['period'::text, 'upgrade'::text, 'top_up'::text, 'overage'::text, 'imported'::text]))),
    constraint invoice_lines_organization_id_invoice_id_fkey FOREIGN KEY (organization_id, invoice_id) REFERENCES invoices(organization_id, id),
    constraint invoice_lines_organization_id_plan_version_id_fkey FOREIGN KEY (organization_id, plan_version_id) REFERENCES plan_versions(organization_id, id),
    constraint invoice_lines_organization_id_subscription_id_fkey FOREIGN KEY (organization_id, subscription_id) REFERENCES subscriptions(organization_id, id),
    constraint invoice_lines_organization_id_top_up_id_fkey FOREIGN KEY (organization_id, top_up_id) REFERENCES top_ups(organization_id, id),
    constraint invoice_lines_pkey PRIMARY KEY (organization_id, invoice_id, "position"),
    constraint invoice_lines_position_check CHECK (("position" > 0)),
    constraint invoice_lines_subscription_of CHECK (((kind = ANY (ARRAY['top_up'::text, 'imported'::text])) = (subscription_id IS NULL)))
);
CREATE INDEX invoice_lines_plan_version ON public.invoice_lines USING btree (organization_id, plan_version_id) WHERE (plan_version_id IS NOT NULL);
CREATE INDEX invoice_lines_subscription ON public.invoice_lines USING btree (organization_id, subscription_id) WHERE (subscription_id IS NOT NULL);
CREATE INDEX invoice_lines_top_up ON public.invoice_lines USING btree (organization_id, top_up_id) WHERE (top_up_id IS NOT NULL);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.invoice_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select to retainer_app;
grant select (invoice_id), select (kind), select (organization_id), select (period_number) to retainer_contract_consulting;
grant select to retainer_operator;

create table invoices (
    organization_id uuid not null,
    id uuid not null,
    customer_id uuid not null,
    number text not null,
    state text not null,
    currency text not null,
    total_minor bigint not null,
    created_at timestamp with time zone not null,
    issued_at timestamp with time zone,
    due_at timestamp with time zone,
    paid_at timestamp with time zone,
    voided_at timestamp with time zone,
    void_reason text,
    version bigint not null default 1,
    contract_number bigint not null,
    overdue_told_at timestamp with time zone,
    constraint invoices_check1 CHECK (((state = ANY (ARRAY['paid'::text, 'refunded'::text])) = (paid_at IS NOT NULL))),
    constraint invoices_check2 CHECK (((state = 'void'::text) = (voided_at IS NOT NULL))),
    constraint invoices_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    constraint invoices_number UNIQUE (organization_id, number),
    constraint invoices_organization_id_customer_id_fkey FOREIGN KEY (organization_id, customer_id) REFERENCES customers(organization_id, id),
    constraint invoices_pkey PRIMARY KEY (organization_id, id),
    constraint invoices_state_check CHECK ((state = ANY (ARRAY['open'::text, 'paid'::text, 'void'::text, 'refunded'::text]))),
    constraint invoices_total_minor_check CHECK ((total_minor >= 0))
);
CREATE INDEX invoices_contract_number ON public.invoices USING btree (organization_id, contract_number);
CREATE INDEX invoices_created ON public.invoices USING btree (organization_id, created_at DESC, id DESC);
CREATE INDEX invoices_customer ON public.invoices USING btree (organization_id, customer_id, created_at DESC, id DESC);
CREATE INDEX invoices_open ON public.invoices USING btree (due_at, organization_id) WHERE (state = 'open'::text);
CREATE INDEX invoices_to_remind ON public.invoices USING btree (due_at, organization_id) WHERE ((state = 'open'::text) AND (overdue_told_at IS NULL));
CREATE INDEX invoices_unpaid ON public.invoices USING btree (organization_id, due_at) WHERE (state = 'open'::text);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select (contract_number), select (created_at), select (customer_id), select (due_at), select (id), select (number), select (organization_id), select (paid_at), select (state), select (total_minor), select (version) to retainer_contract_consulting;
grant select to retainer_operator;

create table live_changes (
    organization_id uuid not null,
    number bigint not null,
    at timestamp with time zone not null,
    what text not null,
    subject text not null,
    heard_by_customer uuid,
    heard_by_user uuid,
    for_staff boolean not null,
    constraint live_changes_check CHECK ((for_staff = (heard_by_user IS NULL))),
    constraint live_changes_check1 CHECK (((heard_by_customer IS NULL) OR for_staff)),
    constraint live_changes_organization_id_organization_id_fkey FOREIGN KEY (organization_id, organization_id) REFERENCES organizations(organization_id, id),
    constraint live_changes_pkey PRIMARY KEY (organization_id, number)
);
CREATE INDEX live_changes_old ON public.live_changes USING btree (at, organization_id);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant delete, insert, select to retainer_app;
grant select to retainer_operator;

create table live_counts (
    organization_id uuid not null,
    last bigint not null,
    constraint live_counts_last_check CHECK ((last > 0)),
    constraint live_counts_organization_id_organization_id_fkey FOREIGN KEY (organization_id, organization_id) REFERENCES organizations(organization_id, id),
    constraint live_counts_pkey PRIMARY KEY (organization_id)
);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;

create table loose_files (
    organization_id uuid not null,
    id uuid not null,
    since timestamp with time zone not null,
    constraint loose_files_pkey PRIMARY KEY (organization_id, id)
);
CREATE INDEX loose_files_since ON public.loose_files USING btree (since, organization_id);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant delete, insert, select, update (since) to retainer_app;
grant select to retainer_operator;

create table mail_template_drafts (
    organization_id uuid not null,
    membership_id uuid not null,
    kind text not null,
    subject text not null,
    body text not null,
    saved_at timestamp with time zone not null,
    constraint mail_template_drafts_body_check CHECK ((length(body) <= 20000)),
    constraint mail_template_drafts_organization_id_membership_id_fkey FOREIGN KEY (organization_id, membership_id) REFERENCES memberships(organization_id, id),
    constraint mail_template_drafts_pkey PRIMARY KEY (organization_id, membership_id, kind),
    constraint mail_template_drafts_subject_check CHECK ((length(subject) <= 1000))
);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant delete, insert, select, update (body), update (saved_at), update (subject) to retainer_app;
grant select to retainer_operator;

create table mail_templates (
    organization_id uuid not null,
    id uuid not null,
    kind text not null,
    version integer not null,
    subject text,
    body text,
    from_version integer,
    made_by_user_id uuid,
    made_by_name text,
    created_at timestamp with time zone not null,
    failed_at timestamp with time zone,
    failure text,
    constraint mail_templates_body_check CHECK (((octet_length(body) >= 1) AND (octet_length(body) <= 16384))),
    constraint mail_templates_made_by_user_id_fkey FOREIGN KEY (made_by_user_id) REFERENCES users(id),
    constraint mail_templates_organization_id_organization_id_fkey FOREIGN KEY (organization_id, organization_id) REFERENCES organizations(organization_id, id),
    constraint mail_templates_pkey PRIMARY KEY (organization_id, id),
    constraint mail_templates_subject_check CHECK (((length(subject) >= 1) AND (length(subject) <= 1000))),
    constraint mail_templates_version_check CHECK ((version > 0)),
    constraint mail_templates_whole CHECK (((subject IS NULL) = (body IS NULL)))
);
CREATE INDEX mail_templates_made_by ON public.mail_templates USING btree (made_by_user_id) WHERE (made_by_user_id IS NOT NULL);
CREATE UNIQUE INDEX mail_templates_version ON public.mail_templates USING btree (organization_id, kind, version);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update (failed_at), update (failure) to retainer_app;
grant select to retainer_operator;

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
    stoppable boolean not null default false,
    state text not null,
    attempts integer not null default 0,
    last_error text,
    created_at timestamp with time zone not null,
    sent_at timestamp with time zone,
    good_until timestamp with time zone,
    stops text,
    template_version integer,
    template_failure text,
    about text,
    constraint mails_organization_id_organization_id_fkey FOREIGN KEY (organization_id, organization_id) REFERENCES organizations(organization_id, id),
    constraint mails_pkey PRIMARY KEY (organization_id, id),
    constraint mails_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'sent'::text, 'failed'::text, 'held'::text]))),
    constraint mails_stops_check CHECK ((stops = ANY (ARRAY['request'::text, 'status'::text, 'comment'::text, 'invoice'::text]))),
    constraint mails_to_user_id_fkey FOREIGN KEY (to_user_id) REFERENCES users(id)
);
CREATE INDEX mails_about ON public.mails USING btree (organization_id, to_user_id, about, kind, created_at, id) WHERE (about IS NOT NULL);
CREATE INDEX mails_created ON public.mails USING btree (organization_id, created_at DESC, id DESC);
CREATE INDEX mails_held ON public.mails USING btree (organization_id, created_at) WHERE (state = 'held'::text);
CREATE INDEX mails_to_user ON public.mails USING btree (to_user_id) WHERE (to_user_id IS NOT NULL);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;

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
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using (((organization_id = ( SELECT current_organization_id() AS current_organization_id)) OR (user_id = ( SELECT current_user_id() AS current_user_id)))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
CREATE TRIGGER memberships_changed AFTER UPDATE ON public.memberships FOR EACH ROW WHEN (((old.role IS DISTINCT FROM new.role) OR (old.ended_at IS DISTINCT FROM new.ended_at) OR (old.customer_id IS DISTINCT FROM new.customer_id))) EXECUTE FUNCTION tell_sessions_changed();
grant insert, select, update to retainer_app;
grant select to retainer_operator;

create table notification_preferences (
    organization_id uuid not null,
    user_id uuid not null,
    kind text not null,
    channel text not null,
    enabled boolean not null,
    constraint notification_preferences_channel_check CHECK ((channel = ANY (ARRAY['in_app'::text, 'mail'::text]))),
    constraint notification_preferences_kind_check CHECK ((kind = ANY (ARRAY['request'::text, 'status'::text, 'comment'::text, 'invoice'::text]))),
    constraint notification_preferences_organization_id_organization_id_fkey FOREIGN KEY (organization_id, organization_id) REFERENCES organizations(organization_id, id),
    constraint notification_preferences_pkey PRIMARY KEY (organization_id, user_id, kind, channel),
    constraint notification_preferences_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);
CREATE INDEX notification_preferences_user ON public.notification_preferences USING btree (user_id);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;

create table notifications (
    organization_id uuid not null,
    id uuid not null,
    user_id uuid not null,
    kind text not null,
    subject_kind text not null,
    subject_ref text not null,
    title text not null,
    text text not null,
    reason text not null,
    actor_name text not null,
    collapse_key text,
    times integer not null default 1,
    created_at timestamp with time zone not null,
    read_at timestamp with time zone,
    contract_number bigint not null,
    internal boolean not null default false,
    constraint notifications_kind_check CHECK ((kind = ANY (ARRAY['request'::text, 'status'::text, 'comment'::text, 'invoice'::text]))),
    constraint notifications_organization_id_organization_id_fkey FOREIGN KEY (organization_id, organization_id) REFERENCES organizations(organization_id, id),
    constraint notifications_pkey PRIMARY KEY (organization_id, id),
    constraint notifications_times_check CHECK ((times > 0)),
    constraint notifications_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);
CREATE UNIQUE INDEX notifications_collapse ON public.notifications USING btree (organization_id, user_id, collapse_key) WHERE ((read_at IS NULL) AND (collapse_key IS NOT NULL));
CREATE INDEX notifications_contract_number ON public.notifications USING btree (organization_id, contract_number);
CREATE INDEX notifications_mine ON public.notifications USING btree (organization_id, user_id, created_at DESC, id DESC);
CREATE INDEX notifications_of_user ON public.notifications USING btree (user_id, organization_id);
CREATE INDEX notifications_read_of ON public.notifications USING btree (organization_id, user_id, subject_kind, subject_ref, created_at) WHERE (read_at IS NOT NULL);
CREATE INDEX notifications_unread ON public.notifications USING btree (organization_id, user_id) WHERE (read_at IS NULL);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false) AND (NOT internal)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select (contract_number), select (created_at), select (id), select (kind), select (organization_id), select (read_at), select (subject_kind), select (subject_ref), select (text), select (title), select (user_id) to retainer_contract_consulting;
grant select to retainer_operator;

create table organization_slugs (
    slug text not null,
    organization_id uuid not null,
    is_sample boolean not null default false,
    constraint organization_slugs_organization_id_key UNIQUE (organization_id),
    constraint organization_slugs_pkey PRIMARY KEY (slug)
);
CREATE INDEX organization_slugs_real ON public.organization_slugs USING btree (is_sample, slug);
-- row-level security: off
grant insert, select, update to retainer_app;
grant select to retainer_operator;

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
    days_to_pay smallint not null default 14,
    closing_since timestamp with time zone,
    closes_at timestamp with time zone,
    closing_reason text,
    closing_told smallint not null default 0,
    removal_begun_at timestamp with time zone,
    time_increment smallint not null default 1,
    payment_instructions text,
    making_ends_at timestamp with time zone,
    constraint organizations_check CHECK ((id = organization_id)),
    constraint organizations_closing_whole CHECK ((((closing_since IS NULL) = (closes_at IS NULL)) AND ((closing_since IS NOT NULL) OR (closing_reason IS NULL)))),
    constraint organizations_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    constraint organizations_days_to_pay CHECK (((days_to_pay >= 1) AND (days_to_pay <= 365))),
    constraint organizations_making_samples CHECK (((making_ends_at IS NULL) OR is_sample)),
    constraint organizations_pkey PRIMARY KEY (organization_id, id),
    constraint organizations_removal_closes CHECK (((removal_begun_at IS NULL) OR (closes_at IS NOT NULL) OR (making_ends_at IS NOT NULL))),
    constraint organizations_sign_up_check CHECK ((sign_up = ANY (ARRAY['open'::text, 'invitation'::text]))),
    constraint organizations_slug_check CHECK ((slug ~ '^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$'::text)),
    constraint organizations_time_increment CHECK ((time_increment = ANY (ARRAY[1, 6, 10, 15, 30])))
);
CREATE INDEX organizations_closing ON public.organizations USING btree (closes_at) WHERE (closes_at IS NOT NULL);
CREATE INDEX organizations_making ON public.organizations USING btree (making_ends_at) WHERE (making_ends_at IS NOT NULL);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
CREATE TRIGGER organizations_closing AFTER UPDATE ON public.organizations FOR EACH ROW WHEN ((old.closes_at IS DISTINCT FROM new.closes_at)) EXECUTE FUNCTION tell_sessions_changed();
grant insert, select, update to retainer_app;
grant select (organization_id), select (time_zone) to retainer_contract_consulting;
grant select to retainer_operator;

create table payments (
    organization_id uuid not null,
    id uuid not null,
    customer_id uuid not null,
    invoice_id uuid not null,
    method text not null,
    amount_minor bigint not null,
    currency text not null,
    received_at timestamp with time zone not null,
    reference text,
    provider text,
    provider_ref text,
    created_at timestamp with time zone not null,
    constraint payments_amount_minor_check CHECK ((amount_minor >= 0)),
    constraint payments_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    constraint payments_method_check CHECK ((method = ANY (ARRAY['manual'::text, 'imported'::text]))),
    constraint payments_one_per_invoice UNIQUE (organization_id, invoice_id),
    constraint payments_organization_id_customer_id_fkey FOREIGN KEY (organization_id, customer_id) REFERENCES customers(organization_id, id),
    constraint payments_organization_id_invoice_id_fkey FOREIGN KEY (organization_id, invoice_id) REFERENCES invoices(organization_id, id),
    constraint payments_pkey PRIMARY KEY (organization_id, id),
    constraint payments_provider_ref UNIQUE (organization_id, provider, provider_ref)
);
CREATE INDEX payments_customer ON public.payments USING btree (organization_id, customer_id, received_at DESC, id DESC);
CREATE INDEX payments_received ON public.payments USING btree (organization_id, received_at DESC, id DESC);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.payments FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select to retainer_app;
grant select (id), select (invoice_id), select (organization_id) to retainer_contract_consulting;
grant select to retainer_operator;

create table plan_versions (
    organization_id uuid not null,
    id uuid not null,
    plan_id uuid not null,
    number integer not null,
    price_minor bigint not null,
    currency text not null,
    period text not null,
    unit_code text not null,
    quantity bigint,
    rollover text not null,
    rollover_cap bigint,
    rollover_periods smallint,
    expiry text not null,
    expiry_count smallint,
    overage text not null,
    overage_limit bigint,
    overage_rate_minor bigint,
    overage_close text,
    trial_days smallint not null default 0,
    upgrade text not null,
    created_at timestamp with time zone not null,
    constraint plan_versions_cap CHECK (((rollover = 'cap'::text) = (rollover_cap IS NOT NULL))),
    constraint plan_versions_credit CHECK ((((overage = 'credit'::text) = (overage_limit IS NOT NULL)) AND ((overage_limit IS NULL) = (overage_close IS NULL)) AND ((overage_limit IS NULL) = (overage_rate_minor IS NULL)))),
    constraint plan_versions_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    constraint plan_versions_expiry CHECK (((expiry = ANY (ARRAY['periods'::text, 'days'::text])) = (expiry_count IS NOT NULL))),
    constraint plan_versions_expiry_check CHECK ((expiry = ANY (ARRAY['period_end'::text, 'periods'::text, 'days'::text, 'never'::text]))),
    constraint plan_versions_expiry_count_check CHECK ((expiry_count > 0)),
    constraint plan_versions_number UNIQUE (organization_id, plan_id, number),
    constraint plan_versions_number_check CHECK ((number > 0)),
    constraint plan_versions_organization_id_plan_id_fkey FOREIGN KEY (organization_id, plan_id) REFERENCES plans(organization_id, id),
    constraint plan_versions_overage_check CHECK ((overage = ANY (ARRAY['block'::text, 'ask'::text, 'credit'::text]))),
    constraint plan_versions_overage_close_check CHECK ((overage_close = ANY (ARRAY['bill'::text, 'carry'::text, 'forgive'::text]))),
    constraint plan_versions_overage_limit_check CHECK ((overage_limit > 0)),
    constraint plan_versions_overage_rate_minor_check CHECK ((overage_rate_minor >= 0)),
    constraint plan_versions_period_check CHECK ((period = ANY (ARRAY['day'::text, 'week'::text, 'month'::text, 'year'::text, 'once'::text]))),
    constraint plan_versions_pkey PRIMARY KEY (organization_id, id),
    constraint plan_versions_price_minor_check CHECK ((price_minor >= 0)),
    constraint plan_versions_quantity_check CHECK ((quantity > 0)),
    constraint plan_versions_rollover_cap_check CHECK ((rollover_cap > 0)),
    constraint plan_versions_rollover_check CHECK ((rollover = ANY (ARRAY['none'::text, 'cap'::text, 'all'::text]))),
    constraint plan_versions_rollover_periods_check CHECK ((rollover_periods > 0)),
    constraint plan_versions_trial_days_check CHECK (((trial_days >= 0) AND (trial_days <= 366))),
    constraint plan_versions_unit_code_check CHECK (((unit_code = ANY (ARRAY['hour'::text, 'session'::text, 'message'::text, 'token'::text, 'seat'::text])) OR (unit_code ~ '^money:[A-Z]{3}$'::text))),
    constraint plan_versions_upgrade_check CHECK ((upgrade = ANY (ARRAY['replace'::text, 'stack'::text])))
);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.plan_versions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select to retainer_app;
grant select (id), select (organization_id), select (plan_id), select (quantity), select (unit_code) to retainer_contract_consulting;
grant select to retainer_operator;

create table plans (
    organization_id uuid not null,
    id uuid not null,
    name text not null,
    created_at timestamp with time zone not null,
    archived_at timestamp with time zone,
    version bigint not null default 1,
    constraint plans_organization_id_organization_id_fkey FOREIGN KEY (organization_id, organization_id) REFERENCES organizations(organization_id, id),
    constraint plans_pkey PRIMARY KEY (organization_id, id)
);
CREATE INDEX plans_created ON public.plans USING btree (organization_id, created_at, id);
CREATE UNIQUE INDEX plans_name ON public.plans USING btree (organization_id, lower(name)) WHERE (archived_at IS NULL);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select (id), select (name), select (organization_id) to retainer_contract_consulting;
grant select to retainer_operator;

create unlogged table rate_limits (
    key text not null,
    arrives_at timestamp with time zone not null,
    constraint rate_limits_pkey PRIMARY KEY (key)
);
CREATE INDEX rate_limits_old ON public.rate_limits USING btree (arrives_at);
-- row-level security: off
grant delete, insert, select, update to retainer_app;

create table recovery_codes (
    user_id uuid not null,
    code_hash bytea not null,
    created_at timestamp with time zone not null,
    used_at timestamp with time zone,
    constraint recovery_codes_pkey PRIMARY KEY (user_id, code_hash),
    constraint recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);
-- row-level security: enabled, forced
create policy own for all to retainer_app, the owner using ((user_id = ( SELECT current_user_id() AS current_user_id))) with check ((user_id = ( SELECT current_user_id() AS current_user_id)));
grant delete, insert, select, update to retainer_app;

create table refunds (
    organization_id uuid not null,
    id uuid not null,
    payment_id uuid not null,
    customer_id uuid not null,
    amount_minor bigint not null,
    currency text not null,
    reason text not null,
    refunded_at timestamp with time zone not null,
    created_at timestamp with time zone not null,
    constraint refunds_amount_minor_check CHECK ((amount_minor > 0)),
    constraint refunds_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    constraint refunds_organization_id_customer_id_fkey FOREIGN KEY (organization_id, customer_id) REFERENCES customers(organization_id, id),
    constraint refunds_organization_id_payment_id_fkey FOREIGN KEY (organization_id, payment_id) REFERENCES payments(organization_id, id),
    constraint refunds_pkey PRIMARY KEY (organization_id, id)
);
CREATE INDEX refunds_customer ON public.refunds USING btree (organization_id, customer_id, refunded_at DESC, id DESC);
CREATE INDEX refunds_payment ON public.refunds USING btree (organization_id, payment_id);
CREATE INDEX refunds_refunded ON public.refunds USING btree (organization_id, refunded_at DESC, id DESC);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.refunds FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select to retainer_app;
grant select (amount_minor), select (organization_id), select (payment_id) to retainer_contract_consulting;
grant select to retainer_operator;

create table samples (
    organization_id uuid not null,
    state text not null,
    made_id uuid,
    slug text,
    ordered_by uuid not null,
    ordered_at timestamp with time zone not null,
    day integer not null default 0,
    days integer not null default 0,
    told_at timestamp with time zone not null,
    constraint samples_ordered_by_fkey FOREIGN KEY (ordered_by) REFERENCES users(id),
    constraint samples_organization_id_organization_id_fkey FOREIGN KEY (organization_id, organization_id) REFERENCES organizations(organization_id, id),
    constraint samples_pkey PRIMARY KEY (organization_id),
    constraint samples_state_check CHECK ((state = ANY (ARRAY['ordered'::text, 'making'::text, 'ready'::text, 'failed'::text, 'discarded'::text]))),
    constraint samples_whole CHECK (((state = ANY (ARRAY['ordered'::text, 'failed'::text, 'discarded'::text])) OR ((made_id IS NOT NULL) AND (slug IS NOT NULL))))
);
CREATE INDEX samples_ordered_by ON public.samples USING btree (ordered_by);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;

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
CREATE INDEX secret_links_old ON public.secret_links USING btree (expires_at, organization_id);
CREATE UNIQUE INDEX secret_links_token ON public.secret_links USING btree (organization_id, token_hash);
CREATE INDEX secret_links_user ON public.secret_links USING btree (user_id, purpose);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using (((organization_id = ( SELECT current_organization_id() AS current_organization_id)) OR (user_id = ( SELECT current_user_id() AS current_user_id)))) with check (((organization_id = ( SELECT current_organization_id() AS current_organization_id)) OR (user_id = ( SELECT current_user_id() AS current_user_id))));
grant delete, insert, select, update to retainer_app;
grant select to retainer_operator;

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
CREATE INDEX sessions_old ON public.sessions USING btree (expires_at, organization_id);
CREATE UNIQUE INDEX sessions_token ON public.sessions USING btree (organization_id, token_hash);
CREATE INDEX sessions_user ON public.sessions USING btree (user_id) WHERE (revoked_at IS NULL);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using (((organization_id = ( SELECT current_organization_id() AS current_organization_id)) OR (user_id = ( SELECT current_user_id() AS current_user_id)))) with check (((organization_id = ( SELECT current_organization_id() AS current_organization_id)) OR (user_id = ( SELECT current_user_id() AS current_user_id))));
CREATE TRIGGER sessions_revoked AFTER UPDATE ON public.sessions FOR EACH ROW WHEN (((old.revoked_at IS DISTINCT FROM new.revoked_at) OR (old.expires_at > new.expires_at))) EXECUTE FUNCTION tell_sessions_changed();
grant delete, insert, select, update to retainer_app;
grant select to retainer_operator;

create table subscription_changes (
    organization_id uuid not null,
    subscription_id uuid not null,
    seq integer not null,
    what text not null,
    from_state text,
    to_state text not null,
    reason text,
    actor_user_id uuid,
    actor_name text not null,
    at timestamp with time zone not null,
    constraint subscription_changes_actor_user_id_fkey FOREIGN KEY (actor_user_id) REFERENCES users(id),
    constraint subscription_changes_organization_id_subscription_id_fkey FOREIGN KEY (organization_id, subscription_id) REFERENCES subscriptions(organization_id, id),
    constraint subscription_changes_pkey PRIMARY KEY (organization_id, subscription_id, seq),
    constraint subscription_changes_seq_check CHECK ((seq > 0))
);
CREATE INDEX subscription_changes_actor ON public.subscription_changes USING btree (actor_user_id) WHERE (actor_user_id IS NOT NULL);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.subscription_changes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select to retainer_app;
grant select to retainer_operator;

create table subscription_periods (
    organization_id uuid not null,
    subscription_id uuid not null,
    number integer not null,
    plan_version_id uuid not null,
    starts_at timestamp with time zone not null,
    ends_at timestamp with time zone,
    state text not null,
    invoice_id uuid,
    lot_id uuid,
    credit_lot_id uuid,
    created_at timestamp with time zone not null,
    granted_at timestamp with time zone,
    credit_watched boolean not null default false,
    credit_billed bigint not null default 0,
    constraint subscription_periods_check CHECK (((state = 'granted'::text) = (granted_at IS NOT NULL))),
    constraint subscription_periods_credit_billed_check CHECK ((credit_billed >= 0)),
    constraint subscription_periods_number_check CHECK ((number >= 0)),
    constraint subscription_periods_organization_id_credit_lot_id_fkey FOREIGN KEY (organization_id, credit_lot_id) REFERENCES allowance_lots(organization_id, id),
    constraint subscription_periods_organization_id_invoice_id_fkey FOREIGN KEY (organization_id, invoice_id) REFERENCES invoices(organization_id, id),
    constraint subscription_periods_organization_id_lot_id_fkey FOREIGN KEY (organization_id, lot_id) REFERENCES allowance_lots(organization_id, id),
    constraint subscription_periods_organization_id_plan_version_id_fkey FOREIGN KEY (organization_id, plan_version_id) REFERENCES plan_versions(organization_id, id),
    constraint subscription_periods_organization_id_subscription_id_fkey FOREIGN KEY (organization_id, subscription_id) REFERENCES subscriptions(organization_id, id),
    constraint subscription_periods_pkey PRIMARY KEY (organization_id, subscription_id, number),
    constraint subscription_periods_start UNIQUE (organization_id, subscription_id, starts_at),
    constraint subscription_periods_state_check CHECK ((state = ANY (ARRAY['billed'::text, 'granted'::text, 'lapsed'::text, 'skipped'::text])))
);
CREATE INDEX subscription_periods_credit_lot ON public.subscription_periods USING btree (organization_id, credit_lot_id) WHERE (credit_lot_id IS NOT NULL);
CREATE INDEX subscription_periods_invoice ON public.subscription_periods USING btree (organization_id, invoice_id) WHERE (invoice_id IS NOT NULL);
CREATE INDEX subscription_periods_lot ON public.subscription_periods USING btree (organization_id, lot_id) WHERE (lot_id IS NOT NULL);
CREATE INDEX subscription_periods_plan_version ON public.subscription_periods USING btree (organization_id, plan_version_id);
CREATE INDEX subscription_periods_watched ON public.subscription_periods USING btree (organization_id, subscription_id) WHERE credit_watched;
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select (ends_at), select (lot_id), select (number), select (organization_id), select (starts_at), select (state), select (subscription_id) to retainer_contract_consulting;
grant select to retainer_operator;

create table subscriptions (
    organization_id uuid not null,
    id uuid not null,
    customer_id uuid not null,
    plan_version_id uuid not null,
    next_plan_version_id uuid,
    state text not null,
    anchor_at timestamp with time zone,
    anchor_number integer not null default 0,
    next_number integer not null default 0,
    renews_at timestamp with time zone,
    trial_ends_at timestamp with time zone,
    paused_at timestamp with time zone,
    cancel_at_period_end boolean not null default false,
    created_at timestamp with time zone not null,
    ended_at timestamp with time zone,
    version bigint not null default 1,
    contract_number bigint not null,
    constraint subscriptions_check CHECK (((state = ANY (ARRAY['cancelled'::text, 'ended'::text])) = (ended_at IS NOT NULL))),
    constraint subscriptions_check1 CHECK (((state = 'paused'::text) = (paused_at IS NOT NULL))),
    constraint subscriptions_organization_id_customer_id_fkey FOREIGN KEY (organization_id, customer_id) REFERENCES customers(organization_id, id),
    constraint subscriptions_organization_id_next_plan_version_id_fkey FOREIGN KEY (organization_id, next_plan_version_id) REFERENCES plan_versions(organization_id, id),
    constraint subscriptions_organization_id_plan_version_id_fkey FOREIGN KEY (organization_id, plan_version_id) REFERENCES plan_versions(organization_id, id),
    constraint subscriptions_pkey PRIMARY KEY (organization_id, id),
    constraint subscriptions_state_check CHECK ((state = ANY (ARRAY['incomplete'::text, 'active'::text, 'past_due'::text, 'paused'::text, 'cancelled'::text, 'ended'::text])))
);
CREATE INDEX subscriptions_contract_number ON public.subscriptions USING btree (organization_id, contract_number);
CREATE INDEX subscriptions_created ON public.subscriptions USING btree (organization_id, created_at DESC, id DESC);
CREATE INDEX subscriptions_customer ON public.subscriptions USING btree (organization_id, customer_id, created_at DESC, id DESC);
CREATE INDEX subscriptions_due ON public.subscriptions USING btree (renews_at) WHERE (state = ANY (ARRAY['active'::text, 'past_due'::text]));
CREATE INDEX subscriptions_next_plan ON public.subscriptions USING btree (organization_id, next_plan_version_id) WHERE (next_plan_version_id IS NOT NULL);
CREATE UNIQUE INDEX subscriptions_one_live ON public.subscriptions USING btree (organization_id, customer_id) WHERE (state = ANY (ARRAY['incomplete'::text, 'active'::text, 'past_due'::text, 'paused'::text]));
CREATE INDEX subscriptions_plan ON public.subscriptions USING btree (organization_id, plan_version_id, state);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select (contract_number), select (created_at), select (customer_id), select (ended_at), select (id), select (organization_id), select (plan_version_id), select (state), select (trial_ends_at), select (version) to retainer_contract_consulting;
grant select to retainer_operator;

create table ticket_comments (
    organization_id uuid not null,
    id uuid not null,
    ticket_id uuid not null,
    origin_ticket_id uuid not null,
    author_user_id uuid,
    author_name text,
    side text not null,
    message text not null,
    internal boolean not null,
    created_at timestamp with time zone not null,
    contract_number bigint not null,
    constraint ticket_comments_author_user_id_fkey FOREIGN KEY (author_user_id) REFERENCES users(id),
    constraint ticket_comments_customers_write_in_public CHECK (((side = 'staff'::text) OR (NOT internal))),
    constraint ticket_comments_organization_id_origin_ticket_id_fkey FOREIGN KEY (organization_id, origin_ticket_id) REFERENCES tickets(organization_id, id),
    constraint ticket_comments_organization_id_ticket_id_fkey FOREIGN KEY (organization_id, ticket_id) REFERENCES tickets(organization_id, id),
    constraint ticket_comments_pkey PRIMARY KEY (organization_id, id),
    constraint ticket_comments_side_check CHECK ((side = ANY (ARRAY['customer'::text, 'staff'::text])))
);
CREATE INDEX ticket_comments_by_author ON public.ticket_comments USING btree (author_user_id, organization_id) WHERE (author_user_id IS NOT NULL);
CREATE INDEX ticket_comments_contract_number ON public.ticket_comments USING btree (organization_id, contract_number);
CREATE INDEX ticket_comments_origin ON public.ticket_comments USING btree (organization_id, origin_ticket_id);
CREATE INDEX ticket_comments_ticket ON public.ticket_comments USING btree (organization_id, ticket_id, created_at, id);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false) AND (NOT internal)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
CREATE TRIGGER comments_added AFTER INSERT ON public.ticket_comments REFERENCING NEW TABLE AS now_there FOR EACH STATEMENT EXECUTE FUNCTION comments_changed();
CREATE TRIGGER comments_moved AFTER UPDATE ON public.ticket_comments REFERENCING NEW TABLE AS now_there FOR EACH STATEMENT EXECUTE FUNCTION comments_changed();
grant insert, select, update (ticket_id) to retainer_app;
grant select (author_user_id), select (contract_number), select (created_at), select (id), select (internal), select (message), select (organization_id), select (side), select (ticket_id) to retainer_contract_consulting;
grant select to retainer_operator;

create table ticket_events (
    organization_id uuid not null,
    id uuid not null,
    ticket_id uuid not null,
    at timestamp with time zone not null,
    kind text not null,
    actor_user_id uuid,
    actor_name text,
    reason text,
    internal boolean not null,
    detail jsonb not null default '{}'::jsonb,
    constraint ticket_events_actor_user_id_fkey FOREIGN KEY (actor_user_id) REFERENCES users(id),
    constraint ticket_events_organization_id_ticket_id_fkey FOREIGN KEY (organization_id, ticket_id) REFERENCES tickets(organization_id, id),
    constraint ticket_events_pkey PRIMARY KEY (organization_id, id)
);
CREATE INDEX ticket_events_actor ON public.ticket_events USING btree (actor_user_id) WHERE (actor_user_id IS NOT NULL);
CREATE INDEX ticket_events_ticket ON public.ticket_events USING btree (organization_id, ticket_id, at, id);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.ticket_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select to retainer_app;
grant select to retainer_operator;

create table ticket_holds (
    organization_id uuid not null,
    hold_id uuid not null,
    ticket_id uuid not null,
    origin_ticket_id uuid not null,
    open_seconds bigint not null,
    created_at timestamp with time zone not null,
    constraint ticket_holds_open_seconds_check CHECK ((open_seconds >= 0)),
    constraint ticket_holds_organization_id_hold_id_fkey FOREIGN KEY (organization_id, hold_id) REFERENCES allowance_holds(organization_id, id),
    constraint ticket_holds_organization_id_origin_ticket_id_fkey FOREIGN KEY (organization_id, origin_ticket_id) REFERENCES tickets(organization_id, id),
    constraint ticket_holds_organization_id_ticket_id_fkey FOREIGN KEY (organization_id, ticket_id) REFERENCES tickets(organization_id, id),
    constraint ticket_holds_pkey PRIMARY KEY (organization_id, hold_id)
);
CREATE INDEX ticket_holds_origin ON public.ticket_holds USING btree (organization_id, origin_ticket_id);
CREATE INDEX ticket_holds_ticket ON public.ticket_holds USING btree (organization_id, ticket_id, created_at, hold_id);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update (open_seconds), update (ticket_id) to retainer_app;
grant select to retainer_operator;

create table ticket_numbers (
    organization_id uuid not null,
    last bigint not null,
    constraint ticket_numbers_last_check CHECK ((last > 0)),
    constraint ticket_numbers_organization_id_organization_id_fkey FOREIGN KEY (organization_id, organization_id) REFERENCES organizations(organization_id, id),
    constraint ticket_numbers_pkey PRIMARY KEY (organization_id)
);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;

create table ticket_time_entries (
    organization_id uuid not null,
    id uuid not null,
    ticket_id uuid not null,
    origin_ticket_id uuid not null,
    membership_id uuid not null,
    started_at timestamp with time zone not null,
    seconds bigint not null,
    note text,
    billable boolean not null,
    created_at timestamp with time zone not null,
    removed_at timestamp with time zone,
    version bigint not null default 1,
    billed_seconds bigint,
    increment_minutes smallint,
    constraint ticket_time_entries_billed CHECK ((billed_seconds >= seconds)),
    constraint ticket_time_entries_increment CHECK ((increment_minutes = ANY (ARRAY[1, 6, 10, 15, 30]))) NOT VALID,
    constraint ticket_time_entries_organization_id_membership_id_fkey FOREIGN KEY (organization_id, membership_id) REFERENCES memberships(organization_id, id),
    constraint ticket_time_entries_organization_id_origin_ticket_id_fkey FOREIGN KEY (organization_id, origin_ticket_id) REFERENCES tickets(organization_id, id),
    constraint ticket_time_entries_organization_id_ticket_id_fkey FOREIGN KEY (organization_id, ticket_id) REFERENCES tickets(organization_id, id),
    constraint ticket_time_entries_pkey PRIMARY KEY (organization_id, id),
    constraint ticket_time_entries_seconds_check CHECK ((seconds > 0))
);
CREATE INDEX ticket_time_entries_member ON public.ticket_time_entries USING btree (organization_id, membership_id, started_at);
CREATE INDEX ticket_time_entries_origin ON public.ticket_time_entries USING btree (organization_id, origin_ticket_id);
CREATE INDEX ticket_time_entries_ticket ON public.ticket_time_entries USING btree (organization_id, ticket_id, started_at, id);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update (billable), update (billed_seconds), update (increment_minutes), update (note), update (removed_at), update (seconds), update (started_at), update (ticket_id), update (version) to retainer_app;
grant select to retainer_operator;

create table ticket_timers (
    organization_id uuid not null,
    membership_id uuid not null,
    ticket_id uuid not null,
    started_at timestamp with time zone not null,
    constraint ticket_timers_organization_id_membership_id_fkey FOREIGN KEY (organization_id, membership_id) REFERENCES memberships(organization_id, id),
    constraint ticket_timers_organization_id_ticket_id_fkey FOREIGN KEY (organization_id, ticket_id) REFERENCES tickets(organization_id, id),
    constraint ticket_timers_pkey PRIMARY KEY (organization_id, membership_id)
);
CREATE INDEX ticket_timers_ticket ON public.ticket_timers USING btree (organization_id, ticket_id);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant delete, insert, select, update to retainer_app;
grant select to retainer_operator;

create table ticket_view_defaults (
    organization_id uuid not null,
    membership_id uuid not null,
    view_id uuid not null,
    constraint ticket_view_defaults_organization_id_membership_id_fkey FOREIGN KEY (organization_id, membership_id) REFERENCES memberships(organization_id, id),
    constraint ticket_view_defaults_organization_id_view_id_fkey FOREIGN KEY (organization_id, view_id) REFERENCES ticket_views(organization_id, id) ON DELETE CASCADE,
    constraint ticket_view_defaults_pkey PRIMARY KEY (organization_id, membership_id)
);
CREATE INDEX ticket_view_defaults_view ON public.ticket_view_defaults USING btree (organization_id, view_id);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant delete, insert, select, update (view_id) to retainer_app;
grant select to retainer_operator;

create table ticket_views (
    organization_id uuid not null,
    id uuid not null,
    membership_id uuid not null,
    name text not null,
    shared boolean not null,
    status text,
    customer_id uuid,
    assignee_id uuid,
    tag text,
    priority text,
    words text,
    sort text,
    created_at timestamp with time zone not null,
    unassigned boolean not null default false,
    constraint ticket_views_assignee FOREIGN KEY (organization_id, assignee_id) REFERENCES memberships(organization_id, id),
    constraint ticket_views_customer FOREIGN KEY (organization_id, customer_id) REFERENCES customers(organization_id, id),
    constraint ticket_views_name_check CHECK (((length(name) >= 1) AND (length(name) <= 255))),
    constraint ticket_views_of_one CHECK ((NOT (unassigned AND (assignee_id IS NOT NULL)))),
    constraint ticket_views_organization_id_membership_id_fkey FOREIGN KEY (organization_id, membership_id) REFERENCES memberships(organization_id, id),
    constraint ticket_views_pkey PRIMARY KEY (organization_id, id),
    constraint ticket_views_priority_check CHECK ((priority = ANY (ARRAY['Low'::text, 'Medium'::text, 'High'::text, 'Urgent'::text]))),
    constraint ticket_views_sort_check CHECK ((sort = ANY (ARRAY['priority'::text, 'held'::text, 'oldest'::text, 'customer'::text, 'assignee'::text, 'status'::text]))),
    constraint ticket_views_status_check CHECK ((status = ANY (ARRAY['open'::text, 'pending'::text, 'in_progress'::text, 'completed'::text, 'rejected'::text])))
);
CREATE UNIQUE INDEX ticket_views_name ON public.ticket_views USING btree (organization_id, membership_id, lower(name));
CREATE INDEX ticket_views_of_assignee ON public.ticket_views USING btree (organization_id, assignee_id) WHERE (assignee_id IS NOT NULL);
CREATE INDEX ticket_views_of_customer ON public.ticket_views USING btree (organization_id, customer_id) WHERE (customer_id IS NOT NULL);
CREATE INDEX ticket_views_shared ON public.ticket_views USING btree (organization_id) WHERE shared;
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant delete, insert, select, update (name), update (shared) to retainer_app;
grant select to retainer_operator;

create table tickets (
    organization_id uuid not null,
    id uuid not null,
    number text not null,
    customer_id uuid not null,
    title text not null,
    details text,
    priority text not null,
    status text not null default 'pending'::text,
    wanted_seconds bigint not null,
    held_seconds bigint not null default 0,
    used_seconds bigint not null default 0,
    asked_seconds bigint,
    assignee_id uuid,
    tags text[] not null default '{}'::text[],
    opened_by_user_id uuid,
    merged_into_id uuid,
    created_at timestamp with time zone not null,
    closed_at timestamp with time zone,
    version bigint not null default 1,
    search tsvector not null default (setweight(to_tsvector('simple'::regconfig, title), 'A'::"char") || setweight(to_tsvector('simple'::regconfig, COALESCE(details, ''::text)), 'B'::"char")),
    contract_number bigint not null,
    talk tsvector,
    notes tsvector,
    constraint tickets_asked_seconds_check CHECK ((asked_seconds > 0)),
    constraint tickets_closed_holds_nothing CHECK (((status = ANY (ARRAY['pending'::text, 'in_progress'::text])) OR (held_seconds = 0))),
    constraint tickets_closed_when CHECK (((closed_at IS NOT NULL) = ((status = ANY (ARRAY['completed'::text, 'rejected'::text])) OR (merged_into_id IS NOT NULL)))),
    constraint tickets_held_seconds_check CHECK ((held_seconds >= 0)),
    constraint tickets_not_into_itself CHECK ((merged_into_id <> id)),
    constraint tickets_number UNIQUE (organization_id, number),
    constraint tickets_number_check CHECK ((number <> ''::text)),
    constraint tickets_opened_by_user_id_fkey FOREIGN KEY (opened_by_user_id) REFERENCES users(id),
    constraint tickets_organization_id_assignee_id_fkey FOREIGN KEY (organization_id, assignee_id) REFERENCES memberships(organization_id, id),
    constraint tickets_organization_id_customer_id_fkey FOREIGN KEY (organization_id, customer_id) REFERENCES customers(organization_id, id),
    constraint tickets_organization_id_merged_into_id_fkey FOREIGN KEY (organization_id, merged_into_id) REFERENCES tickets(organization_id, id),
    constraint tickets_pkey PRIMARY KEY (organization_id, id),
    constraint tickets_priority_check CHECK ((priority = ANY (ARRAY['Low'::text, 'Medium'::text, 'High'::text, 'Urgent'::text]))),
    constraint tickets_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'in_progress'::text, 'completed'::text, 'rejected'::text]))),
    constraint tickets_used_seconds_check CHECK ((used_seconds >= 0)),
    constraint tickets_wanted_seconds_check CHECK ((wanted_seconds >= 0))
);
CREATE INDEX tickets_assignee ON public.tickets USING btree (organization_id, assignee_id, created_at DESC) WHERE (assignee_id IS NOT NULL);
CREATE INDEX tickets_completed ON public.tickets USING btree (organization_id, closed_at DESC, id DESC) WHERE ((status = 'completed'::text) AND (merged_into_id IS NULL));
CREATE INDEX tickets_contract_number ON public.tickets USING btree (organization_id, contract_number);
CREATE INDEX tickets_created ON public.tickets USING btree (organization_id, created_at DESC, id DESC);
CREATE INDEX tickets_customer ON public.tickets USING btree (organization_id, customer_id, created_at DESC, id DESC);
CREATE INDEX tickets_merged ON public.tickets USING btree (organization_id, merged_into_id) WHERE (merged_into_id IS NOT NULL);
CREATE INDEX tickets_opened_by ON public.tickets USING btree (opened_by_user_id) WHERE (opened_by_user_id IS NOT NULL);
CREATE INDEX tickets_running_number ON public.tickets USING btree (organization_id, split_part(number, '-'::text, 4));
CREATE INDEX tickets_status ON public.tickets USING btree (organization_id, status, created_at DESC, id DESC);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select (contract_number), select (created_at), select (customer_id), select (details), select (id), select (merged_into_id), select (number), select (organization_id), select (priority), select (status), select (title), select (used_seconds), select (version), select (wanted_seconds) to retainer_contract_consulting;
grant select to retainer_operator;

create table top_ups (
    organization_id uuid not null,
    id uuid not null,
    customer_id uuid not null,
    unit_code text not null,
    quantity bigint not null,
    expires_at timestamp with time zone,
    lot_id uuid,
    created_at timestamp with time zone not null,
    granted_at timestamp with time zone,
    constraint top_ups_check CHECK (((lot_id IS NULL) = (granted_at IS NULL))),
    constraint top_ups_organization_id_customer_id_fkey FOREIGN KEY (organization_id, customer_id) REFERENCES customers(organization_id, id),
    constraint top_ups_organization_id_lot_id_fkey FOREIGN KEY (organization_id, lot_id) REFERENCES allowance_lots(organization_id, id),
    constraint top_ups_pkey PRIMARY KEY (organization_id, id),
    constraint top_ups_quantity_check CHECK ((quantity > 0)),
    constraint top_ups_unit_code_check CHECK (((unit_code = ANY (ARRAY['hour'::text, 'session'::text, 'message'::text, 'token'::text, 'seat'::text])) OR (unit_code ~ '^money:[A-Z]{3}$'::text)))
);
CREATE INDEX top_ups_customer ON public.top_ups USING btree (organization_id, customer_id, created_at DESC, id DESC);
CREATE INDEX top_ups_lot ON public.top_ups USING btree (organization_id, lot_id) WHERE (lot_id IS NOT NULL);
-- row-level security: enabled, forced
create policy contract_reads for select using (((organization_id = contract_organization_id()) AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)));
create policy operator_reads for select to retainer_operator using (true);
create policy tenant for all to retainer_app, the owner using ((organization_id = ( SELECT current_organization_id() AS current_organization_id))) with check ((organization_id = ( SELECT current_organization_id() AS current_organization_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;

create table user_directory (
    email_hash bytea not null,
    user_id uuid not null,
    constraint user_directory_pkey PRIMARY KEY (email_hash),
    constraint user_directory_user_id_key UNIQUE (user_id)
);
-- row-level security: off
grant delete, insert, select, update to retainer_app;

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
create policy contract_reads for select using (((contract_organization_id() IS NOT NULL) AND (EXISTS ( SELECT
   FROM memberships m
  WHERE ((m.organization_id = contract_organization_id()) AND (m.user_id = users.id))))));
create policy enter for insert to retainer_app, the owner with check (((email_verified_at IS NULL) AND (totp_sealed IS NULL) AND (totp_confirmed_at IS NULL) AND (anonymised_at IS NULL)));
create policy leave for delete to retainer_app, the owner using ((id = ( SELECT current_user_id() AS current_user_id)));
create policy operator_reads for select to retainer_operator using (true);
create policy own for select to retainer_app, the owner using (((id = ( SELECT current_user_id() AS current_user_id)) OR (EXISTS ( SELECT
   FROM memberships m
  WHERE ((m.organization_id = ( SELECT current_organization_id() AS current_organization_id)) AND (m.user_id = users.id))))));
create policy own_change for update to retainer_app, the owner using ((id = ( SELECT current_user_id() AS current_user_id))) with check ((id = ( SELECT current_user_id() AS current_user_id)));
grant insert, select, update to retainer_app;
grant select to retainer_operator;

-- Functions, by signature; their text is in migrations/repeatable.
-- comments_changed() returns trigger
-- contract_dialect() returns text
-- contract_organization_id() returns uuid
-- contract_people() returns TABLE(user_id uuid, customer_id uuid)
-- contract_staff() returns TABLE(user_id uuid, role text, name text, email text, created_at timestamp with time zone, version bigint)
-- current_organization_id() returns uuid
-- current_user_id() returns uuid
-- customers_called(uuid,text) returns SETOF uuid
-- enqueue_job(text,jsonb,timestamp with time zone,text) returns void
-- forget_person(uuid,timestamp with time zone) returns boolean
-- gather_statistics(text[]) returns void
-- gather_talk(uuid,uuid[]) returns void
-- given_back(invoices) returns bigint
-- hours_are_declined(tickets) returns boolean
-- import_id(uuid,text,timestamp with time zone) returns uuid
-- is_offer(invoices) returns boolean
-- is_overtaken(mails) returns boolean
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
-- ledger_granted_in_series(allowance_operations,allowance_lots) returns bigint
-- ledger_hold(allowance_operations) returns jsonb
-- ledger_join(allowance_operations,uuid,timestamp with time zone) returns void
-- ledger_lock(allowance_operations,uuid) returns allowance_accounts
-- ledger_lock_hold(allowance_operations,boolean) returns allowance_holds
-- ledger_lock_lot(allowance_operations,text) returns allowance_lots
-- ledger_merged(allowance_operations,uuid,allowance_lots) returns bigint
-- ledger_merged_into(allowance_operations,allowance_lots) returns allowance_lots
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
-- ledger_replace(allowance_operations,allowance_lots,allowance_lots) returns allowance_lots
-- ledger_reseat(allowance_operations,allowance_accounts,timestamp with time zone) returns void
-- ledger_reserve(allowance_operations,uuid,bigint,text,timestamp with time zone) returns allowance_accounts
-- ledger_roll(allowance_operations,allowance_lots,bigint,timestamp with time zone,timestamp with time zone) returns uuid
-- ledger_rollover(allowance_operations) returns jsonb
-- ledger_schedule(allowance_operations,uuid) returns void
-- ledger_settle(allowance_operations) returns jsonb
-- ledger_settle_account(allowance_operations,uuid) returns integer
-- ledger_standing_plan(allowance_operations,allowance_lots) returns allowance_lots
-- ledger_terms(allowance_operations,uuid) returns allowance_lots
-- ledger_unfreeze(allowance_operations) returns jsonb
-- ledger_unit(allowance_operations,uuid) returns text
-- ledger_upgrade(allowance_operations) returns jsonb
-- ledger_upgrade_brings(uuid,uuid,bigint) returns bigint
-- ledger_void(allowance_operations) returns jsonb
-- ledger_void_lot(allowance_operations,uuid,text,timestamp with time zone) returns bigint
-- ledger_void_merged(allowance_operations,allowance_lots,text,timestamp with time zone) returns bigint
-- ledger_write_hold(allowance_operations,allowance_accounts,bigint,bigint) returns uuid
-- people_here(uuid[]) returns TABLE(id uuid, proved boolean)
-- people_only_here() returns SETOF uuid
-- prefixed_id(text,uuid) returns text
-- redact_customer(uuid,text[]) returns void
-- refuse_change() returns trigger
-- take_token(text,integer,interval,timestamp with time zone) returns interval
-- tell_sessions_changed() returns trigger
