//! Saying no to the hours that are asked for.

use kernel::Permission;
use kernel::quantity::Hours;
use kernel::text::Reason;
use runtime::{Error, Tx};
use serde_json::json;

use super::change_hours::ChangeHoursRefused;
use super::history::{self, Line};
use super::load::{lock, require_open, store};
use super::{Audience, Seen, Side, Ticket, news};

/// The customer says no to the number that they are asked for, or staff take the question back; what is on hold stays. Where
/// nothing is asked, nothing changes.
///
/// # Errors
/// [`ChangeHoursRefused::AskedOtherwise`], `ticket.closed`, what [`lock`] refuses, `permission.missing`, or a fault.
pub async fn decline_hours(tx: &Tx, seen: &Seen, declined: Hours, reason: Option<&Reason>) -> Result<Ticket, Error> {
    let by_customer = tx.only_customer().is_some();
    tx.require(if by_customer { Permission::TicketsOpen } else { Permission::TicketsWork })?;
    let mut ticket = lock(tx, seen).await?;
    require_open(&ticket)?;
    let Some(asked) = ticket.hours_asked.take() else { return Ok(ticket) };
    if asked != declined {
        return Err(ChangeHoursRefused::AskedOtherwise { asked }.into());
    }
    let side = if by_customer { Side::Customer } else { Side::Staff };
    // As of a comment: where nobody is assigned, whoever works tickets has to know.
    let told = news::audience_of_comment(tx, &ticket, side, Audience::Everybody).await?;
    store(tx, &mut ticket).await?;
    let (action, heading) = if by_customer {
        (history::DECLINED, "Not agreed to:")
    } else {
        ("ticket.question_withdrawn", "No more hours are asked for:")
    };
    let why = reason.map_or_else(String::new, |reason| format!(" “{reason}”"));
    let said = if by_customer {
        format!("{} did not agree to {asked} h.{why}", ticket.customer_name)
    } else {
        format!("{asked} h are asked for no longer.{why}")
    };
    let mut line = Line::new(action, json!({"hours": asked}), json!({"hours": asked, "hours_held": ticket.hours_held}));
    line.reason = reason.map(Reason::as_str);
    tokio::try_join!(history::write(tx, &ticket, line), news::went_on(tx, &ticket, heading, &said, &told))?;
    Ok(ticket)
}
