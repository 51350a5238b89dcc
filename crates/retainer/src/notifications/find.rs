//! Reading one's own notifications and preferences.

use kernel::id::Id;
use runtime::http::{Cursor, Page, Paging};
use runtime::{Columns, Error, Tx, sql};

use super::{Channel, Kind, Notification, Preference};

runtime::refusals! {
    /// Why a notification is not shown.
    pub enum FindRefused {
        /// There is none, or it is somebody else's.
        NotFound => NotFound, "notification.not_found", "There is no such notification.";
    }
}

runtime::refusals! {
    /// Why there are no preferences.
    pub enum NobodyRefused {
        /// Only people have preferences.
        NoPerson => Forbidden, "notification.nobody", "Only a person can say how they want to be told.";
    }
}

/// Which notifications are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// Those not read yet.
    Unread,
}

/// The actor's notifications, the newest first.
///
/// # Errors
/// A fault.
pub async fn list(tx: &Tx, which: Which, paging: Paging) -> Result<Page<Notification>, Error> {
    let user = tx.actor().user().map(Id::uuid);
    let (at, id) = paging.below();
    let rows = tx
        .rows(
            sql!(
                "select id, kind, subject_kind, subject_ref, title, text, reason, actor_name, times, created_at, read_at
                 from notifications
                 where organization_id = $1 and user_id = $2 and (not $3 or read_at is null)
                   and (created_at, id) < ($4, $5)
                 order by created_at desc, id desc limit $6"
            ),
            &[tx.org(), &user, &(which == Which::Unread), &at, &id, &paging.ask()],
        )
        .await?;
    let items = rows.iter().map(Notification::of_row).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::of(items, paging, |item| Cursor::new(item.created_at, item.id.uuid())))
}

/// How many of the actor's notifications are unread.
///
/// # Errors
/// A fault.
pub async fn unread(tx: &Tx) -> Result<i64, Error> {
    let user = tx.actor().user().map(Id::uuid);
    let row = tx
        .one(
            sql!(
                "select count(*) as unread from notifications
                 where organization_id = $1 and user_id = $2 and read_at is null"
            ),
            &[tx.org(), &user],
        )
        .await?;
    Ok(row.get("unread"))
}

/// The actor's preferences, every kind with every channel.
///
/// # Errors
/// A fault.
pub async fn preferences(tx: &Tx) -> Result<Vec<Preference>, Error> {
    let user = tx.actor().user().map(Id::uuid);
    let rows = tx
        .rows(
            sql!(
                "select kind, channel, enabled from notification_preferences
                 where organization_id = $1 and user_id = $2"
            ),
            &[tx.org(), &user],
        )
        .await?;
    let stored = rows
        .iter()
        .map(|row| {
            Ok(Preference { kind: row.word("kind")?, channel: row.word("channel")?, enabled: row.get("enabled") })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let is_customer = tx.actor().customer().is_some();
    let every = Kind::ALL.iter().flat_map(|kind| Channel::ALL.iter().map(move |channel| (*kind, *channel)));
    Ok(every
        .map(|(kind, channel)| {
            let known = stored.iter().find(|known| (known.kind, known.channel) == (kind, channel));
            Preference {
                kind,
                channel,
                enabled: known.map_or_else(|| kind.is_told(channel, is_customer), |known| known.enabled),
            }
        })
        .collect())
}
