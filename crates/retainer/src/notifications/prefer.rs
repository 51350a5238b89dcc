//! Saying how one wants to be told.

use kernel::ActorKind;
use kernel::id::{Id, MembershipId};
use runtime::{Change, Error, Tx, sql};

use super::find::{self, NobodyRefused};
use super::{Channel, Kind, Preference};

/// Keeps the actor's preferences; those not given stay as they are.
///
/// # Errors
/// `notification.nobody` when no person acts, or a fault.
pub async fn prefer(tx: &Tx, wanted: &[Preference]) -> Result<(), Error> {
    let ActorKind::User { user, membership, .. } = tx.actor().kind else { return Err(NobodyRefused::NoPerson.into()) };
    let before = find::preferences(tx).await?;
    let changed: Vec<Preference> = last_of_each(wanted).into_iter().filter(|want| !before.contains(want)).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let kinds: Vec<&str> = changed.iter().map(|preference| preference.kind.word()).collect();
    let channels: Vec<&str> = changed.iter().map(|preference| preference.channel.word()).collect();
    let enabled: Vec<bool> = changed.iter().map(|preference| preference.enabled).collect();
    tx.execute(
        sql!(
            "insert into notification_preferences (organization_id, user_id, kind, channel, enabled)
             select $1, $2, p.kind, p.channel, p.enabled
             from unnest($3::text[], $4::text[], $5::boolean[]) as p (kind, channel, enabled)
             on conflict (organization_id, user_id, kind, channel) do update set enabled = excluded.enabled"
        ),
        &[tx.org(), user.as_uuid(), &kinds, &channels, &enabled],
    )
    .await?;
    let old: Vec<Preference> =
        changed.iter().map(|preference| Preference { enabled: !preference.enabled, ..*preference }).collect();
    tx.record(
        Change::new::<MembershipId>("preferences.changed", "membership", membership)
            .before(serde_json::json!({ "preferences": old }))
            .after(serde_json::json!({ "preferences": changed })),
    );
    Ok(())
}

/// Of several wishes about the same the last counts.
fn last_of_each(wanted: &[Preference]) -> Vec<Preference> {
    let every = Kind::ALL.iter().flat_map(|kind| Channel::ALL.iter().map(move |channel| (*kind, *channel)));
    every
        .filter_map(|(kind, channel)| {
            wanted.iter().rev().find(|want| (want.kind, want.channel) == (kind, channel)).copied()
        })
        .collect()
}
