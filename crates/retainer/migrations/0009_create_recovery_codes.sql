-- Codes that let a person in without their authenticator app, each good once. Like users not a tenant table: they belong
-- to the person, who alone sees them. Only keyed hashes are kept.
create table recovery_codes (
    user_id uuid not null references users (id),
    code_hash bytea not null,
    created_at timestamptz not null,
    used_at timestamptz,
    primary key (user_id, code_hash)
);
alter table recovery_codes enable row level security;
alter table recovery_codes force row level security;
create policy own on recovery_codes
    using (user_id = (select current_user_id()))
    with check (user_id = (select current_user_id()));
grant select, insert, update, delete on recovery_codes to retainer_app;
