//! That an organization is open still. An import works beside its server for minutes, and somebody may delete the organization
//! meanwhile: nothing of it changes from then on.

use jiff::Timestamp;
use retainer::organizations::require_open;

use super::target::Target;

/// Refuses to write where everything ends soon. Whoever asks for the end waits for the transaction that has asked this.
///
/// # Errors
/// [`ClosingRefused`](retainer::organizations::ClosingRefused), or a fault of the database.
pub(super) async fn still_open(target: &Target) -> anyhow::Result<()> {
    let asked = "select closes_at from organizations where organization_id = {org} and id = {org} for share";
    for row in target.rows(asked, &[]).await? {
        require_open(row.get::<_, Option<Timestamp>>("closes_at")).map_err(runtime::Error::from)?;
    }
    Ok(())
}
