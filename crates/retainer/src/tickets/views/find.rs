//! Reading views.

use kernel::id::{Id, MembershipId, TicketViewId};
use kernel::{ActorKind, Permission};
use runtime::tx::TxRefused;
use runtime::{Error, Tx, sql};

use super::View;

runtime::refusals! {
    /// Why there is no view to be had.
    pub enum FindRefused {
        /// There is none, or it is somebody else's.
        NotFound => NotFound, "ticket_view.not_found", "There is no such view. Perhaps it was removed, or is no longer shared.";
        /// Programs have no list that they look at.
        NoPerson => Forbidden, "ticket_view.nobody", "Only a person has views.";
    }
}

/// The member who asks: views are staff's.
pub(super) fn asker(tx: &Tx) -> Result<MembershipId, Error> {
    tx.require(Permission::TicketsRead)?;
    match tx.actor().kind {
        ActorKind::User { customer: Some(_), .. } => {
            Err(TxRefused::NotAllowed { permission: Permission::TicketsWork }.into())
        }
        ActorKind::User { membership, .. } => Ok(membership),
        ActorKind::System | ActorKind::Anonymous => Err(FindRefused::NoPerson.into()),
    }
}

/// The views of whoever asks and those that are shared with them, by name.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn list(tx: &Tx) -> Result<Vec<View>, Error> {
    let member = asker(tx)?;
    let rows = tx.rows(VISIBLE, &[tx.org(), member.as_uuid(), &None::<uuid::Uuid>]).await?;
    rows.iter().map(View::of_row).collect()
}

/// One of them.
///
/// # Errors
/// `ticket_view.not_found`, `permission.missing`, or a fault.
pub async fn get(tx: &Tx, view: TicketViewId) -> Result<View, Error> {
    let member = asker(tx)?;
    let row = tx.optional(VISIBLE, &[tx.org(), member.as_uuid(), &Some(view.uuid())]).await?;
    View::of_row(&row.ok_or(FindRefused::NotFound)?)
}

const VISIBLE: &str = sql!(
    "select v.id, v.name, v.shared, v.membership_id = $2 as own, d.view_id is not null as is_default, u.name as saved_by,
            v.status, v.customer_id, v.assignee_id, v.unassigned, v.tag, v.priority, v.words, v.sort, v.created_at
     from ticket_views v
     join memberships m on m.organization_id = v.organization_id and m.id = v.membership_id
     join users u on u.id = m.user_id
     left join ticket_view_defaults d
       on d.organization_id = v.organization_id and d.membership_id = $2 and d.view_id = v.id
     where v.organization_id = $1 and (v.membership_id = $2 or v.shared) and ($3::uuid is null or v.id = $3)
     order by lower(v.name), v.id limit 200"
);
