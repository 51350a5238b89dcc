-- What people are told, and how they want to be told.
create table notifications (
    organization_id uuid not null,
    id uuid not null,
    user_id uuid not null references users (id),
    kind text not null check (kind in ('request', 'status', 'comment')),
    -- What it is about, as it is known outside (a ticket's number); the thing itself may be gone.
    subject_kind text not null,
    subject_ref text not null,
    title text not null,
    text text not null,
    -- Why this person is told, in half a sentence: "because you are assigned".
    reason text not null,
    actor_name text not null,
    -- Several unread ones with the same key are one, with a count.
    collapse_key text,
    times integer not null default 1 check (times > 0),
    created_at timestamptz not null,
    read_at timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, organization_id) references organizations (organization_id, id)
);
create index notifications_mine on notifications (organization_id, user_id, created_at desc, id desc);
create index notifications_user on notifications (user_id);
create unique index notifications_collapse on notifications (organization_id, user_id, collapse_key)
    where read_at is null and collapse_key is not null;
create index notifications_unread on notifications (organization_id, user_id) where read_at is null;

create table notification_preferences (
    organization_id uuid not null,
    user_id uuid not null references users (id),
    kind text not null check (kind in ('request', 'status', 'comment')),
    channel text not null check (channel in ('in_app', 'mail')),
    enabled boolean not null,
    primary key (organization_id, user_id, kind, channel),
    foreign key (organization_id, organization_id) references organizations (organization_id, id)
);
create index notification_preferences_user on notification_preferences (user_id);

do $$
declare
  v_table text;
begin
  foreach v_table in array array['notifications', 'notification_preferences'] loop
    execute format('alter table %I enable row level security', v_table);
    execute format('alter table %I force row level security', v_table);
    execute format('create policy tenant on %I using (organization_id = (select current_organization_id()))
      with check (organization_id = (select current_organization_id()))', v_table);
    execute format('create policy operator_reads on %I for select to retainer_operator using (true)', v_table);
    execute format('grant select on %I to retainer_operator', v_table);
    execute format('grant select, insert, update on %I to retainer_app', v_table);
  end loop;
end
$$;
