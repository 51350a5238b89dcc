-- What mails of a kind say, in an organization's own words. A version is never changed; the newest of a kind holds.
create table mail_templates (
    organization_id uuid not null,
    id uuid not null,
    kind text not null,
    version integer not null check (version > 0),
    -- Nothing in both: from here on the mail is as it comes with the program.
    subject text check (length(subject) between 1 and 1000),
    body text check (octet_length(body) between 1 and 16384),
    -- The older version whose words these are again.
    from_version integer,
    made_by_user_id uuid references users (id),
    made_by_name text,
    created_at timestamptz not null,
    -- When it first could not be filled in, and why; the mail went out as it comes.
    failed_at timestamptz,
    failure text,
    primary key (organization_id, id),
    foreign key (organization_id, organization_id) references organizations (organization_id, id),
    constraint mail_templates_whole check ((subject is null) = (body is null))
);
create unique index mail_templates_version on mail_templates (organization_id, kind, version);
create index mail_templates_made_by on mail_templates (made_by_user_id) where made_by_user_id is not null;

-- What somebody is writing and has looked at, and not saved yet; it need not be a template at all.
create table mail_template_drafts (
    organization_id uuid not null,
    membership_id uuid not null,
    kind text not null,
    subject text not null check (length(subject) <= 1000),
    body text not null check (length(body) <= 20000),
    saved_at timestamptz not null,
    primary key (organization_id, membership_id, kind),
    foreign key (organization_id, membership_id) references memberships (organization_id, id)
);

do $$
declare
  v_table text;
begin
  foreach v_table in array array['mail_templates', 'mail_template_drafts'] loop
    execute format('alter table %I enable row level security', v_table);
    execute format('alter table %I force row level security', v_table);
    execute format('create policy tenant on %I using (organization_id = (select current_organization_id()))
      with check (organization_id = (select current_organization_id()))', v_table);
    execute format('create policy operator_reads on %I for select to retainer_operator using (true)', v_table);
    execute format('grant select on %I to retainer_operator', v_table);
    execute format('grant select, insert on %I to retainer_app', v_table);
  end loop;
end;
$$;
grant update (failed_at, failure) on mail_templates to retainer_app;
grant update (subject, body, saved_at), delete on mail_template_drafts to retainer_app;

-- By which version a mail was written; nothing where it is as it comes. And why it is as it comes although there was one.
alter table mails add column template_version integer, add column template_failure text;
