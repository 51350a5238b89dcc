//! The history of a ticket: one line for everything that changed it.

use jiff::Timestamp;
use kernel::id::{Id, TicketEventId};
use kernel::quantity::Hours;
use runtime::live::{Hearers, Live};
use runtime::{Change, Columns, Error, Tx, sql};
use serde_json::Value;
use tokio_postgres::Row;

use super::{Ticket, TicketNumber};

/// A line of the history.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Event {
    /// Its id.
    pub id: TicketEventId,
    /// What was done, `ticket.rejected`.
    #[schema(example = "ticket.rejected")]
    pub action: String,
    /// Who did it.
    pub actor: String,
    /// Why, if they said.
    pub reason: Option<String>,
    /// Whether only staff see it.
    pub internal: bool,
    /// What changed.
    #[schema(value_type = Object)]
    pub detail: Value,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl Event {
    pub(super) fn of_row(row: &Row) -> Self {
        Self {
            id: row.id("id"),
            action: row.get("kind"),
            actor: row.get("actor"),
            reason: row.get("reason"),
            internal: row.get("internal"),
            detail: row.get("detail"),
            at: row.get("at"),
        }
    }
}

/// A line to be written.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// What was done, `ticket.rejected`; also its name in the audit trail.
    pub(super) action: &'static str,
    /// Why.
    pub(super) reason: Option<&'a str>,
    /// Whether only staff see it.
    pub(super) internal: bool,
    /// The changed fields before; null for something new.
    pub(super) before: Value,
    /// The changed fields after.
    pub(super) after: Value,
}

impl<'a> Line<'a> {
    /// A line that everybody sees.
    pub(super) const fn new(action: &'static str, before: Value, after: Value) -> Self {
        Self { action, reason: None, internal: false, before, after }
    }

    /// With the reason that was given.
    pub(super) fn because(self, reason: &'a str) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// For staff alone.
    pub(super) fn internal(self) -> Self {
        Self { internal: true, ..self }
    }
}

/// Writes a line of the history and the audit entry that belongs to it.
pub(super) async fn write(tx: &Tx, ticket: &Ticket, line: Line<'_>) -> Result<(), Error> {
    let actor = tx.actor();
    let user = actor.user().map(Id::uuid);
    let name = if user.is_none() { Some(actor.name.as_str()) } else { None };
    let detail = match (&line.before, &line.after) {
        (Value::Null, after) => after.clone(),
        (before, after) => serde_json::json!({"before": before, "after": after}),
    };
    tx.execute(
        sql!(
            "insert into ticket_events (organization_id, id, ticket_id, at, kind, actor_user_id, actor_name, reason,
                    internal, detail)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ),
        &[
            tx.org(),
            tx.new_id::<TicketEventId>().as_uuid(),
            ticket.key.as_uuid(),
            &tx.now(),
            &line.action,
            &user,
            &name,
            &line.reason,
            &line.internal,
            &detail,
        ],
    )
    .await?;
    let mut after = line.after;
    if let Value::Object(fields) = &mut after {
        fields.insert("number".to_owned(), ticket.id.to_string().into());
        if let Some(reason) = line.reason {
            fields.insert("reason".to_owned(), reason.into());
        }
    }
    tx.record(Change::new(line.action, "ticket", ticket.key).before(line.before).after(after));
    tell(tx, ticket, line.internal);
    Ok(())
}

/// Tells whoever has the ticket open that something about it changed; of what is internal, staff alone.
pub(super) fn tell(tx: &Tx, ticket: &Ticket, is_internal: bool) {
    let hearers = if is_internal { Hearers::Staff } else { Hearers::Customer(ticket.customer.uuid()) };
    tx.tell(Live { what: "ticket.changed", subject: ticket.id.to_string(), hearers });
}

/// The hours that the last completion of a ticket took.
///
/// # Errors
/// A fault, also where a ticket is completed without a line that says so.
pub(super) async fn last_completion(tx: &Tx, ticket: &Ticket) -> Result<Hours, Error> {
    let row = tx
        .one(
            sql!(
                "select detail from ticket_events
                 where organization_id = $1 and ticket_id = $2 and kind = 'ticket.completed'
                 order by at desc, id desc limit 1"
            ),
            &[tx.org(), ticket.key.as_uuid()],
        )
        .await?;
    let detail: Value = row.get("detail");
    let used = |side: &str| serde_json::from_value::<Hours>(detail[side]["hours_used"].clone());
    Ok(Hours::of_seconds(used("after")?.atoms() - used("before")?.atoms()))
}

/// Whether the customer said no to more hours than are on hold.
///
/// # Errors
/// A fault.
pub(super) async fn is_declined(tx: &Tx, ticket: &Ticket) -> Result<bool, Error> {
    let statement =
        sql!("select hours_are_declined(t) as declined from tickets t where t.organization_id = $1 and t.id = $2");
    Ok(tx.one(statement, &[tx.org(), ticket.key.as_uuid()]).await?.get("declined"))
}

/// That a customer does not agree to what they were asked for.
pub(super) const DECLINED: &str = "ticket.hours_declined";

/// The latest lines of a ticket's history, in their order, and whether there are earlier ones. Customers do not see those
/// that are internal.
///
/// # Errors
/// A fault.
pub(super) async fn latest(tx: &Tx, number: &TicketNumber, most: u16) -> Result<(Vec<Event>, bool), Error> {
    let ask = i64::from(most) + 1;
    let rows = tx.rows(LATEST, &[tx.org(), &number.as_str(), &tx.only_customer(), &ask]).await?;
    let is_cut = rows.len() > usize::from(most);
    let shown = rows.iter().take(usize::from(most)).map(Event::of_row);
    Ok((shown.rev().collect(), is_cut))
}

const LATEST: &str = sql!(
    "select e.id, e.kind, coalesce(u.name, e.actor_name, '') as actor, e.reason, e.internal, e.detail, e.at
     from tickets t
     join ticket_events e on e.organization_id = t.organization_id and e.ticket_id = t.id
     left join users u on u.id = e.actor_user_id
     where t.organization_id = $1 and t.number = $2
       and ($3::uuid is null or (t.customer_id = $3 and not e.internal))
     order by e.at desc, e.id desc limit $4"
);
