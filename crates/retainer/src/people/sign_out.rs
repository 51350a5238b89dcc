//! Ending a session.

use kernel::id::{Id, SessionId};
use runtime::{Change, Error, Tx, sql};

/// Ends one of the actor's own sessions; one that has ended already stays ended.
///
/// # Errors
/// A fault.
pub async fn sign_out(tx: &Tx, session: SessionId) -> Result<(), Error> {
    let user = tx.actor().user().map(Id::uuid);
    let ended = tx
        .execute(
            sql!(
                "update sessions set revoked_at = $4
                 where organization_id = $1 and id = $2 and user_id = $3 and revoked_at is null"
            ),
            &[tx.org(), session.as_uuid(), &user, &tx.now()],
        )
        .await?;
    if ended > 0 {
        tx.record(Change::new("session.revoked", "session", session));
    }
    Ok(())
}
