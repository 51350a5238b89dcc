-- Work that customers ask for and that uses their hours. The words and the rules are in crates/retainer/src/tickets/mod.rs.

-- The sequence of each organization from which the last four digits of its ticket numbers come.
create table ticket_numbers (
    organization_id uuid not null,
    last bigint not null check (last > 0),
    primary key (organization_id),
    foreign key (organization_id, organization_id) references organizations (organization_id, id)
);

create table tickets (
    organization_id uuid not null,
    id uuid not null,
    number text not null check (number <> ''),
    customer_id uuid not null,
    title text not null,
    details text,
    priority text not null check (priority in ('Low', 'Medium', 'High', 'Urgent')),
    status text not null default 'pending' check (status in ('pending', 'in_progress', 'completed', 'rejected')),
    wanted_seconds bigint not null check (wanted_seconds >= 0),
    -- What open holds have and what was captured, kept in step with the ledger under the ticket's lock, so that a list
    -- needs no other table.
    held_seconds bigint not null default 0 check (held_seconds >= 0),
    used_seconds bigint not null default 0 check (used_seconds >= 0),
    -- How many hours in all staff ask the customer to agree to, where the plan says that they must ask.
    asked_seconds bigint check (asked_seconds > 0),
    assignee_id uuid,
    tags text[] not null default '{}',
    opened_by_user_id uuid references users (id),
    merged_into_id uuid,
    created_at timestamptz not null,
    closed_at timestamptz,
    version bigint not null default 1,
    search tsvector not null generated always as (
        setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', coalesce(details, '')), 'B')
    ) stored,
    primary key (organization_id, id),
    foreign key (organization_id, customer_id) references customers (organization_id, id),
    foreign key (organization_id, assignee_id) references memberships (organization_id, id),
    foreign key (organization_id, merged_into_id) references tickets (organization_id, id),
    constraint tickets_number unique (organization_id, number),
    constraint tickets_closed_when check ((closed_at is not null) = (status in ('completed', 'rejected') or merged_into_id is not null)),
    constraint tickets_closed_holds_nothing check (status in ('pending', 'in_progress') or held_seconds = 0),
    constraint tickets_not_into_itself check (merged_into_id <> id)
) with (fillfactor = 85);
create index tickets_created on tickets (organization_id, created_at desc, id desc);
create index tickets_customer on tickets (organization_id, customer_id, created_at desc, id desc);
create index tickets_status on tickets (organization_id, status, created_at desc, id desc);
create index tickets_assignee on tickets (organization_id, assignee_id, created_at desc) where assignee_id is not null;
create index tickets_merged on tickets (organization_id, merged_into_id) where merged_into_id is not null;
create index tickets_opened_by on tickets (opened_by_user_id) where opened_by_user_id is not null;
create index tickets_tags on tickets using gin (tags);
create index tickets_search on tickets using gin (search);

-- The holds of a ticket. A merged ticket's holds move to the ticket it was merged into, and say where they came from.
create table ticket_holds (
    organization_id uuid not null,
    hold_id uuid not null,
    ticket_id uuid not null,
    origin_ticket_id uuid not null,
    open_seconds bigint not null check (open_seconds >= 0),
    created_at timestamptz not null,
    primary key (organization_id, hold_id),
    foreign key (organization_id, hold_id) references allowance_holds (organization_id, id),
    foreign key (organization_id, ticket_id) references tickets (organization_id, id),
    foreign key (organization_id, origin_ticket_id) references tickets (organization_id, id)
);
create index ticket_holds_ticket on ticket_holds (organization_id, ticket_id, created_at, hold_id);
create index ticket_holds_origin on ticket_holds (organization_id, origin_ticket_id);

-- What happened to a ticket: the history. Append only. Internal lines are for staff.
create table ticket_events (
    organization_id uuid not null,
    id uuid not null,
    ticket_id uuid not null,
    at timestamptz not null,
    kind text not null,
    actor_user_id uuid references users (id),
    -- Of an actor who is no user.
    actor_name text,
    reason text,
    internal boolean not null,
    detail jsonb not null default '{}',
    primary key (organization_id, id),
    foreign key (organization_id, ticket_id) references tickets (organization_id, id)
);
create index ticket_events_ticket on ticket_events (organization_id, ticket_id, at, id);
create index ticket_events_actor on ticket_events (actor_user_id) where actor_user_id is not null;

create table ticket_comments (
    organization_id uuid not null,
    id uuid not null,
    ticket_id uuid not null,
    -- The ticket it was written on, before a merge.
    origin_ticket_id uuid not null,
    author_user_id uuid references users (id),
    author_name text,
    -- Which side wrote it; an author may change sides later.
    side text not null check (side in ('customer', 'staff')),
    message text not null,
    internal boolean not null,
    created_at timestamptz not null,
    primary key (organization_id, id),
    foreign key (organization_id, ticket_id) references tickets (organization_id, id),
    foreign key (organization_id, origin_ticket_id) references tickets (organization_id, id),
    constraint ticket_comments_customers_write_in_public check (side = 'staff' or not internal)
);
create index ticket_comments_ticket on ticket_comments (organization_id, ticket_id, created_at, id);
create index ticket_comments_origin on ticket_comments (organization_id, origin_ticket_id);
create index ticket_comments_author on ticket_comments (author_user_id) where author_user_id is not null;

-- Time that somebody worked on a ticket. A removed entry stays, marked.
create table ticket_time_entries (
    organization_id uuid not null,
    id uuid not null,
    ticket_id uuid not null,
    origin_ticket_id uuid not null,
    membership_id uuid not null,
    started_at timestamptz not null,
    seconds bigint not null check (seconds > 0),
    note text,
    billable boolean not null,
    created_at timestamptz not null,
    removed_at timestamptz,
    version bigint not null default 1,
    primary key (organization_id, id),
    foreign key (organization_id, ticket_id) references tickets (organization_id, id),
    foreign key (organization_id, origin_ticket_id) references tickets (organization_id, id),
    foreign key (organization_id, membership_id) references memberships (organization_id, id)
);
create index ticket_time_entries_ticket on ticket_time_entries (organization_id, ticket_id, started_at, id);
create index ticket_time_entries_origin on ticket_time_entries (organization_id, origin_ticket_id);
create index ticket_time_entries_member on ticket_time_entries (organization_id, membership_id, started_at);

-- Running timers: one a member at a time.
create table ticket_timers (
    organization_id uuid not null,
    membership_id uuid not null,
    ticket_id uuid not null,
    started_at timestamptz not null,
    primary key (organization_id, membership_id),
    foreign key (organization_id, membership_id) references memberships (organization_id, id),
    foreign key (organization_id, ticket_id) references tickets (organization_id, id)
);
create index ticket_timers_ticket on ticket_timers (organization_id, ticket_id);

do $$
declare
  v_table text;
begin
  foreach v_table in array array['ticket_numbers', 'tickets', 'ticket_holds', 'ticket_events', 'ticket_comments',
    'ticket_time_entries', 'ticket_timers'] loop
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
grant update on ticket_numbers, tickets, ticket_holds, ticket_time_entries to retainer_app;
-- A comment is never rewritten; a merge moves it.
grant update (ticket_id) on ticket_comments to retainer_app;
grant update, delete on ticket_timers to retainer_app;
