//! Ordering a sample organization.

use jiff::{SignedDuration, Timestamp};
use kernel::Permission;
use kernel::id::Id;
use runtime::tx::Enqueued;
use runtime::{Change, Error, Tx, sql};

use super::find::{SampleState, latest};
use crate::organizations::find;

runtime::refusals! {
    /// Why none is made.
    pub enum OrderRefused {
        /// There is one.
        There => Conflict, "sample.there", "There is a sample organization, or it is still being deleted. Discard it, or wait a moment.";
        /// The last one was ordered a moment ago.
        TooOften { again_at: Timestamp, retry_after_seconds: i64, wait: &'static str } => TooMany, "sample.too_often", "A sample organization was ordered a moment ago. The next one can be ordered {wait}.";
        /// The organization is one itself.
        IsSample => Conflict, "sample.of_a_sample", "This is a sample organization itself.";
        /// Only a person can own it.
        Nobody => Conflict, "sample.nobody", "A sample organization belongs to whoever orders it; sign in as somebody.";
    }
}

/// How long it is between two orders: making one is a minute of work.
const BETWEEN: SignedDuration = SignedDuration::from_mins(3);

/// Orders a sample organization; a job makes it, and whoever orders it will own it.
///
/// # Errors
/// [`OrderRefused`], `permission.missing`, or a fault.
pub async fn order(tx: &Tx) -> Result<(), Error> {
    tx.require(Permission::SettingsWrite)?;
    let user = tx.actor().user().ok_or(OrderRefused::Nobody)?;
    if find::own(tx).await?.is_sample {
        return Err(OrderRefused::IsSample.into());
    }
    tx.one(sql!("select id from organizations where organization_id = $1 and id = $1 for update"), &[tx.org()]).await?;
    if let Some(last) = latest(tx).await? {
        // Until what was discarded is removed, too: else nobody knew any more whose it was.
        if !matches!((last.state, last.made), (SampleState::Discarded, None) | (SampleState::Failed, _)) {
            return Err(OrderRefused::There.into());
        }
        let again_at = last.ordered_at.and_then(|at| at.checked_add(BETWEEN).ok());
        if let Some(again_at) = again_at.filter(|at| *at > tx.now()) {
            let retry_after_seconds = again_at.duration_since(tx.now()).as_secs().max(1);
            let wait = match retry_after_seconds {
                ..=60 => "in a minute",
                61..=120 => "in two minutes",
                _ => "in three minutes",
            };
            return Err(OrderRefused::TooOften { again_at, retry_after_seconds, wait }.into());
        }
    }
    tx.execute(
        sql!(
            "insert into samples (organization_id, state, ordered_by, ordered_at, told_at) values ($1, 'ordered', $2, $3, $3)
             on conflict (organization_id) do update
                set state = 'ordered', ordered_by = $2, ordered_at = $3, told_at = $3, made_id = null, slug = null, day = 0, days = 0"
        ),
        &[tx.org(), user.as_uuid(), &tx.now()],
    )
    .await?;
    tx.record(Change::new("sample.ordered", "organization", tx.organization()));
    tx.enqueue(Enqueued { name: "sample.make", payload: serde_json::json!({}), run_at: None, key: None });
    Ok(())
}
