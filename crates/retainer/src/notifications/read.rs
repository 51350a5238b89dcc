//! Marking notifications as read. Reading again changes nothing and is no refusal.

use kernel::id::{Id, NotificationId};
use runtime::{Error, Tx, sql};

use super::find::FindRefused;
use super::tell::changed;

/// Marks one of the actor's notifications as read.
///
/// # Errors
/// `notification.not_found`, or a fault.
pub async fn read(tx: &Tx, notification: NotificationId) -> Result<(), Error> {
    let user = tx.actor().user().map(Id::uuid);
    let marked = tx
        .execute(
            sql!(
                "update notifications set read_at = coalesce(read_at, $4)
                 where organization_id = $1 and id = $2 and user_id = $3"
            ),
            &[tx.org(), notification.as_uuid(), &user, &tx.now()],
        )
        .await?;
    if marked == 0 {
        return Err(FindRefused::NotFound.into());
    }
    tell_reader(tx);
    Ok(())
}

/// Marks all of the actor's notifications as read; how many were not.
///
/// # Errors
/// A fault.
pub async fn read_all(tx: &Tx) -> Result<u64, Error> {
    let user = tx.actor().user().map(Id::uuid);
    let marked = tx
        .execute(
            sql!(
                "update notifications set read_at = $3
                 where organization_id = $1 and user_id = $2 and read_at is null"
            ),
            &[tx.org(), &user, &tx.now()],
        )
        .await?;
    if marked > 0 {
        tell_reader(tx);
    }
    Ok(marked)
}

/// Marks what the actor was told of a thing as read, because they look at it; how many were not.
///
/// # Errors
/// A fault.
pub async fn read_about(tx: &Tx, kind: &str, subject: &str) -> Result<u64, Error> {
    let user = tx.actor().user().map(Id::uuid);
    let marked = tx
        .execute(
            sql!(
                "update notifications set read_at = $5
                 where organization_id = $1 and user_id = $2 and read_at is null and subject_kind = $3 and subject_ref = $4"
            ),
            &[tx.org(), &user, &kind, &subject, &tx.now()],
        )
        .await?;
    if marked > 0 {
        tell_reader(tx);
    }
    Ok(marked)
}

/// The count on their other open pages changes too.
fn tell_reader(tx: &Tx) {
    if let Some(user) = tx.actor().user() {
        changed(tx, user);
    }
}
