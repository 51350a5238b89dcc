//! Being rid of an export.

use kernel::Permission;
use runtime::{Change, Error, Tx, sql};
use uuid::Uuid;

use super::find::ExportRefused;
use crate::files;

/// Deletes the organization's export now, however far it is; one that is still being written is written no further.
///
/// # Errors
/// [`ExportRefused::None`], `permission.missing`, or a fault.
pub async fn discard(tx: &Tx) -> Result<(), Error> {
    tx.require(Permission::SettingsWrite)?;
    if !let_go(tx).await? {
        return Err(ExportRefused::None.into());
    }
    tx.record(Change::new("export.deleted", "organization", tx.organization()));
    Ok(())
}

/// Takes away what there is of an export, and has its file removed at once; whether there was one.
pub(super) async fn let_go(tx: &Tx) -> Result<bool, Error> {
    let Some(row) =
        tx.optional(sql!("delete from exports where organization_id = $1 returning id"), &[tx.org()]).await?
    else {
        return Ok(false);
    };
    files::let_go_now(tx, row.get::<_, Uuid>("id")).await?;
    Ok(true)
}

/// The same with one whose time is over, as the clock does it.
pub(super) async fn expire(tx: &Tx, export: Uuid) -> Result<(), Error> {
    let over = sql!("delete from exports where organization_id = $1 and id = $2 and expires_at <= $3");
    if tx.execute(over, &[tx.org(), &export, &tx.now()]).await? == 1 {
        files::let_go_now(tx, export).await?;
        tx.record(Change::new("export.expired", "organization", tx.organization()));
    }
    Ok(())
}
