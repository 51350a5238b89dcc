//! Taking a ticket up again.

use kernel::Permission;
use kernel::quantity::Hours;
use kernel::text::Reason;
use runtime::{Error, Tx};
use serde_json::json;

use super::history::{self, Line};
use super::load::{lock, store};
use super::overage::overage;
use super::rules::{Next, Step, agree, next};
use super::{Seen, Status, Ticket, hours, news};

runtime::refusals! {
    /// Why a ticket was not reopened.
    pub enum ReopenRefused {
        /// It is open.
        Open { status: Status } => Conflict, "ticket.open", "This ticket is {status}; there is nothing to reopen.";
    }
}

/// Reopens a completed or rejected ticket with a new hold of so many hours, or of as many as it had. Where the plan says
/// that the customer is asked, what exceeds their word is only asked for.
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
    let (told, overage) = tokio::try_join!(news::audience_of(tx, &ticket), overage(tx, ticket.customer))?;
    let wanted = wanted.unwrap_or(ticket.hours);
    // What was used of what the customer agreed to is used.
    let agreed = agree(overage, wanted.atoms(), ticket.hours.atoms() - ticket.hours_used.atoms());
    hours::bring_to(tx, &mut ticket, agreed.hold, crate::ledger::Fault::Vendor).await?;
    ticket.hours_asked = agreed.asked.map(Hours::of_seconds);
    if agreed.asked.is_none() {
        ticket.hours = wanted;
    }
    (ticket.status, ticket.closed_at) = (status, None);
    store(tx, &mut ticket).await?;
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
