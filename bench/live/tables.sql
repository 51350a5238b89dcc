-- What a comment writes, as the product's own statements do, for one organization and 200 tickets.
create table tickets (id int primary key, version bigint not null);
create table comments (organization_id uuid, id uuid default gen_random_uuid(), ticket int, at timestamptz, message text, primary key (organization_id, id));
create index on comments (organization_id, ticket, at, id);
create table audit (organization_id uuid, id uuid default gen_random_uuid(), at timestamptz, action text, after jsonb, primary key (organization_id, id));
create table notes (organization_id uuid, id uuid default gen_random_uuid(), usr int, title text, at timestamptz, read_at timestamptz, primary key (organization_id, id));
create index on notes (organization_id, usr, at desc, id desc);
create index on notes (organization_id, usr) where read_at is null;
create table live_counts (organization_id uuid primary key, last bigint not null);
create table live_changes (organization_id uuid, number bigint, at timestamptz, what text, subject text, primary key (organization_id, number));
create index on live_changes (at, organization_id);
insert into tickets select n, 1 from generate_series(1, 200) n;
