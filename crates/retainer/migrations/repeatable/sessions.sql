-- Servers keep signed-in sessions in memory for a moment; this tells all of them when one has ended or its holder's
-- rights have changed. It does not say whose: anybody who is connected to the database may listen.
create or replace function tell_sessions_changed() returns trigger language plpgsql as $$
begin
    perform pg_notify('retainer_sessions', '');
    return null;
end
$$;

create or replace trigger sessions_revoked after update on sessions
    for each row when (old.revoked_at is distinct from new.revoked_at or old.expires_at > new.expires_at)
    execute function tell_sessions_changed();

create or replace trigger memberships_changed after update on memberships
    for each row when (
        old.role is distinct from new.role
        or old.ended_at is distinct from new.ended_at
        or old.customer_id is distinct from new.customer_id
    )
    execute function tell_sessions_changed();

-- What may be changed in an organization depends on whether it is being closed.
create or replace trigger organizations_closing after update on organizations
    for each row when (old.closes_at is distinct from new.closes_at)
    execute function tell_sessions_changed();
