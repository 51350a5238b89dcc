//! Completing a ticket.

use kernel::Permission;
use kernel::quantity::Hours;
use runtime::{Error, Tx};
use serde_json::json;

use super::find::worked;
use super::history::{self, Line};
use super::hours::{capture, open_holds};
use super::load::{lock_any_version, require_version, store};
use super::overage::overage;
use super::rules::{Next, Overage, Step, Worked, next, used_by_default};
use super::timer::stop_timers;
use super::{Seen, Status, Ticket, TicketRefused, news};

runtime::refusals! {
    /// Why a ticket was not completed.
    pub enum CompleteRefused {
        /// It was, with other hours.
        OtherHours { used: Hours } => Conflict, "ticket.completed", "This ticket is completed already, with {used} h used. Reopen it to add more.", at "/hours";
        /// The customer must agree to more than is on hold.
        AskFirst { held: Hours, used: Hours } => Conflict, "ticket.ask_first", "The customer's plan says that they are asked before more than the {held} h on hold are used, and this needs {used} h. Ask for the hours first, or complete it with fewer.", at "/hours";
        /// The customer has not answered yet.
        Unanswered { held: Hours, used: Hours } => Conflict, "ticket.unanswered", "The customer is asked to agree and has not answered yet: {held} h are on hold, and this needs {used} h. Wait for the answer, or complete it with fewer.", at "/hours";
        /// The customer said no to more than is on hold.
        Declined { held: Hours, used: Hours } => Conflict, "ticket.hours_declined", "The customer did not agree to more than the {held} h on hold, and this needs {used} h. Ask again, or complete it with fewer.", at "/hours";
    }
}

/// Completes a ticket with the hours used: those are captured, the rest is released. More than is on hold comes out of
/// what the customer has left, unless they said no to it. Without hours, the billable time entries count; without any entry, what is on hold. Timers
/// that run on it stop, and their time is written down first.
///
/// # Errors
/// [`CompleteRefused`], `ticket.not_enough_hours`, `ticket.closed`, and what [`super::load::lock`] refuses; or a fault.
pub async fn complete(tx: &Tx, seen: &Seen, used: Option<Hours>) -> Result<Ticket, Error> {
    tx.require(Permission::TicketsWork)?;
    let mut ticket = lock_any_version(tx, seen).await?;
    let (before, status) = match next(ticket.status, Step::Complete) {
        Next::To(status) => (ticket.status, status),
        Next::Already => return already(tx, ticket, used).await,
        Next::Impossible => return Err(TicketRefused::Closed { status: Status::Rejected }.into()),
    };
    require_version(&ticket, seen)?;
    let before_timers = worked(tx, ticket.key).await?;
    stop_timers(tx, &ticket, "the ticket was completed while the timer ran").await?;
    let (holds, worked, told, overage) = tokio::try_join!(
        open_holds(tx, &ticket),
        worked(tx, ticket.key),
        news::audience_of(tx, &ticket),
        overage(tx, ticket.customer),
    )?;
    // A colleague's timer alone does not say that nothing was worked.
    let worked = if worked == Worked::Seconds(0) { before_timers } else { worked };
    let (held, used_before) = (ticket.hours_held, ticket.hours_used);
    let used = used.unwrap_or_else(|| Hours::of_seconds(used_by_default(worked, used_before.atoms(), held.atoms())));
    if overage == Overage::Ask && used.atoms() > held.atoms() {
        return Err(CompleteRefused::AskFirst { held, used }.into());
    }
    if used.atoms() > held.atoms() {
        if ticket.hours_asked.is_some() {
            return Err(CompleteRefused::Unanswered { held, used }.into());
        }
        if history::is_declined(tx, &ticket).await? {
            return Err(CompleteRefused::Declined { held, used }.into());
        }
    }
    capture(tx, &mut ticket, &holds, used.atoms()).await?;
    (ticket.status, ticket.closed_at, ticket.hours_asked) = (status, Some(tx.now()), None);
    store(tx, &mut ticket).await?;
    let line = Line::new(
        "ticket.completed",
        json!({"status": before, "hours_held": held, "hours_used": used_before}),
        json!({"status": status, "hours_held": ticket.hours_held, "hours_used": ticket.hours_used}),
    );
    let said = format!("{used} h were used.");
    tokio::try_join!(history::write(tx, &ticket, line), news::went_on(tx, &ticket, "Completed:", &said, &told),)?;
    Ok(ticket)
}

/// Completing twice is once, if both times say the same: the hours of the last completion, or none.
async fn already(tx: &Tx, ticket: Ticket, used: Option<Hours>) -> Result<Ticket, Error> {
    let Some(used) = used else { return Ok(ticket) };
    let last = history::last_completion(tx, &ticket).await?;
    if used == last { Ok(ticket) } else { Err(CompleteRefused::OtherHours { used: last }.into()) }
}
