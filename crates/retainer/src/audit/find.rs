//! Reading the audit trail.

use jiff::Timestamp;
use kernel::Permission;
use kernel::id::{Id, UserId};
use kernel::text::Tag;
use runtime::http::{Cursor, Page, Paging};
use runtime::{Error, Tx, sql};

use super::{AuditEntry, Subject};

/// Which entries are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Of this thing.
    pub subject: Option<Subject>,
    /// By this user.
    pub actor: Option<UserId>,
    /// Of this action, or of all that begin with it and a dot: `ticket` or `ticket.rejected`.
    pub action: Option<Tag>,
    /// At this instant or later.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
}

/// The audit trail, the latest first.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn list(tx: &Tx, wanted: &Wanted, paging: Paging) -> Result<Page<AuditEntry>, Error> {
    tx.require(Permission::AuditRead)?;
    let (at, id) = paging.below();
    let (from, to) = (wanted.from.map(storable), wanted.to.map(storable));
    let rows = tx
        .rows(
            sql!(
                "select id, at, actor_kind, actor_user_id, actor_name, actor_role, address, request_id, action,
                        subject_kind, subject_id, before, after
                 from audit_entries
                 where organization_id = $1 and ($2::uuid is null or subject_id = $2)
                   and ($3::uuid is null or actor_user_id = $3)
                   and ($4::text is null or action = $4 or starts_with(action, $4 || '.'))
                   and ($5::timestamptz is null or at >= $5) and ($6::timestamptz is null or at < $6)
                   and (at, id) < ($7, $8)
                 order by at desc, id desc limit $9"
            ),
            &[
                tx.org(),
                &wanted.subject.map(|subject| subject.0),
                &wanted.actor.map(Id::uuid),
                &wanted.action.as_ref().map(Tag::as_str),
                &from,
                &to,
                &at,
                &id,
                &paging.ask(),
            ],
        )
        .await?;
    let items = rows.iter().map(AuditEntry::of_row).collect();
    Ok(Page::of(items, paging, |item: &AuditEntry| Cursor { at: item.at, id: item.id.uuid() }))
}

/// PostgreSQL's instants begin later than jiff's.
fn storable(at: Timestamp) -> Timestamp {
    at.max(Timestamp::UNIX_EPOCH)
}
