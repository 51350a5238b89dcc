-- Archives that owners order of their own organization. The row is there before the file, which lies where files lie under the row's id,
-- and the file is let go (loose_files) when the row goes: so no file lies anywhere that no row knows of.
create table exports (
    organization_id uuid not null,
    id uuid not null,
    state text not null check (state in ('ordered', 'writing', 'ready', 'failed')),
    -- Who ordered it.
    ordered_by uuid not null references users (id),
    ordered_at timestamptz not null,
    -- How far its writing is, and when that was written down: a writing of which nothing is heard was cut off.
    percent integer not null default 0 check (percent between 0 and 100),
    told_at timestamptz not null,
    -- What it is once it is ready, and until when it is kept.
    name text,
    bytes bigint check (bytes >= 0),
    sha256 bytea check (length(sha256) = 32),
    ready_at timestamptz,
    expires_at timestamptz,
    -- Why it could not be written, as far as an owner can do something about it.
    failure text,
    constraint exports_ready_whole check (state <> 'ready'
        or (name is not null and bytes is not null and sha256 is not null and ready_at is not null and expires_at is not null)),
    primary key (organization_id, id),
    foreign key (organization_id, organization_id) references organizations (organization_id, id)
);
-- One at a time.
create unique index exports_one on exports (organization_id);
-- Asked across organizations by the duty, so the instant stands first.
create index exports_expiring on exports (expires_at, organization_id) where expires_at is not null;
create index exports_ordered_by on exports (ordered_by);
alter table exports enable row level security;
alter table exports force row level security;
create policy tenant on exports using (organization_id = (select current_organization_id()))
  with check (organization_id = (select current_organization_id()));
create policy operator_reads on exports for select to retainer_operator using (true);
grant select on exports to retainer_operator;
grant select, insert, update, delete on exports to retainer_app;
