//! Timing work: one timer a member at a time.

use jiff::Timestamp;
use kernel::id::{Id, MembershipId};
use kernel::quantity::Hours;
use kernel::text::Reason;
use kernel::{ActorKind, Permission};
use runtime::{Error, Tx, sql};

use super::load::lock;
use super::time::write;
use super::{Billing, LogTime, Seen, TicketNumber, TimeEntry, TimeRefused, Timer, find};

runtime::refusals! {
    /// Why a timer was not started or stopped.
    pub enum TimerRefused {
        /// The member's timer runs on another ticket.
        RunsElsewhere { ticket: TicketNumber } => Conflict, "timer.runs_elsewhere", "Your timer runs on {ticket}. Stop it there first.";
        /// No timer of the member runs on this ticket.
        NotRunning => Conflict, "timer.not_running", "Your timer does not run on this ticket.";
    }
}

fn member(tx: &Tx) -> Result<MembershipId, Error> {
    match tx.actor().kind {
        ActorKind::User { membership, .. } => Ok(membership),
        _ => Err(TimeRefused::NoMember.into()),
    }
}

/// Starts the actor's timer on a ticket; one that runs on it goes on.
///
/// # Errors
/// [`TimerRefused`], what [`lock`] refuses, `permission.missing`, or a fault.
pub async fn start_timer(tx: &Tx, seen: &Seen) -> Result<Timer, Error> {
    tx.require(Permission::TicketsWork)?;
    let membership = member(tx)?;
    let ticket = lock(tx, seen).await?;
    let statement = sql!(
        "insert into ticket_timers (organization_id, membership_id, ticket_id, started_at) values ($1, $2, $3, $4)
         on conflict (organization_id, membership_id) do nothing"
    );
    let started = tx.execute(statement, &[tx.org(), membership.as_uuid(), ticket.key.as_uuid(), &tx.now()]).await?;
    if started == 1 {
        return Ok(Timer { member: membership, started_at: tx.now() });
    }
    match find::own_timer(tx).await? {
        Some((number, timer)) if number == ticket.id => Ok(timer),
        Some((number, _)) => Err(TimerRefused::RunsElsewhere { ticket: number }.into()),
        None => Err(TimerRefused::NotRunning.into()),
    }
}

/// Stops the actor's timer on a ticket and writes down the time, a second at least.
///
/// # Errors
/// [`TimerRefused`], what [`lock`] refuses, `permission.missing`, or a fault.
pub async fn stop_timer(tx: &Tx, seen: &Seen, note: Option<Reason>) -> Result<TimeEntry, Error> {
    tx.require(Permission::TicketsWork)?;
    let membership = member(tx)?;
    let ticket = lock(tx, seen).await?;
    let statement = sql!(
        "delete from ticket_timers where organization_id = $1 and membership_id = $2 and ticket_id = $3
         returning started_at"
    );
    let row = tx.optional(statement, &[tx.org(), membership.as_uuid(), ticket.key.as_uuid()]).await?;
    let started_at: Timestamp = row.ok_or(TimerRefused::NotRunning)?.get("started_at");
    // A timer that nobody stopped for more than a week is written down as a week; people correct it then.
    let seconds = tx.now().duration_since(started_at).as_secs().clamp(1, 7 * 24 * 3600);
    let started_at = started_at.min(tx.now());
    let hours = Hours::of_seconds(seconds);
    write(tx, &ticket, &LogTime { hours, started_at: Some(started_at), note, billing: Billing::Billable }).await
}
