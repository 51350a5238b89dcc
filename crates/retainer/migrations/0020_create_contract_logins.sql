-- Logins of PostgreSQL that read an organization's SQL contract. Which organization a login belongs to stands here and
-- nowhere else: the role's name says nothing, and no setting of the session does. Only the database's owner reads and
-- writes this table; the policies ask it through contract_organization_id(), which takes no argument.
create table contract_logins (
    role_name text primary key check (role_name ~ '^contract_[0-9a-z]{16}$'),
    organization_id uuid not null,
    dialect text not null,
    -- What people call it.
    login text not null check (login ~ '^[a-z][a-z0-9_-]{0,39}$'),
    granted_at timestamptz not null,
    rotated_at timestamptz,
    -- Set first, so that the login sees nothing more while its sessions are ended and its role is dropped.
    revoked_at timestamptz,
    foreign key (organization_id, organization_id) references organizations (organization_id, id),
    unique (organization_id, dialect, login)
);

-- An imported row may hold what a contract must not show: what proves who somebody is, and columns that no document
-- names. They stand apart: row || hidden is the row as the source wrote it. What is here already follows in 0028, because
-- this file locks the table.
alter table external_refs add column hidden jsonb not null default '{}',
    add constraint external_refs_hides check (not row ? 'password_hash') not valid,
    -- The customer that an import made beside a member of staff who buys; object_id is the user.
    add column customer_id uuid,
    add constraint external_refs_customer foreign key (organization_id, customer_id)
        references customers (organization_id, id) not valid;
