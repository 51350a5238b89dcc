-- A removal that has begun cannot be called off, whatever the clocks of the servers say. In a file of its own, because every
-- request reads this table.
alter table organizations add column removal_begun_at timestamptz,
    add constraint organizations_removal_closes check (removal_begun_at is null or closes_at is not null) not valid;
