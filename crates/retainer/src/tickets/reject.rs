//! Turning a ticket down.

use kernel::Permission;
use kernel::text::Reason;
use runtime::{Error, Tx};
use serde_json::json;

use super::history::{self, Line};
use super::load::{lock_any_version, require_version, store};
use super::rules::{Next, Step, next};
use super::timer::stop_timers;
use super::{Seen, Ticket, TicketRefused, hours, news};

/// Rejects a ticket with a reason: everything on hold for it goes back, and timers that run on it stop, their
/// time written down. Rejecting twice is once.
///
/// # Errors
/// `ticket.closed` when it is completed, what [`super::load::lock`] refuses, `permission.missing`, or a fault.
pub async fn reject(tx: &Tx, seen: &Seen, reason: &Reason) -> Result<Ticket, Error> {
    tx.require(Permission::TicketsWork)?;
    let mut ticket = lock_any_version(tx, seen).await?;
    let (before, status) = match next(ticket.status, Step::Reject) {
        Next::To(status) => (ticket.status, status),
        Next::Already => return Ok(ticket),
        Next::Impossible => return Err(TicketRefused::Closed { status: ticket.status }.into()),
    };
    require_version(&ticket, seen)?;
    stop_timers(tx, &ticket, "the ticket was rejected while the timer ran").await?;
    let told = news::audience_of(tx, &ticket).await?;
    let held = ticket.hours_held;
    hours::release(tx, &mut ticket).await?;
    (ticket.status, ticket.closed_at, ticket.hours_asked) = (status, Some(tx.now()), None);
    store(tx, &mut ticket).await?;
    let line = Line::new(
        "ticket.rejected",
        json!({"status": before, "hours_held": held}),
        json!({"status": status, "hours_held": ticket.hours_held}),
    );
    tokio::try_join!(
        history::write(tx, &ticket, line.because(reason.as_str())),
        news::went_on(tx, &ticket, "Rejected:", reason.as_str(), &told),
    )?;
    Ok(ticket)
}
