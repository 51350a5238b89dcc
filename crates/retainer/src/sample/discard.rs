//! Being rid of a sample organization.

use kernel::Permission;
use kernel::id::Id;
use runtime::tx::Enqueued;
use runtime::{Change, Error, Tx, sql};

use super::find::{SampleRefused, SampleState, latest};

/// Discards the sample; a job removes it at once. One that is still being made is made no further.
///
/// # Errors
/// [`SampleRefused::None`], `permission.missing`, or a fault.
pub async fn discard(tx: &Tx) -> Result<(), Error> {
    tx.require(Permission::SettingsWrite)?;
    let locked = sql!("select state from samples where organization_id = $1 for update");
    tx.optional(locked, &[tx.org()]).await?;
    let sample = latest(tx).await?.filter(|sample| sample.state != SampleState::Discarded);
    let sample = sample.ok_or(SampleRefused::None)?;
    tx.execute(sql!("update samples set state = 'discarded' where organization_id = $1"), &[tx.org()]).await?;
    tx.record(Change::new("sample.discarded", "organization", tx.organization()));
    if let Some(made) = sample.made {
        let payload = serde_json::json!({ "made": made });
        tx.enqueue(Enqueued { name: "sample.unmake", payload, run_at: None, key: Some(made.uuid().to_string()) });
    }
    Ok(())
}
