-- Names for what the list of tickets was narrowed down to, and its order: of one person, or shared with all staff.
create table ticket_views (
    organization_id uuid not null,
    id uuid not null,
    -- Whose it is.
    membership_id uuid not null,
    name text not null check (length(name) between 1 and 255),
    shared boolean not null,
    status text check (status in ('open', 'pending', 'in_progress', 'completed', 'rejected')),
    customer_id uuid,
    assignee_id uuid,
    tag text,
    priority text check (priority in ('Low', 'Medium', 'High', 'Urgent')),
    words text,
    sort text check (sort in ('priority', 'held')),
    created_at timestamptz not null,
    primary key (organization_id, id),
    foreign key (organization_id, membership_id) references memberships (organization_id, id),
    constraint ticket_views_customer foreign key (organization_id, customer_id) references customers (organization_id, id),
    constraint ticket_views_assignee foreign key (organization_id, assignee_id) references memberships (organization_id, id)
);
create unique index ticket_views_name on ticket_views (organization_id, membership_id, lower(name));
create index ticket_views_shared on ticket_views (organization_id) where shared;
create index ticket_views_of_customer on ticket_views (organization_id, customer_id) where customer_id is not null;
create index ticket_views_of_assignee on ticket_views (organization_id, assignee_id) where assignee_id is not null;

-- The view with which somebody's list opens.
create table ticket_view_defaults (
    organization_id uuid not null,
    membership_id uuid not null,
    view_id uuid not null,
    primary key (organization_id, membership_id),
    foreign key (organization_id, membership_id) references memberships (organization_id, id),
    foreign key (organization_id, view_id) references ticket_views (organization_id, id) on delete cascade
);
create index ticket_view_defaults_view on ticket_view_defaults (organization_id, view_id);

do $$
declare
  v_table text;
begin
  foreach v_table in array array['ticket_views', 'ticket_view_defaults'] loop
    execute format('alter table %I enable row level security', v_table);
    execute format('alter table %I force row level security', v_table);
    execute format('create policy tenant on %I using (organization_id = (select current_organization_id()))
      with check (organization_id = (select current_organization_id()))', v_table);
    execute format('create policy operator_reads on %I for select to retainer_operator using (true)', v_table);
    execute format('grant select on %I to retainer_operator', v_table);
    execute format('grant select, insert, delete on %I to retainer_app', v_table);
  end loop;
end;
$$;
grant update (name, shared) on ticket_views to retainer_app;
grant update (view_id) on ticket_view_defaults to retainer_app;
