-- What changed, as open pages and programs hear of it: which thing, never what it says. Kept for a day, so that whoever lost the connection
-- can go on from where they were. The numbers of an organization have no gaps and become visible in their order, because whoever takes one
-- keeps the row that counts locked until the end of the transaction.
create table live_counts (
    organization_id uuid not null,
    last bigint not null check (last > 0),
    primary key (organization_id),
    foreign key (organization_id, organization_id) references organizations (organization_id, id)
);

create table live_changes (
    organization_id uuid not null,
    number bigint not null,
    at timestamptz not null,
    what text not null,
    subject text not null,
    -- Whose users may hear of it, beside staff; who alone may. Without keys, which would lock the customer at every commit; and in a day
    -- it is swept.
    heard_by_customer uuid,
    heard_by_user uuid,
    for_staff boolean not null,
    primary key (organization_id, number),
    foreign key (organization_id, organization_id) references organizations (organization_id, id),
    check (for_staff = (heard_by_user is null)),
    check (heard_by_customer is null or for_staff)
);
-- Asked across organizations by the duty that sweeps it, so the instant stands first.
create index live_changes_old on live_changes (at, organization_id);

do $$
declare
  v_table text;
begin
  foreach v_table in array array['live_counts', 'live_changes'] loop
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
grant update on live_counts to retainer_app;
grant delete on live_changes to retainer_app;
