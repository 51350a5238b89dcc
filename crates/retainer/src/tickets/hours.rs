//! The ledger's side of a ticket: its holds. Every call has a key made of the ticket, its version and the step, so that
//! a retry does nothing twice.

use kernel::Quantity;
use kernel::id::{HoldId, Id};
use kernel::quantity::Hours;
use runtime::{Columns, Error, Tx, sql};

use super::{Ticket, TicketRefused, rules};
use crate::ledger::{self, Delta, Fault, Finality, Key, LedgerRefused, Owner, Portion, Subject};

/// An open hold of a ticket.
#[derive(Debug, Clone, Copy)]
pub(super) struct OpenHold {
    /// The hold.
    pub(super) id: HoldId,
    /// What it still has, in seconds.
    pub(super) open: i64,
}

/// The ticket's open holds, the earliest first.
pub(super) async fn open_holds(tx: &Tx, ticket: &Ticket) -> Result<Vec<OpenHold>, Error> {
    let rows = tx
        .rows(
            sql!(
                "select hold_id, open_seconds from ticket_holds
                 where organization_id = $1 and ticket_id = $2 and open_seconds > 0 order by created_at, hold_id"
            ),
            &[tx.org(), ticket.key.as_uuid()],
        )
        .await?;
    Ok(rows.iter().map(|row| OpenHold { id: row.id("hold_id"), open: row.get("open_seconds") }).collect())
}

fn key(ticket: &Ticket, step: &str) -> Key {
    Key::new(format!("ticket:{}:{}:{step}", ticket.key, ticket.version))
}

/// Puts hours of the customer on hold for the ticket.
pub(super) async fn hold(tx: &Tx, ticket: &Ticket, seconds: i64) -> Result<HoldId, Error> {
    let input = ledger::Hold {
        owner: Owner::Customer(ticket.customer),
        amount: Quantity::seconds(seconds),
        subject: Subject::new("ticket", ticket.key),
        expires_at: None,
        policy: serde_json::Value::Null,
        key: key(ticket, "hold"),
    };
    let held = ledger::hold(tx, input).await.map_err(|error| short(error, seconds))?;
    Ok(held.hold)
}

/// Notes a hold on the ticket.
pub(super) async fn note(tx: &Tx, ticket: &Ticket, hold: HoldId, open: i64) -> Result<(), Error> {
    tx.execute(
        sql!(
            "insert into ticket_holds (organization_id, hold_id, ticket_id, origin_ticket_id, open_seconds, created_at)
             values ($1, $2, $3, $3, $4, $5)"
        ),
        &[tx.org(), hold.as_uuid(), ticket.key.as_uuid(), &open, &tx.now()],
    )
    .await?;
    Ok(())
}

/// Brings what is on hold to `seconds`, more or less. Whose wish a reduction is matters where a lot has ended meanwhile.
pub(super) async fn bring_to(tx: &Tx, ticket: &mut Ticket, seconds: i64, fault: Fault) -> Result<(), Error> {
    let held = ticket.hours_held.atoms();
    let holds = open_holds(tx, ticket).await?;
    if seconds > held {
        let more = seconds - held;
        match holds.first() {
            None => {
                let hold = hold(tx, ticket, more).await?;
                note(tx, ticket, hold, more).await?;
            }
            Some(first) => {
                let delta = Delta::Up(Quantity::seconds(more));
                adjust(tx, ticket, *first, delta).await.map_err(|error| short(error, more))?;
                set_open(tx, first.id, first.open + more).await?;
            }
        }
    } else {
        let open: Vec<i64> = holds.iter().map(|hold| hold.open).collect();
        for (hold, part) in holds.iter().zip(rules::give_back(&open, held - seconds)) {
            if part > 0 {
                adjust(tx, ticket, *hold, Delta::Down(Quantity::seconds(part), fault)).await?;
                set_open(tx, hold.id, hold.open - part).await?;
            }
        }
    }
    ticket.hours_held = Hours::of_seconds(seconds);
    Ok(())
}

