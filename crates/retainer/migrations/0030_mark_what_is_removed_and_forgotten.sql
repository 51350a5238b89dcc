-- A removal that has begun cannot be called off, whatever the clocks of the servers say.
alter table organizations add column removal_begun_at timestamptz,
    add constraint organizations_removal_closes check (removal_begun_at is null or closes_at is not null) not valid;
-- Since when an imported row is forgotten, because its person was: the next import does not write it down again.
alter table external_refs add column redacted_at timestamptz;
-- An organization that came back from an archive may be removed again.
alter table deleted_organizations drop constraint deleted_organizations_pkey, add primary key (id, begun_at);
