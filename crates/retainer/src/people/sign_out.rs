//! Ending a session.

use kernel::id::{Id, SessionId};
use runtime::{Change, Error, Tx, sql};

runtime::refusals! {
    /// Why a session is not ended.
    pub enum RevokeRefused {
        /// It is none of the actor's living sessions here.
        NotFound => NotFound, "session.not_found", "There is no such session of yours.";
    }
}

/// Ends one of the actor's own sessions; one that has ended already stays ended.
///
/// # Errors
/// A fault.
pub async fn sign_out(tx: &Tx, session: SessionId) -> Result<(), Error> {
    end(tx, session).await.map(drop)
}

/// Ends one of the actor's own sessions in this organization, such as that of a lost phone.
///
/// # Errors
/// [`RevokeRefused`], or a fault.
pub async fn revoke_session(tx: &Tx, session: SessionId) -> Result<(), Error> {
    if end(tx, session).await? { Ok(()) } else { Err(RevokeRefused::NotFound.into()) }
}

async fn end(tx: &Tx, session: SessionId) -> Result<bool, Error> {
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
    Ok(ended > 0)
}
