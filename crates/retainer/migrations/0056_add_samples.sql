-- A sample organization: an invented business beside a real one, to look around in.

-- While it is being invented nothing falls due in it and nobody enters it; what is left when its making was cut off is removed after
-- this instant.
alter table organizations add column making_ends_at timestamptz;
alter table organizations add constraint organizations_making_samples check (making_ends_at is null or is_sample) not valid;
alter table organizations validate constraint organizations_making_samples;
create index organizations_making on organizations (making_ends_at) where making_ends_at is not null;
alter table organizations drop constraint organizations_removal_closes;
alter table organizations add constraint organizations_removal_closes
  check (removal_begun_at is null or closes_at is not null or making_ends_at is not null) not valid;
alter table organizations validate constraint organizations_removal_closes;

-- A sample is not what an address without a word means.
alter table organization_slugs add column is_sample boolean not null default false;
create index organization_slugs_real on organization_slugs (is_sample, slug);

-- The sample that an organization ordered: one at a time.
create table samples (
    organization_id uuid not null,
    state text not null check (state in ('ordered', 'making', 'ready', 'failed', 'discarded')),
    -- The organization that is made, and its word.
    made_id uuid,
    slug text,
    -- Who ordered it, and owns it.
    ordered_by uuid not null references users (id),
    ordered_at timestamptz not null,
    -- How far the story is told, and when that was written.
    day integer not null default 0,
    days integer not null default 0,
    told_at timestamptz not null,
    constraint samples_whole check (state in ('ordered', 'failed', 'discarded') or (made_id is not null and slug is not null)),
    primary key (organization_id)
);
create index samples_ordered_by on samples (ordered_by);
alter table samples add constraint samples_organization_id_organization_id_fkey
  foreign key (organization_id, organization_id) references organizations (organization_id, id);
alter table samples enable row level security;
alter table samples force row level security;
create policy tenant on samples using (organization_id = (select current_organization_id()))
  with check (organization_id = (select current_organization_id()));
create policy operator_reads on samples for select to retainer_operator using (true);
grant select on samples to retainer_operator;
grant select, insert, update on samples to retainer_app;
