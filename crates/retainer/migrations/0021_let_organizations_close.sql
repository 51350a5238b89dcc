-- An organization whose owner asked for its end closes for thirty days, in which nothing of it changes and the owner may
-- keep it; then everything of it is removed. The words and the rules are in crates/retainer/src/closing/mod.rs.
set local lock_timeout = '5s';

alter table organizations
    add column closing_since timestamptz,
    add column closes_at timestamptz,
    add column closing_reason text,
    -- How many of the two reminders were sent.
    add column closing_told smallint not null default 0,
    add constraint organizations_closing_whole check (
        (closing_since is null) = (closes_at is null) and (closing_since is not null or closing_reason is null)
    ) not valid;
alter table organizations validate constraint organizations_closing_whole;
-- Asked across organizations, every minute.
create index organizations_closing on organizations (closes_at) where closes_at is not null;

-- Organizations that were removed. Not a tenant table: the tenant is gone. It names nobody, and says for the operator what
-- was removed when. A row without an end is a removal under way.
create table deleted_organizations (
    id uuid primary key,
    asked_at timestamptz not null,
    begun_at timestamptz not null,
    ended_at timestamptz,
    -- How many rows of each table.
    removed jsonb not null default '{}' check (jsonb_typeof(removed) = 'object')
);
grant select on deleted_organizations to retainer_operator;

-- What is written once stays, as long as its organization does. Only the removal of a whole organization says that it
-- removes; it is the owner's, the application's role has no right to delete whatever it says.
create or replace function refuse_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and current_setting('retainer.redacting', true) = 'on' then
        return null;
    end if;
    if tg_op = 'DELETE' and current_setting('retainer.removing', true) = 'on' then
        return null;
    end if;
    raise exception '% is append only: % is refused', tg_table_name, lower(tg_op) using errcode = 'insufficient_privilege';
end
$$;

-- A person who belongs nowhere any more goes with the last organization. The application's role may not delete people.
create policy leave on users for delete using (id = (select current_user_id()));
