//! What the owner of the database does for all verbs.

use std::time::Duration;

use kernel::id::Id;
use runtime::{Error, Scope, sql, turn};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::App;

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

/// Ends a role that has been marked as revoked: its sessions, what it may own, itself and its row. What it owns in another
/// database of the server cannot be seen from here, and keeps PostgreSQL from dropping it; then it stays as a role that
/// nobody can log in with and that may read nothing.
pub(super) async fn end_role(owner: &Client, role: &str) -> Result<(), Error> {
    // Whoever comes back at once would never be ended.
    owner.batch_execute(&format!("alter role {role} nologin")).await?;
    end_sessions(owner, role).await?;
    owner.batch_execute(&format!("begin; grant {role} to current_user; drop owned by {role}; savepoint owned")).await?;
    match owner.batch_execute(&format!("drop role {role}")).await {
        Err(error) if error.code() == Some(&SqlState::DEPENDENT_OBJECTS_STILL_EXIST) => {
            let reason = error.as_db_error().and_then(|said| said.detail()).unwrap_or_default();
            tracing::warn!(
                role,
                reason,
                "a revoked login owns something in another database: its role stays, without login"
            );
            owner.batch_execute("rollback to savepoint owned").await?;
            disarm(owner, role).await?;
        }
        dropped => dropped?,
    }
    owner.execute(sql!("delete from contract_logins where role_name = $1"), &[&role]).await?;
    owner.batch_execute("commit").await?;
    Ok(())
}

async fn disarm(owner: &Client, role: &str) -> Result<(), Error> {
    owner.batch_execute(&format!("alter role {role} nologin password null connection limit 0")).await?;
    let groups = sql!(
        "select quote_ident(g.rolname) from pg_auth_members m join pg_roles g on g.oid = m.roleid
         join pg_roles r on r.oid = m.member where r.rolname = $1"
    );
    for group in owner.query(groups, &[&role]).await? {
        let group: String = group.get(0);
        owner.batch_execute(&format!("revoke {group} from {role}; revoke {role} from current_user")).await?;
    }
    Ok(())
}

/// Ends what logins do for longer than `patience`, in spite of what they are set to: a login may change its own settings,
/// and a reader that never ends keeps the whole database from cleaning up.
///
/// # Errors
/// A fault of the database.
pub async fn end_stalled(app: &App, patience: Duration) -> Result<(), Error> {
    let owner = app.db.owner().await?;
    let logins = sql!(
        "select distinct quote_ident(a.usename) from pg_stat_activity a
         join contract_logins l on l.role_name = a.usename"
    );
    for row in owner.query(logins, &[]).await? {
        let role: String = row.get(0);
        let stalled = stalled(&owner, &role, patience).await;
        owner.batch_execute("rollback").await?;
        match stalled {
            Ok(stalled) => {
                turn::evict(&owner, &stalled).await?;
            }
            // It may have been revoked just now.
            Err(error) => tracing::warn!(role, %error, "nobody could look for how long a login reads"),
        }
    }
    Ok(())
}

/// Since when a session reads is shown to its own role alone.
async fn stalled(owner: &Client, role: &str, patience: Duration) -> Result<Vec<turn::Session>, tokio_postgres::Error> {
    owner.batch_execute(&format!("begin; grant {role} to current_user")).await?;
    let rows = owner
        .query(
            sql!(
                "select pid, quote_ident(usename) from pg_stat_activity
                 where quote_ident(usename) = $1 and xact_start < clock_timestamp() - make_interval(secs => $2)"
            ),
            &[&role, &patience.as_secs_f64()],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Takes from everybody what PostgreSQL gives to everybody and what a login could do harm with: temporary tables and large
/// objects, which fill the disk, and advisory locks, which others wait for. What the caller may not take stays.
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
        for v_routine in
            select oid from pg_proc where pronamespace = 'pg_catalog'::regnamespace
                and proname ~ '^pg_(try_)?advisory_(xact_)?lock(_shared)?$' and pg_has_role(proowner, 'usage')
        loop
            execute format('revoke execute on function %s from public', v_routine);
            execute format('grant execute on function %s to retainer_app, %I', v_routine,
                (select pg_get_userbyid(datdba) from pg_database where datname = current_database()));
        end loop;
    end
    $$";
