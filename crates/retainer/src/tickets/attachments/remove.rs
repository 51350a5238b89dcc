//! Taking a file away.

use kernel::Permission;
use kernel::id::{AttachmentId, Id};
use runtime::{Change, Error, Tx, sql};
use serde_json::json;

use super::{Attachment, find};
use crate::files::let_go;
use crate::tickets::history;
use crate::tickets::load::{Seen, lock_any_version};

runtime::refusals! {
    /// Why a file was not taken away.
    pub enum RemoveRefused {
        /// There is none, or it is not theirs to see.
        NotFound => NotFound, "attachment.not_found", "There is no such file.";
        /// They may see it, but somebody else handed it in.
        NotTheirs => Forbidden, "attachment.not_theirs", "Whoever handed a file in takes it back; ask them, or the team.";
    }
}

/// Takes a file away. It is gone for everybody at once; its bytes are removed within two days.
///
/// # Errors
/// [`RemoveRefused`], `permission.missing`, or a fault.
pub async fn remove(tx: &Tx, file: AttachmentId) -> Result<Attachment, Error> {
    tx.require(Permission::TicketsOpen)?;
    let found = find::get(tx, file).await?;
    let is_own = found.is_of(tx.actor().user());
    if !is_own && (tx.only_customer().is_some() || tx.require(Permission::TicketsWork).is_err()) {
        return Err(RemoveRefused::NotTheirs.into());
    }
    let ticket = lock_any_version(tx, &Seen { number: found.ticket.clone(), version: None }).await?;
    let removed = tx
        .rows(
            sql!("delete from attachments where organization_id = $1 and id = $2 returning bytes, forgotten_at is null as kept"),
            &[tx.org(), file.as_uuid()],
        )
        .await?;
    let row = removed.first().ok_or(RemoveRefused::NotFound)?;
    if row.get("kept") {
        let_go(tx, &[(file, row.get("bytes"))]).await?;
    }
    tx.record(Change::new("ticket.file_removed", "ticket", ticket.key).before(json!({
        "number": ticket.id, "attachment": found.id, "name": found.name, "size": found.size, "sha256": found.sha256,
        "internal": found.internal,
    })));
    history::tell(tx, &ticket, found.internal);
    Ok(found)
}
