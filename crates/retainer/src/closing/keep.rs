//! Thinking again.

use kernel::Permission;
use runtime::{Change, Error, Tx, sql};
use serde_json::json;

use super::mails::{self, Told};
use super::rules::asker;
use crate::organizations::find;

/// Keeps the transaction's organization; one that does not close stays as it is.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn keep(tx: &Tx) -> Result<(), Error> {
    tx.require(Permission::SettingsWrite)?;
    let row = tx
        .one(
            sql!("select removal_begun_at from organizations where organization_id = $1 and id = $1 for update"),
            &[tx.org()],
        )
        .await?;
    let begun_at: Option<jiff::Timestamp> = row.get("removal_begun_at");
    let own = find::own(tx).await?;
    let Some(closes_at) = own.closes_at else { return Ok(()) };
    // What is being removed is not whole any more.
    if begun_at.is_some() || closes_at <= tx.now() {
        return own.require_open().map_err(Error::from);
    }
    tx.execute(
        sql!(
            "update organizations set closing_since = null, closes_at = null, closing_reason = null, closing_told = 0,
                    version = version + 1
             where organization_id = $1 and id = $1"
        ),
        &[tx.org()],
    )
    .await?;
    tx.record(
        Change::new("organization.kept", "organization", tx.organization()).before(json!({"closes_at": closes_at})),
    );
    mails::to_owners(tx, &own, Told::Kept { by: asker(tx.actor()) }).await
}
