-- Since when an imported row is forgotten, because its person was: the next import does not write it down again.
alter table external_refs add column redacted_at timestamptz;
-- An organization that came back from an archive may be removed again.
alter table deleted_organizations drop constraint deleted_organizations_pkey, add primary key (id, begun_at);
