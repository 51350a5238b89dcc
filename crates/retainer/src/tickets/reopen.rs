//! Taking a ticket up again.

use kernel::Permission;
use kernel::quantity::Hours;
use kernel::text::Reason;
use runtime::{Error, Tx};
use serde_json::json;

use super::history::{self, Line};
use super::load::{lock, store};
use super::rules::{Next, Step, next};
use super::{Seen, Status, Ticket, hours, news};

runtime::refusals! {
    /// Why a ticket was not reopened.
    pub enum ReopenRefused {
        /// It is open.
        Open { status: Status } => Conflict, "ticket.open", "This ticket is {status}; there is nothing to reopen.";
    }
}

/// Reopens a completed or rejected ticket with a new hold of so many hours, or of as many as it had.
///
/// # Errors
/// [`ReopenRefused`], `ticket.not_enough_hours`, what [`lock`] refuses, `permission.missing`, or a fault.
pub async fn reopen(tx: &Tx, seen: &Seen, wanted: Option<Hours>, reason: Option<&Reason>) -> Result<Ticket, Error> {
    tx.require(Permission::TicketsWork)?;
    let mut ticket = lock(tx, seen).await?;
    let before = ticket.status;
    let Next::To(status) = next(before, Step::Reopen) else {
        return Err(ReopenRefused::Open { status: before }.into());
    };
    let told = news::audience_of(tx, &ticket).await?;
    ticket.hours = wanted.unwrap_or(ticket.hours);
    let seconds = ticket.hours.atoms();
    hours::bring_to(tx, &mut ticket, seconds, crate::ledger::Fault::Vendor).await?;
    (ticket.status, ticket.closed_at) = (status, None);
    store(tx, &mut ticket, None).await?;
    let mut line = Line::new(
        "ticket.reopened",
        json!({"status": before, "hours_held": "0.00"}),
        json!({"status": status, "hours_held": ticket.hours_held}),
    );
    line.reason = reason.map(Reason::as_str);
    let said = reason.map_or("", Reason::as_str);
    tokio::try_join!(history::write(tx, &ticket, line), news::went_on(tx, &ticket, "Reopened:", said, &told))?;
    Ok(ticket)
}
