//! Stopping mails of a kind by the link in one of them.

use kernel::id::{Id, MembershipId, UserId};
use runtime::{Change, Columns, Error, Tx, sql};

use super::{Channel, Kind, Preference};

/// Switches mails of a kind off for a user, whose proof the door has checked; in the product they are told as before.
/// Doing it twice changes nothing, and so does stopping mails for somebody who has left.
///
/// # Errors
/// A fault.
pub async fn stop_mails(tx: &Tx, user: UserId, kind: Kind) -> Result<(), Error> {
    let member = tx
        .optional(
            sql!("select id from memberships where organization_id = $1 and user_id = $2 and ended_at is null"),
            &[tx.org(), user.as_uuid()],
        )
        .await?;
    let Some(membership) = member.map(|row| row.id::<MembershipId>("id")) else { return Ok(()) };
    let channel = Channel::Mail;
    let changed = tx
        .execute(
            sql!(
                "insert into notification_preferences as p (organization_id, user_id, kind, channel, enabled)
                 values ($1, $2, $3, $4, false)
                 on conflict (organization_id, user_id, kind, channel) do update set enabled = false where p.enabled"
            ),
            &[tx.org(), user.as_uuid(), &kind.word(), &channel.word()],
        )
        .await?;
    if changed > 0 {
        let change = |enabled| serde_json::json!({ "preferences": [Preference { kind, channel, enabled }] });
        tx.record(
            Change::new("preferences.changed", "membership", membership).before(change(true)).after(change(false)),
        );
    }
    Ok(())
}