async fn adjust(tx: &Tx, ticket: &Ticket, hold: OpenHold, delta: Delta) -> Result<(), Error> {
    let key = key(ticket, &format!("adjust:{}", hold.id));
    ledger::adjust_hold(tx, ledger::AdjustHold { hold: hold.id, delta, key }).await.map(drop)
}

async fn set_open(tx: &Tx, hold: HoldId, open: i64) -> Result<(), Error> {
    tx.execute(
        sql!("update ticket_holds set open_seconds = $3 where organization_id = $1 and hold_id = $2"),
        &[tx.org(), hold.as_uuid(), &open],
    )
    .await?;
    Ok(())
}

/// Captures `used` seconds out of the holds, releases what they have beyond it, and draws on the balance for what they
/// do not cover.
pub(super) async fn capture(tx: &Tx, ticket: &mut Ticket, holds: &[OpenHold], used: i64) -> Result<(), Error> {
    let open: Vec<i64> = holds.iter().map(|hold| hold.open).collect();
    let settled = rules::settle(&open, used);
    let last = holds.len().wrapping_sub(1);
    for (place, (hold, taken)) in holds.iter().zip(&settled.captures).enumerate() {
        let key = key(ticket, &format!("capture:{}", hold.id));
        if place == last && settled.extra > 0 {
            let input = ledger::CaptureMore { hold: hold.id, extra: Quantity::seconds(settled.extra), key };
            ledger::capture_more(tx, input).await.map_err(|error| short(error, settled.extra))?;
        } else {
            let (amount, finality) = (Quantity::seconds(*taken), Finality::Final);
            ledger::capture(tx, ledger::Capture { hold: hold.id, amount, finality, key }).await?;
        }
    }
    if holds.is_empty() && settled.extra > 0 {
        let extra = hold(tx, ticket, settled.extra).await?;
        let (amount, finality) = (Quantity::seconds(settled.extra), Finality::Final);
        let key = key(ticket, "capture");
        tokio::try_join!(
            ledger::capture(tx, ledger::Capture { hold: extra, amount, finality, key }),
            note(tx, ticket, extra, 0),
        )?;
    }
    close(tx, ticket).await?;
    ticket.hours_held = Hours::of_seconds(0);
    ticket.hours_used = Hours::of_seconds(ticket.hours_used.atoms() + used);
    Ok(())
}

/// Gives everything back that is on hold; the business's doing, so that hours of an ended period live on for a while.
pub(super) async fn release(tx: &Tx, ticket: &mut Ticket) -> Result<(), Error> {
    for hold in open_holds(tx, ticket).await? {
        let key = key(ticket, &format!("release:{}", hold.id));
        let input = ledger::Release { hold: hold.id, amount: Portion::All, fault: Fault::Vendor, key };
        ledger::release(tx, input).await?;
    }
    close(tx, ticket).await?;
    ticket.hours_held = Hours::of_seconds(0);
    Ok(())
}

async fn close(tx: &Tx, ticket: &Ticket) -> Result<(), Error> {
    tx.execute(
        sql!(
            "update ticket_holds set open_seconds = 0
             where organization_id = $1 and ticket_id = $2 and open_seconds > 0"
        ),
        &[tx.org(), ticket.key.as_uuid()],
    )
    .await?;
    Ok(())
}

/// The ledger's refusal in the words of a ticket.
fn short(error: Error, wanted: i64) -> Error {
    let left = match error.refused::<LedgerRefused>() {
        Some(LedgerRefused::Short { spendable }) => *spendable,
        Some(LedgerRefused::NotApplicable { applicable }) => *applicable,
        _ => return error,
    };
    TicketRefused::NotEnoughHours { wanted: Hours::of_seconds(wanted), left: Hours(left) }.into()
}
