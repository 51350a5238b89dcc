//! What the owner of the database does for all verbs.

use std::time::Duration;

use kernel::id::Id;
use runtime::{Error, Scope, sql};
use tokio_postgres::Client;

/// How often, and how far apart, a role's sessions are looked for until none is left.
const LOOKS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// Begins a transaction of the owner in an organization, one at a time. It is undone when the connection is dropped.
pub(super) async fn begin(owner: &Client, scope: &Scope) -> Result<(), Error> {
    owner.batch_execute("begin").await?;
    let id = scope.organization.uuid().to_string();
    owner.execute(sql!("select set_config('retainer.organization_id', $1, true)"), &[&id]).await?;
    owner.batch_execute("lock table contract_logins in share row exclusive mode").await?;
    Ok(())
}

/// Ends all sessions of a role. Who may not end another role's sessions must be its member; that is tried and undone,
/// because a lasting membership would put the owner behind the borders of the contract.
pub(super) async fn end_sessions(owner: &Client, role: &str) -> Result<(), Error> {
    for _ in 0..LOOKS {
        owner.batch_execute(&format!("begin; grant {role} to current_user")).await?;
        let left = owner
            .query(sql!("select pg_terminate_backend(pid) from pg_stat_activity where usename = $1"), &[&role])
            .await?;
        owner.batch_execute("rollback").await?;
        if left.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(Error::internal("sessions of a contract's login do not end"))
}

/// Ends a role that has been marked as revoked: its sessions, what it may own, itself and its row.
pub(super) async fn end_role(owner: &Client, role: &str) -> Result<(), Error> {
    end_sessions(owner, role).await?;
    owner
        .batch_execute(&format!("begin; grant {role} to current_user; drop owned by {role}; drop role {role}"))
        .await?;
    owner.execute(sql!("delete from contract_logins where role_name = $1"), &[&role]).await?;
    owner.batch_execute("commit").await?;
    Ok(())
}

/// Takes from everybody what PostgreSQL gives to everybody and what a login could fill the disk with: temporary tables
/// and large objects. What the caller may not take stays: then only disk is at stake.
///
/// # Errors
/// A fault of the database.
pub async fn harden(client: &Client) -> Result<(), Error> {
    Ok(client.batch_execute(HARDEN).await?)
}

const HARDEN: &str = "do $$
    declare v_routine regprocedure;
    begin
        execute format('revoke temporary on database %I from public', current_database());
        -- Imports stage rows in temporary tables.
        execute format('grant temporary on database %I to retainer_app', current_database());
        for v_routine in
            select oid from pg_proc where pronamespace = 'pg_catalog'::regnamespace and proname in ('lo_creat', 'lo_create',
                'lo_from_bytea', 'lo_import', 'lo_open', 'lo_put', 'lo_truncate', 'lo_truncate64', 'lowrite')
                -- Whoever may neither use nor grant a function is refused with an error, not with a warning.
                and pg_has_role(proowner, 'usage')
        loop
            execute format('revoke execute on function %s from public', v_routine);
        end loop;
    end
    $$";
