//! Assigning a ticket.

use kernel::Permission;
use kernel::id::{Id, MembershipId};
use runtime::{Error, Tx, sql};
use serde_json::json;

use super::history::{self, Line};
use super::load::{lock, store};
use super::{Seen, Ticket, news};

runtime::refusals! {
    /// Why a ticket was not assigned.
    pub enum AssignRefused {
        /// No such member, or one who does not work tickets.
        CannotWork => Invalid, "ticket.cannot_be_assigned", "Choose a member of the team who works tickets.", at "/assignee";
    }
}

/// Assigns a ticket to a member, or to nobody.
///
/// # Errors
/// [`AssignRefused`], what [`lock`] refuses, `permission.missing`, or a fault.
pub async fn assign(tx: &Tx, seen: &Seen, assignee: Option<MembershipId>) -> Result<Ticket, Error> {
    tx.require(Permission::TicketsWork)?;
    // Both travel together, but what is wrong with the ticket is said first, whichever answer comes first.
    let (ticket, name) = tokio::join!(lock(tx, seen), name_of(tx, assignee));
    let (mut ticket, name) = (ticket?, name?);
    if ticket.assignee == assignee {
        return Ok(ticket);
    }
    let before = ticket.assignee_name.take();
    (ticket.assignee, ticket.assignee_name) = (assignee, name);
    let told = news::audience_of_assignee(tx, &ticket).await?;
    store(tx, &mut ticket).await?;
    let line = Line::new("ticket.assigned", json!({"assignee": before}), json!({"assignee": ticket.assignee_name}));
    tokio::try_join!(history::write(tx, &ticket, line), news::went_on(tx, &ticket, "Assigned to you:", "", &told),)?;
    Ok(ticket)
}

async fn name_of(tx: &Tx, assignee: Option<MembershipId>) -> Result<Option<String>, Error> {
    let Some(assignee) = assignee else { return Ok(None) };
    let row = tx
        .optional(
            sql!(
                "select u.name from memberships m join users u on u.id = m.user_id
                 where m.organization_id = $1 and m.id = $2 and m.ended_at is null
                   and m.role in ('owner', 'admin', 'developer', 'member')"
            ),
            &[tx.org(), assignee.as_uuid()],
        )
        .await?;
    Ok(Some(row.ok_or(AssignRefused::CannotWork)?.get("name")))
}
