-- A person who can sign in. People may belong to several organizations, so this is not a tenant table; a row is seen
-- from the organizations that the person belongs to, and by the person.
create table users (
    id uuid primary key,
    email text not null,
    email_folded text not null unique,
    name text not null,
    -- A PHC string of argon2id, or an imported bcrypt hash until its next sign-in; null until a password is chosen.
    password_hash text,
    password_changed_at timestamptz,
    email_verified_at timestamptz,
    time_zone text,
    -- The shared secret of the authenticator app, sealed; confirmed once a code was given.
    totp_sealed bytea,
    totp_confirmed_at timestamptz,
    -- The last accepted time step, so that a code is good only once.
    totp_last_step bigint,
    created_at timestamptz not null,
    anonymised_at timestamptz,
    version bigint not null default 1
);

-- What a user is in an organization.
create table memberships (
    organization_id uuid not null,
    id uuid not null,
    user_id uuid not null references users (id),
    role text not null check (role in ('owner', 'admin', 'developer', 'member', 'analyst', 'customer')),
    customer_id uuid,
    created_at timestamptz not null,
    ended_at timestamptz,
    version bigint not null default 1,
    primary key (organization_id, id),
    foreign key (organization_id, organization_id) references organizations (organization_id, id),
    check ((role = 'customer') = (customer_id is not null))
);
create unique index memberships_one_per_user on memberships (organization_id, user_id) where ended_at is null;
create index memberships_user on memberships (user_id);
create index memberships_customer on memberships (organization_id, customer_id) where customer_id is not null;

alter table users enable row level security;
alter table users force row level security;
create policy own on users
    using (
        id = (select current_user_id())
        or exists (
            select from memberships m
            where m.organization_id = (select current_organization_id()) and m.user_id = users.id
        )
    )
    with check (true);
grant select, insert, update on users to retainer_app;
create policy operator_reads on users for select to retainer_operator using (true);
grant select on users to retainer_operator;

alter table memberships enable row level security;
alter table memberships force row level security;
-- A person also sees what they are elsewhere.
create policy tenant on memberships
    using (organization_id = (select current_organization_id()) or user_id = (select current_user_id()))
    with check (organization_id = (select current_organization_id()));
grant select, insert, update on memberships to retainer_app;
create policy operator_reads on memberships for select to retainer_operator using (true);
grant select on memberships to retainer_operator;

-- Finds the user of an address across organizations without showing addresses: the key is a keyed hash.
create table user_directory (
    email_hash bytea primary key,
    user_id uuid not null unique
);
grant select, insert, update, delete on user_directory to retainer_app;

-- A signed-in browser or an API token. Only the hash of the token is kept.
create table sessions (
    organization_id uuid not null,
    id uuid not null,
    user_id uuid not null references users (id),
    membership_id uuid not null,
    kind text not null check (kind in ('browser', 'api')),
    token_hash bytea not null,
    label text not null,
    address inet,
    user_agent text,
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, membership_id) references memberships (organization_id, id)
);
create unique index sessions_token on sessions (organization_id, token_hash);
create index sessions_user on sessions (user_id) where revoked_at is null;
create index sessions_membership on sessions (organization_id, membership_id);
alter table sessions enable row level security;
alter table sessions force row level security;
create policy tenant on sessions
    using (organization_id = (select current_organization_id()) or user_id = (select current_user_id()))
    with check (organization_id = (select current_organization_id()) or user_id = (select current_user_id()));
grant select, insert, update on sessions to retainer_app;
create policy operator_reads on sessions for select to retainer_operator using (true);
grant select on sessions to retainer_operator;

