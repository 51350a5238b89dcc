//! Changing the hours that a ticket is to take.

use kernel::quantity::Hours;
use kernel::text::Reason;
use kernel::{Permission, Unit};
use runtime::{Error, Tx};
use serde_json::json;

use super::history::{self, Line};
use super::load::{lock, require_open, store};
use super::overage::policy;
use super::rules::{Overage, agree, raising};
use super::{Seen, Status, Ticket, hours, news};
use crate::ledger::{self, Fault, Owner};

/// Whose word it takes to put more hours on hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    /// That of whoever the customer's plan says.
    ByPlan,
    /// The customer's, whatever their plan says.
    Asked,
    /// It is the customer's, to just the number that they are asked for.
    Agreed,
}

/// The hours that a ticket is to take.
#[derive(Debug, Clone)]
pub struct ChangeHours {
    /// The hours in all.
    pub wanted: Hours,
    /// Why they change; the customer reads it.
    pub reason: Option<Reason>,
    /// Whether the customer is asked for more in any case.
    pub approval: Approval,
}

runtime::refusals! {
    /// Why the hours were not changed.
    pub enum ChangeHoursRefused {
        /// The customer is asked for more than is on hold, not for less.
        OnHoldAlready { held: Hours } => Conflict, "ticket.on_hold_already", "{held} h are on hold already, so there is nothing to ask for.", at "/hours";
        /// They were asked for another number meanwhile.
        AskedOtherwise { asked: Hours } => Conflict, "ticket.asked_otherwise", "By now {asked} h are asked for. Look at it again, then answer.", at "/hours";
        /// Somebody took the question back, or it was answered.
        NothingAsked => Conflict, "ticket.nothing_asked", "Nothing is asked of you on this ticket any more.", at "/hours";
        /// Work has begun, so it is no longer the customer's alone to change.
        BeingWorkedOn => Conflict, "ticket.being_worked_on", "Work on this ticket has begun. Write a comment to change the hours.", at "/hours";
    }
}

/// Whether the customer has so many seconds to spend.
async fn reaches(tx: &Tx, ticket: &Ticket, more: i64) -> Result<bool, Error> {
    let balance = ledger::find::balance(tx, Owner::Customer(ticket.customer), Unit::Hour).await?;
    Ok(balance.unlimited || balance.spendable().atoms >= more)
}

/// Refuses an answer to what is not asked any more.
fn answers(ticket: &Ticket, wanted: Hours) -> Result<(), ChangeHoursRefused> {
    match ticket.hours_asked {
        Some(asked) if asked == wanted => Ok(()),
        Some(asked) => Err(ChangeHoursRefused::AskedOtherwise { asked }),
        None => Err(ChangeHoursRefused::NothingAsked),
    }
}

/// Changes the hours: more are put on hold where there are enough, fewer give the rest back. Where the customer's plan says
/// that they are asked, staff who want more only ask for it, and the customer's own change to that number is the answer.
/// Where there are too few, the plan says too: beyond what one that blocks has, or what one with credit allows, is refused.
/// Staff may ask in any case, and after a no they can only ask again. A first estimate is always asked for, and so is more of who has no plan: work can be estimated before there are hours.
///
/// # Errors
/// [`ChangeHoursRefused`], `ticket.not_enough_hours` with what is missing, `ticket.closed`, what [`lock`] refuses, or a fault.
pub async fn change_hours(tx: &Tx, seen: &Seen, input: &ChangeHours) -> Result<Ticket, Error> {
    let ChangeHours { wanted, ref reason, approval } = *input;
    let by_customer = tx.only_customer().is_some();
    tx.require(if by_customer { Permission::TicketsOpen } else { Permission::TicketsWork })?;
    let mut ticket = lock(tx, seen).await?;
    require_open(&ticket)?;
    if approval == Approval::Agreed {
        answers(&ticket, wanted)?;
    }
    let before = ticket.hours;
    if wanted == before && ticket.hours_held == wanted && ticket.hours_asked.is_none() {
        return Ok(ticket);
    }
    let agreed = ticket.hours_asked == Some(wanted);
    if by_customer && ticket.status != Status::Pending && !agreed {
        return Err(ChangeHoursRefused::BeingWorkedOn.into());
    }
    let (told, policy, is_declined) = tokio::try_join!(
        news::audience_of(tx, &ticket),
        policy(tx, ticket.customer),
        history::is_declined(tx, &ticket)
    )?;
    let more = wanted.atoms() - ticket.hours_held.atoms();
    if approval == Approval::Asked && more <= 0 {
        return Err(ChangeHoursRefused::OnHoldAlready { held: ticket.hours_held }.into());
    }
    let reaches = by_customer || more <= 0 || reaches(tx, &ticket, more).await?;
    let overage = match approval {
        _ if by_customer => Overage::Draw,
        Approval::Asked => Overage::Ask,
        // Nobody says no to be overruled.
        Approval::ByPlan | Approval::Agreed if is_declined => Overage::Ask,
        Approval::ByPlan | Approval::Agreed => raising(policy, (reaches, before.atoms() == 0)),
    };
    let asks = agree(overage, wanted.atoms(), ticket.hours_held.atoms()).asked.is_some();
    let (action, said) = if asks {
        ticket.hours_asked = Some(wanted);
        ("ticket.hours_asked", question(&ticket, wanted, reason.as_ref()))
    } else {
        let fault = if by_customer { Fault::Customer } else { Fault::Vendor };
        hours::bring_to(tx, &mut ticket, wanted.atoms(), fault).await?;
        // A customer who changes the number to less than they are asked for has not answered that.
        ticket.hours_asked = ticket.hours_asked.filter(|asked| by_customer && asked.atoms() > wanted.atoms());
        ticket.hours = wanted;
        let said = if before.atoms() == 0 {
            format!("It takes {wanted} h.")
        } else {
            format!("{before} h became {wanted} h.")
        };
        (if by_customer && agreed { "ticket.hours_agreed" } else { "ticket.hours_changed" }, said)
    };
    store(tx, &mut ticket).await?;
    let mut line =
        Line::new(action, json!({"hours": before}), json!({"hours": wanted, "hours_held": ticket.hours_held}));
    line.reason = reason.as_ref().map(Reason::as_str);
    tokio::try_join!(
        history::write(tx, &ticket, line),
        news::went_on(tx, &ticket, if asks { "More hours needed:" } else { "Hours changed:" }, &said, &told),
    )?;
    Ok(ticket)
}

/// What the customer is asked.
fn question(ticket: &Ticket, wanted: Hours, reason: Option<&Reason>) -> String {
    let held = match ticket.hours_held.atoms() {
        0 => "Nothing is on hold yet".to_owned(),
        _ => format!("{} h are on hold", ticket.hours_held),
    };
    let why = reason.map_or_else(String::new, |reason| format!(" “{reason}”"));
    format!("{wanted} h are asked for.{why} {held}. Agree to them on the ticket.")
}
