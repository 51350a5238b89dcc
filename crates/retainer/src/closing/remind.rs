//! Telling owners that the end is near.

use runtime::{Error, Tx, sql};

use super::mails::{self, Told};
use super::rules::reminders_due;
use crate::organizations::find;

/// Sends the reminder that is due, each once; when a server slept over the first, only the second.
///
/// # Errors
/// A fault.
pub async fn remind(tx: &Tx) -> Result<(), Error> {
    let row = tx
        .one(
            sql!("select closing_told from organizations where organization_id = $1 and id = $1 for update"),
            &[tx.org()],
        )
        .await?;
    let own = find::own(tx).await?;
    let Some(closes_at) = own.closes_at else { return Ok(()) };
    let due = reminders_due(closes_at, tx.now());
    if due <= row.get::<_, i16>("closing_told") || closes_at <= tx.now() {
        return Ok(());
    }
    tx.execute(
        sql!("update organizations set closing_told = $2 where organization_id = $1 and id = $1"),
        &[tx.org(), &due],
    )
    .await?;
    mails::to_owners(tx, &own, Told::Reminder { closes_at }).await
}
