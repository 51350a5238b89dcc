-- Two functions that every policy asks. They are `stable` and read a transaction-local setting, so PostgreSQL evaluates
-- them once per statement.
create function current_organization_id() returns uuid language sql stable parallel safe
    return nullif(current_setting('retainer.organization_id', true), '')::uuid;

create function current_user_id() returns uuid language sql stable parallel safe
    return nullif(current_setting('retainer.user_id', true), '')::uuid;

revoke create on schema public from public;
grant usage on schema public to retainer_app, retainer_operator;

-- A business: the tenant. Its id is the organization_id of everything else.
create table organizations (
    organization_id uuid not null,
    id uuid not null check (id = organization_id),
    slug text not null check (slug ~ '^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$'),
    name text not null,
    time_zone text not null default 'UTC',
    currency text not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
    -- Whether strangers may sign up as customers through the portal.
    sign_up text not null default 'open' check (sign_up in ('open', 'invitation')),
    is_sample boolean not null default false,
    created_at timestamptz not null,
    version bigint not null default 1,
    primary key (organization_id, id)
);
alter table organizations enable row level security;
alter table organizations force row level security;
create policy tenant on organizations
    using (organization_id = (select current_organization_id()))
    with check (organization_id = (select current_organization_id()));
create policy operator_reads on organizations for select to retainer_operator using (true);
grant select, insert, update on organizations to retainer_app;
grant select on organizations to retainer_operator;

-- The directory by which a door finds the organization that a URL names. Not a tenant table: it is asked before the
-- tenant is known, and holds nothing but the word in the URL.
create table organization_slugs (
    slug text primary key,
    organization_id uuid not null unique
);
grant select, insert, update on organization_slugs to retainer_app;
grant select on organization_slugs to retainer_operator;

-- Whether this installation has been set up: the hash of the single-use link, until it is used.
create table installation (
    singleton boolean primary key default true check (singleton),
    setup_token_hash bytea,
    setup_expires_at timestamptz,
    set_up_at timestamptz
);
insert into installation (singleton) values (true);
grant select, update on installation to retainer_app;
