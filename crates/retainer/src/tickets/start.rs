//! Starting work on a ticket.

use kernel::{ActorKind, Permission};
use runtime::{Error, Tx};
use serde_json::json;

use super::history::{self, Line};
use super::load::{lock, require_open, store};
use super::rules::{Next, Step, next};
use super::{Seen, Ticket, news};

/// Starts work on a ticket; one that is started stays so. A ticket of nobody is from then on of whoever starts.
///
/// # Errors
/// `ticket.closed`, `ticket.merged`, `ticket.stale`, `ticket.not_found`, `permission.missing`, or a fault.
pub async fn start(tx: &Tx, seen: &Seen) -> Result<Ticket, Error> {
    tx.require(Permission::TicketsWork)?;
    let mut ticket = lock(tx, seen).await?;
    let before = ticket.status;
    let Next::To(status) = next(before, Step::Start) else {
        require_open(&ticket)?;
        return Ok(ticket);
    };
    ticket.status = status;
    let told = news::audience_of(tx, &ticket).await?;
    let mut after = json!({"status": status});
    if let (None, &ActorKind::User { membership, .. }) = (ticket.assignee, &tx.actor().kind) {
        (ticket.assignee, ticket.assignee_name) = (Some(membership), Some(tx.actor().name.clone()));
        after["assignee"] = json!(ticket.assignee_name);
    }
    store(tx, &mut ticket).await?;
    let line = Line::new("ticket.started", json!({"status": before}), after);
    tokio::try_join!(history::write(tx, &ticket, line), news::went_on(tx, &ticket, "Work began on", "", &told),)?;
    Ok(ticket)
}