-- Single-use links: e-mail verification, password reset. Only the hash of the token is kept.
create table secret_links (
    organization_id uuid not null,
    id uuid not null,
    purpose text not null check (purpose in ('verify_email', 'reset_password', 'second_factor')),
    user_id uuid not null references users (id),
    token_hash bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, organization_id) references organizations (organization_id, id)
);
create unique index secret_links_token on secret_links (organization_id, token_hash);
create index secret_links_user on secret_links (user_id, purpose);
alter table secret_links enable row level security;
alter table secret_links force row level security;
create policy tenant on secret_links
    using (organization_id = (select current_organization_id()))
    with check (organization_id = (select current_organization_id()));
grant select, insert, update on secret_links to retainer_app;
create policy operator_reads on secret_links for select to retainer_operator using (true);
grant select on secret_links to retainer_operator;

-- An invitation to join; accepting makes a membership.
create table invitations (
    organization_id uuid not null,
    id uuid not null,
    email text not null,
    email_folded text not null,
    name text,
    role text not null check (role in ('owner', 'admin', 'developer', 'member', 'analyst', 'customer')),
    customer_id uuid,
    token_hash bytea not null,
    invited_by uuid references users (id),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    accepted_at timestamptz,
    revoked_at timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, organization_id) references organizations (organization_id, id),
    check ((role = 'customer') = (customer_id is not null))
);
create unique index invitations_token on invitations (organization_id, token_hash);
create unique index invitations_one_open on invitations (organization_id, email_folded)
    where accepted_at is null and revoked_at is null;
create index invitations_invited_by on invitations (invited_by);
create index invitations_customer on invitations (organization_id, customer_id) where customer_id is not null;
alter table invitations enable row level security;
alter table invitations force row level security;
create policy tenant on invitations
    using (organization_id = (select current_organization_id()))
    with check (organization_id = (select current_organization_id()));
grant select, insert, update on invitations to retainer_app;
create policy operator_reads on invitations for select to retainer_operator using (true);
grant select on invitations to retainer_operator;

-- How often something was tried: one row a key, the theoretical arrival time of the generic cell rate algorithm. Lost
-- in a crash, which only forgives. Not a tenant table: doors ask it before they know who is there; keys are hashes.
create unlogged table rate_limits (
    key text primary key,
    arrives_at timestamptz not null
);
create index rate_limits_old on rate_limits (arrives_at);
grant select, insert, update, delete on rate_limits to retainer_app;

-- Who changed what, when, from where. Append only: the application may not change or remove a row.
create table audit_entries (
    organization_id uuid not null,
    id uuid not null,
    at timestamptz not null,
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
    primary key (organization_id, id),
    foreign key (organization_id, organization_id) references organizations (organization_id, id)
        deferrable initially deferred
);
create index audit_entries_at on audit_entries (organization_id, at desc, id desc);
create index audit_entries_subject on audit_entries (organization_id, subject_id, at);
alter table audit_entries enable row level security;
alter table audit_entries force row level security;
create policy tenant on audit_entries
    using (organization_id = (select current_organization_id()))
    with check (organization_id = (select current_organization_id()));
grant select, insert on audit_entries to retainer_app;
create policy operator_reads on audit_entries for select to retainer_operator using (true);
grant select on audit_entries to retainer_operator;

-- The answers to POST requests that carried an Idempotency-Key, written in the same transaction as their effect.
create table idempotency_keys (
    organization_id uuid not null,
    actor_id uuid not null,
    key text not null,
    request text not null,
    request_hash bytea not null,
    status smallint,
    headers jsonb,
    body bytea,
    created_at timestamptz not null,
    primary key (organization_id, actor_id, key),
    foreign key (organization_id, organization_id) references organizations (organization_id, id)
);
create index idempotency_keys_old on idempotency_keys (organization_id, created_at);
alter table idempotency_keys enable row level security;
alter table idempotency_keys force row level security;
create policy tenant on idempotency_keys
    using (organization_id = (select current_organization_id()))
    with check (organization_id = (select current_organization_id()));
grant select, insert, update on idempotency_keys to retainer_app;
create policy operator_reads on idempotency_keys for select to retainer_operator using (true);
grant select on idempotency_keys to retainer_operator;
