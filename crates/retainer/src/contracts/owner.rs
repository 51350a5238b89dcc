//! What the owner of the database does for all verbs.

use std::time::Duration;

use kernel::id::Id;
use runtime::{Error, Scope, role, sql, turn};
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

runtime::refusals! {
    /// Why a login's role was not ended.
    pub enum EndRefused {
        /// Its sessions change it again and again, quicker than they are ended.
        Held { role: String } => Conflict, "contract.role_held", "The role {role} is changed by its own sessions again and again, and could not be kept out. A login that is being revoked sees nothing meanwhile. Run the command again; if that does not help, run as a superuser: alter role {role} nologin; and then the command again.";
    }
}

/// Keeps a login out: nobody comes in any more, and nobody is in.
pub(super) async fn shut(owner: &Client, role: &str) -> Result<(), Error> {
    if !role::shut_out(owner, role).await? {
        return Err(EndRefused::Held { role: role.to_owned() }.into());
    }
    for _ in 0..LOOKS {
        if role::end_all(owner, role).await? == 0 {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(Error::internal("sessions of a contract's login do not end"))
}

/// Ends a role that has been marked as revoked: its sessions, what it may own, itself and its row. Nobody waits for it, but
/// who ends the same one.
pub(super) async fn end_role(owner: &Client, role: &str) -> Result<(), Error> {
    for _ in 0..LOOKS {
        let known = owner.query_opt(sql!("select 1 from pg_roles where rolname = $1"), &[&role]).await?;
        if known.is_none() {
            // Somebody else ended it, and had no time to say so.
            owner.execute(sql!("delete from contract_logins where role_name = $1"), &[&role]).await?;
            return Ok(());
        }
        shut(owner, role).await?;
        match drop_role(owner, role).await {
            Err(error) if role::is_held(&error) => {
                owner.batch_execute("rollback").await?;
                tokio::time::sleep(PAUSE).await;
            }
            done => return Ok(done?),
        }
    }
    Err(EndRefused::Held { role: role.to_owned() }.into())
}

/// What the role owns in another database of the server cannot be seen from here, and keeps PostgreSQL from dropping it; then
/// it stays as a role that nobody can log in with and that may read nothing.
async fn drop_role(owner: &Client, role: &str) -> Result<(), tokio_postgres::Error> {
    let begin = "begin; set local lock_timeout = '500ms'";
    owner
        .batch_execute(&format!("{begin}; grant {role} to current_user; drop owned by {role}; savepoint owned"))
        .await?;
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
    owner.batch_execute("commit").await
}

async fn disarm(owner: &Client, role: &str) -> Result<(), tokio_postgres::Error> {
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
    role::begin_over(owner, role).await?;
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
