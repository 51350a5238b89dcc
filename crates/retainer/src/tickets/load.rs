//! Loading a ticket to change it, and storing it again.

use kernel::id::Id;
use kernel::quantity::Hours;
use runtime::{Error, Tx, sql};

use super::find::ONE;
use super::{Status, Ticket, TicketNumber};

/// A ticket as somebody saw it who wants to change it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its number.
    pub number: TicketNumber,
    /// Its version then; none when they do not mind.
    pub version: Option<i64>,
}

runtime::refusals! {
    /// Why nothing is done to a ticket.
    pub enum TicketRefused {
        /// There is none, or it is another organization's or another customer's.
        NotFound => NotFound, "ticket.not_found", "There is no such ticket.";
        /// Somebody changed it first.
        Stale { version: i64 } => Stale, "ticket.stale", "Somebody changed this ticket meanwhile. Look at it again, then repeat what you still want.";
        /// It went on elsewhere.
        Merged { into: TicketNumber } => Conflict, "ticket.merged", "This ticket was merged into {into}. Go on there.";
        /// It is completed or rejected.
        Closed { status: Status } => Conflict, "ticket.closed", "This ticket is {status}. Reopen it first.";
        /// The customer has too little left.
        NotEnoughHours { wanted: Hours, left: Hours } => Exhausted, "ticket.not_enough_hours", "This needs {wanted} h, and only {left} h are left. Ask for less, or have hours added first.", at "/hours";
    }
}

/// The ticket, locked until the transaction ends. A customer's users find only their own.
///
/// It is read after the lock, by a statement of its own: one that waits for a lock re-reads only the row it waited for,
/// and would show what it joins to as it was before.
pub(super) async fn lock(tx: &Tx, seen: &Seen) -> Result<Ticket, Error> {
    tx.optional(LOCK, &[tx.org(), &seen.number.as_str()]).await?;
    let row = tx.optional(ONE, &[tx.org(), &seen.number.as_str(), &tx.only_customer()]).await?;
    let ticket = row.as_ref().map(Ticket::of_row).transpose()?.ok_or(TicketRefused::NotFound)?;
    if let Some(into) = &ticket.merged_into {
        return Err(TicketRefused::Merged { into: into.clone() }.into());
    }
    require_version(&ticket, seen)?;
    Ok(ticket)
}

/// The ticket, locked, whatever its version: for steps that are one when they are taken twice. Whoever takes such a step
/// again, having seen the version before, is told of what was done, not that they are late.
pub(super) async fn lock_any_version(tx: &Tx, seen: &Seen) -> Result<Ticket, Error> {
    lock(tx, &Seen { number: seen.number.clone(), version: None }).await
}

/// Refuses unless the ticket is as it was seen.
pub(super) fn require_version(ticket: &Ticket, seen: &Seen) -> Result<(), Error> {
    match seen.version {
        Some(version) if version != ticket.version => Err(TicketRefused::Stale { version: ticket.version }.into()),
        _ => Ok(()),
    }
}

const LOCK: &str = sql!("select id from tickets where organization_id = $1 and number = $2 for update");

/// Writes a locked ticket back under the next version.
pub(super) async fn store(tx: &Tx, ticket: &mut Ticket) -> Result<(), Error> {
    ticket.version += 1;
    tx.execute(
        sql!(
            "update tickets set title = $3, details = $4, priority = $5, status = $6, wanted_seconds = $7,
                    held_seconds = $8, used_seconds = $9, asked_seconds = $10, assignee_id = $11, tags = $12,
                    closed_at = $13, version = $14
             where organization_id = $1 and id = $2"
        ),
        &[
            tx.org(),
            ticket.key.as_uuid(),
            &ticket.title,
            &ticket.details,
            &ticket.priority.word(),
            &ticket.status.word(),
            &ticket.hours.atoms(),
            &ticket.hours_held.atoms(),
            &ticket.hours_used.atoms(),
            &ticket.hours_asked.map(Hours::atoms),
            &ticket.assignee.map(Id::uuid),
            &ticket.tags,
            &ticket.closed_at,
            &ticket.version,
        ],
    )
    .await?;
    Ok(())
}

/// Refuses unless work may still be done on the ticket.
pub(super) fn require_open(ticket: &Ticket) -> Result<(), Error> {
    if ticket.status.is_open() { Ok(()) } else { Err(TicketRefused::Closed { status: ticket.status }.into()) }
}
