//! Writing down time that was worked on a ticket.

use jiff::{SignedDuration, Timestamp};
use kernel::id::{Id, MembershipId, TimeEntryId};
use kernel::quantity::Hours;
use kernel::text::Reason;
use kernel::{ActorKind, Permission};
use runtime::{Error, Tx, sql};
use serde_json::{Value, json};

use super::find::TIME_ENTRIES;
use super::history::{self, Line};
use super::load::lock;
use super::rules::{LEAST, billable};
use super::{Seen, Ticket, TimeEntry};
use crate::organizations;

/// Whether time counts towards what the customer pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Billing {
    /// It does.
    Billable,
    /// It does not.
    Free,
}

/// Time that was worked.
#[derive(Debug, Clone)]
pub struct LogTime {
    /// How long.
    pub hours: Hours,
    /// From when; just now without.
    pub started_at: Option<Timestamp>,
    /// On what.
    pub note: Option<Reason>,
    /// Whether it counts.
    pub billing: Billing,
}

runtime::refusals! {
    /// Why time was not written down.
    pub enum TimeRefused {
        /// Less than a minute, or more than a week.
        Duration => Invalid, "time_entry.duration", "Write down a minute (0:01 h) at least, and at most a week (168 h) at a time.", at "/hours";
        /// Not yet, long ago, or before anybody had asked for it.
        Start => Invalid, "time_entry.start", "The work must have begun by now, within the last year, and not before the day on which the ticket was opened.", at "/started_at";
        /// No person works.
        NoMember => Forbidden, "time_entry.no_member", "Only a member of the team can write down time.";
        /// There is no such entry on this ticket, or it was removed.
        NotFound => NotFound, "time_entry.not_found", "There is no such time entry on this ticket.";
        /// Somebody changed it first.
        Stale { version: i64 } => Stale, "time_entry.stale", "Somebody changed this time entry meanwhile: it is at version {version} now.";
    }
}

/// The longest time of one entry: a week.
const LONGEST: i64 = 7 * 24 * 3600;

/// How far back an instant may lie that somebody says.
const LONG_AGO: SignedDuration = SignedDuration::from_hours(366 * 24);
/// The day of a ticket begins at most so long before it was opened, wherever the person is; where summer time ends it has
/// an hour more.
const DAY: SignedDuration = SignedDuration::from_hours(25);

fn check_hours(hours: Hours) -> Result<(), Error> {
    if (LEAST..=LONGEST).contains(&hours.atoms()) { Ok(()) } else { Err(TimeRefused::Duration.into()) }
}

/// Whether work on a ticket may have begun at an instant.
fn check_start(tx: &Tx, ticket: &Ticket, started: Timestamp) -> Result<(), Error> {
    let earliest = (tx.now() - LONG_AGO).max(ticket.created_at.checked_sub(DAY).unwrap_or(ticket.created_at));
    if (earliest..=tx.now()).contains(&started) { Ok(()) } else { Err(TimeRefused::Start.into()) }
}

/// Writes down time that the actor worked on a ticket; also after it was closed, when somebody remembers.
///
/// # Errors
/// [`TimeRefused`], what [`lock`] refuses, `permission.missing`, or a fault.
pub async fn log_time(tx: &Tx, seen: &Seen, input: &LogTime) -> Result<TimeEntry, Error> {
    tx.require(Permission::TicketsWork)?;
    check_hours(input.hours)?;
    let ticket = lock(tx, seen).await?;
    input.started_at.map_or(Ok(()), |started| check_start(tx, &ticket, started))?;
    let ActorKind::User { membership, .. } = tx.actor().kind else { return Err(TimeRefused::NoMember.into()) };
    let who = Worker { membership, name: tx.actor().name.clone() };
    write(tx, &ticket, &Entry { who, time: input.clone(), reason: None }).await
}

/// Who worked.
pub(super) struct Worker {
    pub(super) membership: MembershipId,
    pub(super) name: String,
}

/// Time of somebody, to be written down.
pub(super) struct Entry<'a> {
    pub(super) who: Worker,
    pub(super) time: LogTime,
    /// Why it is written down, where that is not plain.
    pub(super) reason: Option<&'a str>,
}

/// Writes an entry on a locked ticket.
pub(super) async fn write(tx: &Tx, ticket: &Ticket, new: &Entry<'_>) -> Result<TimeEntry, Error> {
    let Entry { who, time: input, reason } = new;
    let seconds = input.hours.atoms();
    let increment = increment(tx).await?;
    let started_at = input.started_at.unwrap_or_else(|| tx.now() - SignedDuration::from_secs(seconds));
    let entry = TimeEntry {
        id: tx.new_id(),
        member: who.membership,
        member_name: who.name.clone(),
        started_at,
        hours: input.hours,
        increment: Some(increment),
        counted: input.hours,
        note: input.note.as_ref().map(ToString::to_string),
        billable: input.billing == Billing::Billable,
        from: None,
        created_at: tx.now(),
        version: 1,
    };
    let statement = sql!(
        "insert into ticket_time_entries (organization_id, id, ticket_id, origin_ticket_id, membership_id, started_at,
                seconds, note, billable, created_at, increment_minutes)
         values ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10)"
    );
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 10] = [
        tx.org(),
        entry.id.as_uuid(),
        ticket.key.as_uuid(),
        who.membership.as_uuid(),
        &entry.started_at,
        &seconds,
        &entry.note,
        &entry.billable,
        &entry.created_at,
        &entry.increment,
    ];
    let line = Line { reason: *reason, ..Line::new("ticket.time_logged", Value::Null, fields(&entry)).internal() };
    tokio::try_join!(tx.execute(statement, &params), history::write(tx, ticket, line))?;
    Ok(entry)
}

