//! Opening a ticket.

use kernel::Permission;
use kernel::id::{CustomerId, Id, TicketId};
use kernel::quantity::Hours;
use kernel::text::{Body, Title};
use runtime::{Error, Tx, sql};
use serde_json::{Value, json};

use super::history::{self, Line};
use super::{Priority, Status, Ticket, TicketNumber, hours, news};
use crate::customers;

/// A new ticket.
#[derive(Debug, Clone)]
pub struct Open {
    /// Who asks; a customer's own users need not say it.
    pub customer: Option<CustomerId>,
    /// What is asked for, in a line.
    pub title: Title,
    /// What is asked for, at length.
    pub details: Option<Body>,
    /// How pressing it is.
    pub priority: Priority,
    /// The hours it is to take; they are held at once. None are needed for zero.
    pub hours: Hours,
    /// The names of the files that are attached to it, for the mail.
    pub files: Vec<String>,
}

runtime::refusals! {
    /// Why a ticket was not opened.
    pub enum OpenRefused {
        /// Staff did not say for whom.
        NoCustomer => Invalid, "ticket.no_customer", "Say for which customer the ticket is.", at "/customer";
        /// The customer was put away.
        CustomerArchived => Conflict, "ticket.customer_archived", "This customer is archived and takes no new tickets.", at "/customer";
    }
}

/// How often another number is tried when an imported ticket has the same.
const TRIES: usize = 20;

/// Opens a ticket and puts its hours on hold.
///
/// # Errors
/// [`OpenRefused`], `ticket.not_enough_hours`, `customer.not_found`, `permission.missing`, or a fault.
pub async fn open(tx: &Tx, input: Open) -> Result<Ticket, Error> {
    tx.require(Permission::TicketsOpen)?;
    // A customer's user who names another customer is told what is told of every customer that is not theirs.
    let customer = input.customer.or(tx.actor().customer()).ok_or(OpenRefused::NoCustomer)?;
    let mut ticket = draft(tx, customer, &input);
    let seconds = input.hours.atoms();
    let held = async { if seconds > 0 { hours::hold(tx, &ticket, seconds).await.map(Some) } else { Ok(None) } };
    let (known, held, audience) = tokio::join!(customers::keep(tx, customer), held, news::audience_of_new(tx));
    // Kept from being archived until the ticket is there: archiving looks for open tickets only once it has the customer.
    // In this order: of a customer who is not theirs nobody is told what is left.
    let (known, held, audience) = (known?, held?, audience?);
    if known.archived_at.is_some() {
        return Err(OpenRefused::CustomerArchived.into());
    }
    ticket.customer_name = known.name;
    ticket.hours_held = Hours::of_seconds(if held.is_some() { seconds } else { 0 });
    ticket.id = insert(tx, &ticket).await?;
    let line = Line::new(
        "ticket.opened",
        Value::Null,
        json!({"title": ticket.title, "priority": ticket.priority, "hours": ticket.hours, "customer": ticket.customer}),
    );
    let files: Vec<&str> = input.files.iter().map(String::as_str).collect();
    let noted = async {
        match held {
            Some(hold) => hours::note(tx, &ticket, hold, seconds).await,
            None => Ok(()),
        }
    };
    tokio::try_join!(noted, history::write(tx, &ticket, line), news::opened(tx, &ticket, &files, &audience))?;
    Ok(ticket)
}

fn draft(tx: &Tx, customer: CustomerId, input: &Open) -> Ticket {
    let none = Hours::of_seconds(0);
    Ticket {
        id: TicketNumber::stored(String::new()),
        key: tx.new_id::<TicketId>(),
        customer,
        customer_name: String::new(),
        title: input.title.to_string(),
        details: input.details.as_ref().map(ToString::to_string),
        priority: input.priority,
        status: Status::Pending,
        hours: input.hours,
        hours_held: none,
        hours_used: none,
        hours_asked: None,
        assignee: None,
        assignee_name: None,
        tags: Vec::new(),
        opened_by: tx.actor().user().map(|_| tx.actor().name.clone()),
        merged_into: None,
        created_at: tx.now(),
        closed_at: None,
        version: 1,
    }
}

/// Takes the next number of the organization. The sequence's row stays locked until the end of the transaction, which
/// is why this comes after whatever may wait.
async fn insert(tx: &Tx, ticket: &Ticket) -> Result<TicketNumber, Error> {
    let prefix = TicketNumber::prefix(tx.now());
    for _ in 0..TRIES {
        let row = tx
            .optional(
                sql!(
                    "with taken as (
                         insert into ticket_numbers (organization_id, last) values ($1, 1)
                         on conflict (organization_id) do update set last = ticket_numbers.last + 1
                         returning last
                     )
                     insert into tickets (organization_id, id, number, customer_id, title, details, priority, status,
                            wanted_seconds, held_seconds, opened_by_user_id, created_at)
                     select $1, $2, $3 || lpad((last % 10000)::text, 4, '0'), $4, $5, $6, $7, 'pending', $8, $9, $10, $11
                     from taken
                     on conflict (organization_id, number) do nothing
                     returning number"
                ),
                &[
                    tx.org(),
                    ticket.key.as_uuid(),
                    &prefix,
                    ticket.customer.as_uuid(),
                    &ticket.title,
                    &ticket.details,
                    &ticket.priority.word(),
                    &ticket.hours.atoms(),
                    &ticket.hours_held.atoms(),
                    &tx.actor().user().map(Id::uuid),
                    &tx.now(),
                ],
            )
            .await?;
        if let Some(row) = row {
            return Ok(TicketNumber::stored(row.get("number")));
        }
    }
    Err(Error::internal(format!("no free ticket number after {TRIES} tries")))
}
