//! Changing a view.

use kernel::Permission;
use kernel::id::{Id, MembershipId, TicketViewId};
use kernel::text::Title;
use runtime::{Change as Recorded, Error, OnConstraint, Tx, sql};
use serde_json::json;

use super::save::{SaveRefused, open_with};
use super::{View, find};

/// What shall be different; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// What it is called.
    pub name: Option<Title>,
    /// Whether all staff have it.
    pub shared: Option<bool>,
    /// Whether the list of whoever changes it opens with it.
    pub default: Option<bool>,
}

/// Changes a view; returns it as it is now. With which view one's list opens is one's own affair, whosever the view is.
///
/// # Errors
/// [`SaveRefused`], `ticket_view.not_found`, `permission.missing`, or a fault.
pub async fn change(tx: &Tx, view: TicketViewId, input: Change) -> Result<View, Error> {
    let member = find::asker(tx)?;
    let before = find::get(tx, view).await?;
    let name = input.name.as_ref().map_or(before.name.as_str(), Title::as_str);
    let shared = input.shared.unwrap_or(before.shared);
    if (name, shared) != (before.name.as_str(), before.shared) {
        require_may_change(tx, &before)?;
        if shared {
            tx.require(Permission::TicketsWork)?;
        }
        let written = tx
            .execute(
                sql!("update ticket_views set name = $3, shared = $4 where organization_id = $1 and id = $2"),
                &[tx.org(), view.as_uuid(), &name, &shared],
            )
            .await;
        match &input.name {
            Some(name) => written.on_constraint("ticket_views_name", SaveRefused::NameTaken { name: name.clone() })?,
            None => written?,
        };
        if before.shared && !shared {
            let owner = if before.own { Some(member) } else { None };
            close_for_others(tx, view, owner).await?;
        }
        tx.record(
            Recorded::new("ticket_view.changed", "ticket_view", view)
                .before(json!({"name": before.name, "shared": before.shared}))
                .after(json!({"name": name, "shared": shared})),
        );
    }
    match input.default.filter(|default| *default != before.default) {
        Some(true) => open_with(tx, member, view).await?,
        Some(false) => open_with_all(tx, member).await?,
        None => {}
    }
    // Whoever takes another's view out of the shared ones does not see it any more.
    if before.own || shared { find::get(tx, view).await } else { Ok(View { shared, name: name.to_owned(), ..before }) }
}

/// Whose it is may change it; a shared one, whoever may change members, too.
pub(super) fn require_may_change(tx: &Tx, view: &View) -> Result<(), Error> {
    if view.own { Ok(()) } else { tx.require(Permission::PeopleWrite) }
}

/// Nobody else's list opens with what they do not have any more.
async fn close_for_others(tx: &Tx, view: TicketViewId, owner: Option<MembershipId>) -> Result<(), Error> {
    tx.execute(
        sql!(
            "delete from ticket_view_defaults
             where organization_id = $1 and view_id = $2 and ($3::uuid is null or membership_id <> $3)"
        ),
        &[tx.org(), view.as_uuid(), &owner.map(Id::uuid)],
    )
    .await
    .map(drop)
}

/// Somebody's list opens with all tickets again.
async fn open_with_all(tx: &Tx, member: MembershipId) -> Result<(), Error> {
    tx.execute(
        sql!("delete from ticket_view_defaults where organization_id = $1 and membership_id = $2"),
        &[tx.org(), member.as_uuid()],
    )
    .await
    .map(drop)
}