/// By how many minutes work is rounded up now.
pub(super) async fn increment(tx: &Tx) -> Result<i16, Error> {
    Ok(organizations::find::own(tx).await?.time_increment.minutes())
}

/// What the entries of a ticket count as together, those that are billable.
pub fn counted(entries: &[TimeEntry]) -> Hours {
    let of = |entry: &TimeEntry| (entry.counted.atoms(), entry.increment);
    Hours::of_seconds(billable(entries.iter().filter(|entry| entry.billable).map(of)))
}

/// What the history says of an entry.
fn fields(entry: &TimeEntry) -> Value {
    json!({
        "time_entry": entry.id, "member": entry.member_name, "started_at": entry.started_at, "hours": entry.hours, "seconds": entry.hours.atoms(),
        "note": entry.note, "billable": entry.billable,
    })
}

/// Corrects an entry; what it said before stays in the history.
///
/// # Errors
/// [`TimeRefused`], what [`lock`] refuses, `permission.missing`, or a fault.
pub async fn correct_time(tx: &Tx, seen: &Seen, id: TimeEntryId, input: &LogTime) -> Result<TimeEntry, Error> {
    tx.require(Permission::TicketsWork)?;
    let (ticket, before) = load(tx, seen, id).await?;
    // What stays as it was may have been written down when less than a minute could be.
    if input.hours != before.hours {
        check_hours(input.hours)?;
    }
    let started_at = input.started_at.unwrap_or(before.started_at);
    // What stays as it was may be long ago by now, or come from another system.
    if started_at != before.started_at {
        check_start(tx, &ticket, started_at)?;
    }
    let entry = TimeEntry {
        started_at,
        hours: input.hours,
        increment: if input.hours == before.hours { before.increment } else { Some(increment(tx).await?) },
        counted: if input.hours == before.hours { before.counted } else { input.hours },
        note: input.note.as_ref().map(ToString::to_string),
        billable: input.billing == Billing::Billable,
        version: before.version + 1,
        ..before.clone()
    };
    let seconds = entry.hours.atoms();
    let statement = sql!(
        "update ticket_time_entries set started_at = $3, seconds = $4, note = $5, billable = $6, version = $7,
                increment_minutes = $8, billed_seconds = $9
         where organization_id = $1 and id = $2"
    );
    let counted = (entry.counted != entry.hours).then_some(entry.counted.atoms());
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 9] = [
        tx.org(),
        id.as_uuid(),
        &entry.started_at,
        &seconds,
        &entry.note,
        &entry.billable,
        &entry.version,
        &entry.increment,
        &counted,
    ];
    let line = Line::new("ticket.time_corrected", fields(&before), fields(&entry)).internal();
    tokio::try_join!(tx.execute(statement, &params), history::write(tx, &ticket, line))?;
    Ok(entry)
}

/// Takes an entry back; it stays in the history.
///
/// # Errors
/// [`TimeRefused`], what [`lock`] refuses, `permission.missing`, or a fault.
pub async fn remove_time(tx: &Tx, seen: &Seen, id: TimeEntryId) -> Result<(), Error> {
    tx.require(Permission::TicketsWork)?;
    let (ticket, before) = load(tx, seen, id).await?;
    let statement = sql!(
        "update ticket_time_entries set removed_at = $3, version = version + 1
         where organization_id = $1 and id = $2"
    );
    let line = Line::new("ticket.time_removed", fields(&before), json!({"time_entry": id})).internal();
    let now = tx.now();
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [tx.org(), id.as_uuid(), &now];
    tokio::try_join!(tx.execute(statement, &params), history::write(tx, &ticket, line))?;
    Ok(())
}

/// The ticket, locked, and an entry on it. The version that was seen is the entry's.
async fn load(tx: &Tx, seen: &Seen, id: TimeEntryId) -> Result<(Ticket, TimeEntry), Error> {
    let ticket = lock(tx, &Seen { number: seen.number.clone(), version: None }).await?;
    let row = tx.optional(TIME_ENTRIES, &[tx.org(), &seen.number.as_str(), &Some(id.uuid())]).await?;
    let entry = row.as_ref().map(TimeEntry::of_row).ok_or(TimeRefused::NotFound)?;
    match seen.version {
        Some(version) if version != entry.version => Err(TimeRefused::Stale { version: entry.version }.into()),
        _ => Ok((ticket, entry)),
    }
}
