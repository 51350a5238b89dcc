//! Changing what a ticket says.

use kernel::Permission;
use kernel::text::{Body, Title};
use runtime::{Error, Tx};
use serde_json::{Map, Value, json};

use super::history::{self, Line};
use super::load::{lock, store};
use super::{Priority, Seen, Status, Ticket};

/// What is to change; what is not given stays.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// The title.
    pub title: Option<Title>,
    /// The details; none within it empties them.
    pub details: Option<Option<Body>>,
    /// The priority.
    pub priority: Option<Priority>,
}

runtime::refusals! {
    /// Why a ticket was not changed.
    pub enum EditRefused {
        /// Work has begun, so it is no longer the customer's alone to change.
        BeingWorkedOn => Conflict, "ticket.not_pending", "Work on this ticket has begun or is over. Write a comment instead.";
    }
}

/// Changes title, details or priority. A customer may while nobody has begun.
///
/// # Errors
/// [`EditRefused`], what [`lock`] refuses, `permission.missing`, or a fault.
pub async fn edit(tx: &Tx, seen: &Seen, input: &Edit) -> Result<Ticket, Error> {
    let by_customer = tx.only_customer().is_some();
    tx.require(if by_customer { Permission::TicketsOpen } else { Permission::TicketsWork })?;
    let mut ticket = lock(tx, seen).await?;
    if by_customer && ticket.status != Status::Pending {
        return Err(EditRefused::BeingWorkedOn.into());
    }
    let (mut before, mut after) = (Map::new(), Map::new());
    let mut note = |field: &str, old: Value, new: Value| {
        before.insert(field.to_owned(), old);
        after.insert(field.to_owned(), new);
    };
    if let Some(title) = input.title.as_ref().filter(|title| title.as_str() != ticket.title) {
        note("title", json!(ticket.title), json!(title));
        ticket.title = title.to_string();
    }
    let details = input.details.as_ref().map(|details| details.as_ref().map(ToString::to_string));
    if let Some(details) = details.filter(|details| *details != ticket.details) {
        note("details", json!(ticket.details), json!(details));
        ticket.details = details;
    }
    if let Some(priority) = input.priority.filter(|priority| *priority != ticket.priority) {
        note("priority", json!(ticket.priority), json!(priority));
        ticket.priority = priority;
    }
    if after.is_empty() {
        return Ok(ticket);
    }
    store(tx, &mut ticket).await?;
    let line = Line::new("ticket.changed", Value::Object(before), Value::Object(after));
    history::write(tx, &ticket, line).await?;
    Ok(ticket)
}
