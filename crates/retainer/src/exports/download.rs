//! Taking an archive away.

use kernel::Permission;
use kernel::id::ExportId;
use runtime::{Change, Error, Tx};
use serde_json::json;

use super::find::{ExportRefused, Written, export};

/// The archive that is to be handed out, and under which id it lies. That it was is written down with the transaction, before
/// the first byte leaves.
///
/// # Errors
/// [`ExportRefused`], `permission.missing`, or a fault.
pub async fn download(tx: &Tx) -> Result<(ExportId, Written), Error> {
    tx.require(Permission::SettingsWrite)?;
    let export = export(tx).await?.ok_or(ExportRefused::None)?;
    let (Some(id), Some(archive)) = (export.id, export.archive) else { return Err(ExportRefused::NotReady.into()) };
    tx.record(
        Change::new("export.downloaded", "organization", tx.organization())
            .after(json!({"name": archive.name, "sha256": archive.sha256})),
    );
    Ok((id, archive))
}
