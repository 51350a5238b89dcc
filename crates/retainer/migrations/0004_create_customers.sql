-- Who buys from an organization.
create table customers (
    organization_id uuid not null,
    id uuid not null,
    name text not null,
    email text,
    email_folded text,
    notes text,
    tags text[] not null default '{}',
    created_at timestamptz not null,
    archived_at timestamptz,
    anonymised_at timestamptz,
    version bigint not null default 1,
    primary key (organization_id, id),
    foreign key (organization_id, organization_id) references organizations (organization_id, id)
);
create unique index customers_email on customers (organization_id, email_folded) where archived_at is null;
create index customers_created on customers (organization_id, created_at desc, id desc);
create index customers_name on customers (organization_id, lower(name), id);
alter table customers enable row level security;
alter table customers force row level security;
create policy tenant on customers
    using (organization_id = (select current_organization_id()))
    with check (organization_id = (select current_organization_id()));
grant select, insert, update on customers to retainer_app;
create policy operator_reads on customers for select to retainer_operator using (true);
grant select on customers to retainer_operator;

alter table memberships add foreign key (organization_id, customer_id) references customers (organization_id, id);
alter table invitations add foreign key (organization_id, customer_id) references customers (organization_id, id);
