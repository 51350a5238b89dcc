//! Timing work: one timer a member at a time.

use jiff::Timestamp;
use kernel::id::{Id, MembershipId};
use kernel::quantity::Hours;
use kernel::text::Reason;
use kernel::{ActorKind, Permission};
use runtime::{Columns, Error, Tx, sql};
use serde_json::{Value, json};

use super::history::{self, Line};
use super::load::lock;
use super::rules::{LEAST, billable};
use super::time::{Entry, Worker, counted, increment, write};
use super::{Billing, LogTime, Seen, Ticket, TicketNumber, TimeEntry, TimeRefused, Timer, find, start};

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

/// Starts the actor's timer on a ticket; one that runs on it goes on. Work on a ticket that waits begins with it.
///
/// # Errors
/// [`TimerRefused`], what [`super::start`] refuses, `permission.missing`, or a fault.
pub async fn start_timer(tx: &Tx, seen: &Seen) -> Result<Timer, Error> {
    let timer = run_timer(tx, seen).await?;
    start(tx, &Seen { number: seen.number.clone(), version: None }).await?;
    Ok(timer)
}

async fn run_timer(tx: &Tx, seen: &Seen) -> Result<Timer, Error> {
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

/// Stops the actor's timer on a ticket and writes down the time. One that ran for less than a minute was started by mistake:
/// then nothing is written down but that it ran.
///
/// # Errors
/// [`TimerRefused`], what [`lock`] refuses, `permission.missing`, or a fault.
pub async fn stop_timer(tx: &Tx, seen: &Seen, note: Option<Reason>) -> Result<Option<TimeEntry>, Error> {
    tx.require(Permission::TicketsWork)?;
    let membership = member(tx)?;
    let ticket = lock(tx, seen).await?;
    let statement = sql!(
        "delete from ticket_timers where organization_id = $1 and membership_id = $2 and ticket_id = $3
         returning started_at"
    );
    let row = tx.optional(statement, &[tx.org(), membership.as_uuid(), ticket.key.as_uuid()]).await?;
    let started_at: Timestamp = row.ok_or(TimerRefused::NotRunning)?.get("started_at");
    let who = Worker { membership, name: tx.actor().name.clone() };
    keep(tx, &ticket, &Entry { who, time: timed(tx, started_at, note), reason: None }).await
}

/// Writes down what a timer measured, if that is work.
async fn keep(tx: &Tx, ticket: &Ticket, entry: &Entry<'_>) -> Result<Option<TimeEntry>, Error> {
    if entry.time.hours.atoms() >= LEAST {
        return write(tx, ticket, entry).await.map(Some);
    }
    let after = json!({"member": entry.who.name, "seconds": entry.time.hours.atoms()});
    history::write(tx, ticket, Line::new("ticket.timer_dropped", Value::Null, after).internal()).await?;
    Ok(None)
}

/// Stops every timer that runs on a locked ticket, because work on it is over, and writes down the time for whoever it
/// belongs to: what was worked is not lost, and nobody is timed on what is closed. The actor's own counts. A colleague's,
/// which may have run on over a weekend, does not until somebody says so: nobody who completes a ticket sees it.
pub(super) async fn stop_timers(tx: &Tx, ticket: &Ticket, why: &str) -> Result<(), Error> {
    let statement = sql!(
        "with stopped as (delete from ticket_timers where organization_id = $1 and ticket_id = $2
                          returning membership_id, started_at)
         select stopped.membership_id, stopped.started_at, u.name
         from stopped
         join memberships m on m.organization_id = $1 and m.id = stopped.membership_id
         join users u on u.id = m.user_id
         order by stopped.started_at, stopped.membership_id"
    );
    let own = member(tx).ok();
    let not_counted = format!("{why}, and does not count until somebody says that it does");
    for row in tx.rows(statement, &[tx.org(), ticket.key.as_uuid()]).await? {
        let who = Worker { membership: row.id("membership_id"), name: row.get("name") };
        let time = timed(tx, row.get("started_at"), None);
        let entry = if own == Some(who.membership) {
            Entry { who, time, reason: Some(why) }
        } else {
            Entry { who, time: LogTime { billing: Billing::Free, ..time }, reason: Some(&not_counted) }
        };
        keep(tx, ticket, &entry).await?;
    }
    Ok(())
}

/// The timers of others that run on a ticket: whose, and since when.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn timers_of_others(tx: &Tx, number: &TicketNumber) -> Result<Vec<(String, Timestamp)>, Error> {
    tx.require(Permission::TicketsWork)?;
    let statement = sql!(
        "select u.name, r.started_at from tickets t
         join ticket_timers r on r.organization_id = t.organization_id and r.ticket_id = t.id
         join memberships m on m.organization_id = t.organization_id and m.id = r.membership_id
         join users u on u.id = m.user_id
         where t.organization_id = $1 and t.number = $2 and ($3::uuid is null or r.membership_id <> $3)
         order by r.started_at, u.name"
    );
    let own = member(tx).ok().map(|member| member.uuid());
    let rows = tx.rows(statement, &[tx.org(), &number.as_str(), &own]).await?;
    Ok(rows.iter().map(|row| (row.get("name"), row.get("started_at"))).collect())
}

/// What the time since an instant would add to what a ticket's entries count as, if a timer that was started then stopped
/// now.
///
/// # Errors
/// A fault.
pub async fn would_add(tx: &Tx, entries: &[TimeEntry], started_at: Timestamp) -> Result<Hours, Error> {
    let seconds = timed(tx, started_at, None).hours.atoms();
    if seconds < LEAST {
        return Ok(Hours::of_seconds(0));
    }
    let of = |entry: &TimeEntry| (entry.counted.atoms(), entry.increment);
    let increment = increment(tx).await?;
    let all = entries.iter().filter(|entry| entry.billable).map(of).chain([(seconds, Some(increment))]);
    Ok(Hours::of_seconds(billable(all) - counted(entries).atoms()))
}

/// What a timer measured. One that nobody stopped for more than a week is written down as a week; people correct it then.
fn timed(tx: &Tx, started_at: Timestamp, note: Option<Reason>) -> LogTime {
    let seconds = tx.now().duration_since(started_at).as_secs().clamp(0, 7 * 24 * 3600);
    let started_at = Some(started_at.min(tx.now()));
    LogTime { hours: Hours::of_seconds(seconds), started_at, note, billing: Billing::Billable }
}
