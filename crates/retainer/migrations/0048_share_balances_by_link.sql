-- Links that show a customer's balance, and why it is so, to whoever has them. Only the hash of what stands in a link is kept.
create table balance_links (
    organization_id uuid not null,
    id uuid not null,
    customer_id uuid not null,
    token_hash bytea not null,
    -- What it was made for, in the words of whoever made it.
    label text not null,
    made_by_user_id uuid references users (id),
    made_by_name text,
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz,
    uses bigint not null default 0 check (uses >= 0),
    last_used_at timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, customer_id) references customers (organization_id, id),
    constraint balance_links_ends_after_beginning check (expires_at > created_at)
);
create unique index balance_links_token on balance_links (organization_id, token_hash);
create index balance_links_customer on balance_links (organization_id, customer_id, created_at desc, id desc);
create index balance_links_made_by on balance_links (made_by_user_id) where made_by_user_id is not null;

alter table balance_links enable row level security;
alter table balance_links force row level security;
create policy tenant on balance_links using (organization_id = (select current_organization_id()))
  with check (organization_id = (select current_organization_id()));
create policy operator_reads on balance_links for select to retainer_operator using (true);
grant select on balance_links to retainer_operator;
grant select, insert on balance_links to retainer_app;
grant update (revoked_at, uses, last_used_at, label) on balance_links to retainer_app;
