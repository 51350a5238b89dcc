//! Ordering an archive of everything.

use kernel::Permission;
use kernel::id::{ExportId, Id};
use runtime::tx::Enqueued;
use runtime::{Change, Error, Tx, sql};
use serde_json::json;

use super::discard::let_go;
use super::find::export;

runtime::refusals! {
    /// Why none is written.
    pub enum OrderRefused {
        /// There is one, or it is on its way.
        There => Conflict, "export.there", "There is an export already. Download it, or delete it before you order another.";
        /// Only a person orders it.
        Nobody => Conflict, "export.nobody", "An export is ordered by a person; sign in as somebody.";
    }
}

/// Orders an archive of the transaction's organization; a job writes it. What is left of one that failed, was cut off or is
/// over makes room. Whoever asks has shown their password ([`crate::closing::require_password`]).
///
/// # Errors
/// [`OrderRefused`], `permission.missing`, or a fault.
pub async fn order(tx: &Tx) -> Result<(), Error> {
    tx.require(Permission::SettingsWrite)?;
    let user = tx.actor().user().ok_or(OrderRefused::Nobody)?;
    tx.one(sql!("select id from organizations where organization_id = $1 and id = $1 for update"), &[tx.org()]).await?;
    if export(tx).await?.is_some_and(|export| export.is_coming() || export.archive.is_some()) {
        return Err(OrderRefused::There.into());
    }
    let_go(tx).await?;
    let id = tx.new_id::<ExportId>();
    tx.execute(
        sql!(
            "insert into exports (organization_id, id, state, ordered_by, ordered_at, told_at)
             values ($1, $2, 'ordered', $3, $4, $4)"
        ),
        &[tx.org(), id.as_uuid(), user.as_uuid(), &tx.now()],
    )
    .await?;
    tx.record(Change::new("export.ordered", "organization", tx.organization()));
    tx.enqueue(Enqueued { name: "exports.write", payload: json!({ "export": id }), run_at: None, key: None });
    Ok(())
}
