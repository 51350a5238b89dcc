-- Files that lie outside the database and belong to nothing: those that are just being received, and those that were let go. The row is
-- there before the file and goes after it, so nothing lies anywhere that no row knows of, whenever a server dies. A duty sweeps what is a
-- day old.
create table loose_files (
    organization_id uuid not null,
    id uuid not null,
    since timestamptz not null,
    primary key (organization_id, id),
    foreign key (organization_id, organization_id) references organizations (organization_id, id)
);
-- Asked across organizations by the duty, so the instant stands first.
create index loose_files_since on loose_files (since, organization_id);

-- How much of the storage an organization uses. The conditional update of its row is lock and check.
create table file_usage (
    organization_id uuid not null,
    files bigint not null check (files >= 0),
    bytes bigint not null check (bytes >= 0),
    primary key (organization_id),
    foreign key (organization_id, organization_id) references organizations (organization_id, id)
);

-- What is attached to tickets. The id is also the file's name where the files lie.
create table attachments (
    organization_id uuid not null,
    id uuid not null,
    ticket_id uuid not null,
    -- The ticket it was attached to, before a merge.
    origin_ticket_id uuid not null,
    -- The comment it came with, if it came with one.
    comment_id uuid,
    author_user_id uuid references users (id),
    author_name text,
    side text not null check (side in ('customer', 'staff')),
    internal boolean not null,
    name text not null check (length(name) between 1 and 200),
    -- What the bytes are, not what the name says.
    media_type text not null,
    bytes bigint not null check (bytes >= 0),
    sha256 bytea not null check (length(sha256) = 32),
    created_at timestamptz not null,
    -- The customer was anonymised: the file itself is gone.
    forgotten_at timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, ticket_id) references tickets (organization_id, id),
    foreign key (organization_id, origin_ticket_id) references tickets (organization_id, id),
    foreign key (organization_id, comment_id) references ticket_comments (organization_id, id),
    constraint attachments_customers_attach_in_public check (side = 'staff' or not internal)
);
create index attachments_ticket on attachments (organization_id, ticket_id, created_at, id);
create index attachments_origin on attachments (organization_id, origin_ticket_id);
create index attachments_comment on attachments (organization_id, comment_id) where comment_id is not null;
create index attachments_author on attachments (author_user_id) where author_user_id is not null;

do $$
declare
  v_table text;
begin
  foreach v_table in array array['loose_files', 'file_usage', 'attachments'] loop
    execute format('alter table %I enable row level security', v_table);
    execute format('alter table %I force row level security', v_table);
    execute format('create policy tenant on %I using (organization_id = (select current_organization_id()))
      with check (organization_id = (select current_organization_id()))', v_table);
    execute format('create policy operator_reads on %I for select to retainer_operator using (true)', v_table);
    execute format('grant select on %I to retainer_operator', v_table);
    execute format('grant select, insert on %I to retainer_app', v_table);
  end loop;
end
$$;
grant delete on loose_files, attachments to retainer_app;
grant update on file_usage to retainer_app;
-- A merge moves it; anonymising empties it.
grant update (ticket_id, name, media_type, bytes, author_name, forgotten_at) on attachments to retainer_app;
