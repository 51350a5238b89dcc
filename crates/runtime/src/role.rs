//! Roles of the database that are kept out: their sessions are ended, and nobody gets in as them.

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::sql;

/// A role may change its own password, and until that transaction ends everybody else who alters the role waits, or fails
/// when it does. So nobody waits for one for long, and it is tried again when its sessions have been ended.
const PATIENCE: &str = "set local lock_timeout = '500ms'";
const TRIES: u32 = 40;

/// Begins a transaction, to be undone, in which one may end a role's sessions and see what they do. It goes by a role of its
/// own: two that grant a role to the same one wait for each other.
///
/// # Errors
/// A fault of the database.
pub async fn begin_over(client: &Client, role: &str) -> Result<(), tokio_postgres::Error> {
    let own = format!("over_{}", hex::encode(rand::random::<[u8; 8]>()));
    let begin = format!("begin; {PATIENCE}; create role {own}; grant {role} to {own}; grant {own} to current_user");
    client.batch_execute(&begin).await
}

/// Ends all sessions of a role at once, so that none is back before the last has gone; how many there were.
///
/// # Errors
/// A fault of the database.
pub async fn end_all(client: &Client, role: &str) -> Result<usize, tokio_postgres::Error> {
    let ended = async {
        begin_over(client, role).await?;
        let all = sql!("select pg_terminate_backend(pid) from pg_stat_activity where quote_ident(usename) = $1");
        client.query(all, &[&role]).await
    };
    let ended = ended.await;
    client.batch_execute("rollback").await?;
    Ok(ended?.len())
}

/// Lets nobody in any more as a role, whatever its sessions do; false when they kept it up to the end.
///
/// # Errors
/// A fault of the database.
pub async fn shut_out(client: &Client, role: &str) -> Result<bool, tokio_postgres::Error> {
    for _ in 0..TRIES {
        end_all(client, role).await?;
        let shut = client.batch_execute(&format!("begin; {PATIENCE}; alter role {role} nologin; commit")).await;
        match shut {
            Ok(()) => return Ok(true),
            Err(error) => {
                client.batch_execute("rollback").await?;
                if !is_held(&error) {
                    return Err(error);
                }
            }
        }
    }
    Ok(false)
}

/// Whether somebody else had hold of what was to be changed, so that it may be tried again.
pub fn is_held(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE)
        || error.as_db_error().is_some_and(|error| error.message() == "tuple concurrently updated")
}
