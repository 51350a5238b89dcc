//! Turns: what only one process does at a time, by advisory locks of PostgreSQL.
//!
//! Anybody who may connect may take an advisory lock, also a login that only reads reports. So that none of them can keep
//! the installation from its work, whoever holds a turn without any right to do such work is shown the door.

use tokio_postgres::Client;

use crate::role::begin_over;
use crate::{Error, sql};

/// Takes a turn for as long as the connection lives, or until [`give_back`]; false when somebody else has it. `owner` is a
/// connection of the database's owner, it may be the same one, outside of a transaction.
///
/// # Errors
/// A fault of the database.
pub async fn try_take(client: &Client, owner: &Client, key: i64) -> Result<bool, Error> {
    let take = sql!("select pg_try_advisory_lock($1)");
    if client.query_one(take, &[&key]).await?.get(0) {
        return Ok(true);
    }
    if !evict(owner, &strangers(owner, key).await?).await? {
        return Ok(false);
    }
    Ok(client.query_one(take, &[&key]).await?.get(0))
}

/// Ends a turn early.
///
/// # Errors
/// A fault of the database.
pub async fn give_back(client: &Client, key: i64) -> Result<(), Error> {
    client.execute(sql!("select pg_advisory_unlock($1)"), &[&key]).await.map(drop).map_err(Error::from)
}

/// The number of a turn that has a name, such as `removal:` and an id.
///
/// # Errors
/// A fault of the database.
pub async fn key_of(client: &Client, name: &str) -> Result<i64, Error> {
    Ok(client.query_one(sql!("select hashtextextended($1, 0)"), &[&name]).await?.get(0))
}

/// A session that is in the way: its process, and its role, quoted.
pub type Session = (i32, String);

/// Who holds a turn and can have no business with it, because they may not even write down what they did.
async fn strangers(client: &Client, key: i64) -> Result<Vec<Session>, Error> {
    let rows = client
        .query(
            sql!(
                "select a.pid, quote_ident(a.usename) from pg_locks l join pg_stat_activity a on a.pid = l.pid
                 join pg_roles r on r.oid = a.usesysid
                 where l.locktype = 'advisory' and l.granted and l.objsubid = 1
                   and l.database = (select oid from pg_database where datname = current_database())
                   and l.classid::bigint = ($1::bigint >> 32) & 4294967295 and l.objid::bigint = $1::bigint & 4294967295
                   and not r.rolsuper and not has_table_privilege(r.oid, to_regclass('audit_entries'), 'insert')"
            ),
            &[&key],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Ends sessions; whether any was ended. Who may not end another role's sessions must be its member; that is tried and
/// undone, because a lasting membership would put the owner behind the borders of the role. Who cannot be ended is waited
/// for like anybody.
///
/// # Errors
/// A fault of the connection.
pub async fn evict(client: &Client, sessions: &[Session]) -> Result<bool, Error> {
    let mut any = false;
    for (process, role) in sessions {
        let ended = end(client, *process, role).await;
        client.batch_execute("rollback").await?;
        match ended {
            Ok(()) => {
                tracing::warn!(process, role, "a session stood in the way of the installation's work and was ended");
                any = true;
            }
            Err(error) => {
                let error = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
                tracing::warn!(process, role, error, "a session stands in the way and cannot be ended");
            }
        }
    }
    Ok(any)
}

async fn end(client: &Client, process: i32, role: &str) -> Result<(), tokio_postgres::Error> {
    begin_over(client, role).await?;
    client.execute(sql!("select pg_terminate_backend($1, 5000)"), &[&process]).await.map(drop)
}
