-- A message in the mail queue. Without an SMTP server it stays here, where staff can read it.
create table mails (
    organization_id uuid not null,
    id uuid not null,
    -- What it is for: 'reset_password', 'ticket.commented' …
    kind text not null,
    to_email text not null,
    to_user_id uuid references users (id),
    subject text not null,
    text text not null,
    html text not null,
    -- Why the person gets it, in a sentence; also the last line of the mail.
    reason text not null,
    -- A mail with a secret link is shown to nobody who could use the link in another's name.
    secret boolean not null default false,
    -- Whether the person can stop such mails in their preferences.
    stoppable boolean not null default false,
    state text not null check (state in ('queued', 'sent', 'failed', 'held')),
    attempts integer not null default 0,
    last_error text,
    created_at timestamptz not null,
    sent_at timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, organization_id) references organizations (organization_id, id)
);
create index mails_created on mails (organization_id, created_at desc, id desc);
create index mails_to_user on mails (to_user_id) where to_user_id is not null;
alter table mails enable row level security;
alter table mails force row level security;
create policy tenant on mails
    using (organization_id = (select current_organization_id()))
    with check (organization_id = (select current_organization_id()));
grant select, insert, update on mails to retainer_app;
create policy operator_reads on mails for select to retainer_operator using (true);
grant select on mails to retainer_operator;
