//! Tickets on the API: opening, reading, changing. The steps of a ticket's life and what is said and worked on it are in
//! the modules below.

mod files;
mod steps;
mod talk;
mod work;

pub(super) use self::files::forgotten;

use kernel::id::CustomerId;
use kernel::quantity::Hours;
use kernel::text::{Body as Text, Tag, Title};
use runtime::Error;
use runtime::http::{At, Body, Cursor, Halt, Page, Paging, Query, Reply};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::find;
use super::listing::{self, Order};
use super::understood::narrowed;
use super::views::{Filter, Stands};
use super::{Assigned, Edit, Open, Priority, Seen, Ticket, TicketNumber, edit, open};
use crate::App;
use crate::doors::{Door, Write};

/// The API routes of tickets.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_tickets, post_ticket))
        .routes(routes!(get_ticket, patch_ticket))
        .merge(steps::routes())
        .merge(talk::routes())
        .merge(files::routes())
        .merge(work::routes())
        .merge(super::views::api::routes())
}

/// Which tickets are wanted.
#[derive(Debug, Clone, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TicketsWanted {
    /// The page after this cursor.
    #[param(value_type = Option<String>)]
    after: Option<Cursor>,
    /// The most items, 1 to 100.
    limit: Option<u16>,
    /// How they stand: a status, or open, which is pending or in progress.
    status: Option<Stands>,
    /// Of this customer.
    customer: Option<CustomerId>,
    /// Assigned to this member, or `none`: to nobody.
    assignee: Option<Assigned>,
    /// Marked with this word.
    tag: Option<Tag>,
    /// Of this priority.
    priority: Option<Priority>,
    /// With these words in the title, the details or the comments, or with this number or the end of it, or of the customer
    /// who is called so. `"paper jam"` means both beside each other, `-toner` means without; `status:pending`,
    /// `customer:berg`, `priority:high`, `tag:printer`, `assignee:me` and `assignee:none` narrow it down, as in a search. What is not understood
    /// so is looked for as words.
    q: Option<Title>,
    /// The order, if it is not the newest first; what is closed has no other.
    sort: Option<Order>,
}

/// A new ticket.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTicket {
    /// For whom; customers leave it out.
    customer: Option<CustomerId>,
    /// What is asked for, in a line.
    title: Title,
    /// What is asked for, at length.
    details: Option<Text>,
    /// How pressing it is; Medium without.
    priority: Option<Priority>,
    /// The hours it is to take; they are on hold at once. None without.
    hours: Option<Hours>,
}

/// What is to change on a ticket; what is not given stays.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct TicketChanges {
    /// The title.
    title: Option<Title>,
    /// The details; null empties them.
    #[serde(default, deserialize_with = "runtime::http::given")]
    #[schema(value_type = Option<Text>)]
    details: Option<Option<Text>>,
    /// The priority.
    priority: Option<Priority>,
}

/// Tickets, the newest first.
#[utoipa::path(get, path = "/tickets", tag = "Tickets", params(TicketsWanted),
    responses((status = 200, body = Page<Ticket>)))]
async fn get_tickets(door: Door, Query(asked): Query<TicketsWanted>) -> Result<Reply, Halt> {
    // Words may name a customer, who is looked up first.
    let tx = if asked.q.is_some() { door.read().await? } else { door.read_once().await? };
    let paging = Paging { after: asked.after, limit: asked.limit };
    let TicketsWanted { status, customer, assignee, tag, priority, q, sort, .. } = asked;
    let filter = Filter { status, customer, assignee, tag, priority, q, sort };
    let (wanted, _) = narrowed(&tx, filter.wanted()).await?;
    let page = match filter.order() {
        Some(order) => listing::in_order(&tx, &wanted, order, paging).await?,
        None => find::list(&tx, &wanted, paging).await?,
    };
    Ok(Reply::ok(&page)?)
}

/// Open a ticket. Its hours are on hold at once.
#[utoipa::path(post, path = "/tickets", tag = "Tickets", request_body = NewTicket,
    responses((status = 201, body = Ticket)))]
async fn post_ticket(door: Door, body: Body<NewTicket>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let NewTicket { customer, title, details, priority, hours } = body.input;
    let (priority, hours) = (priority.unwrap_or(Priority::Medium), hours.unwrap_or(Hours::of_seconds(0)));
    let ticket = open(&tx, Open { customer, title, details, priority, hours, files: Vec::new() }).await?;
    let location = format!("/api/v1/tickets/{}", ticket.id);
    let reply = Reply::created(location, &ticket)?.version(ticket.version);
    tx.finish(reply).await
}

/// One ticket.
#[utoipa::path(get, path = "/tickets/{id}", tag = "Tickets", params(("id" = TicketNumber, Path)),
    responses((status = 200, body = Ticket)))]
async fn get_ticket(door: Door, At(number): At<TicketNumber>) -> Result<Reply, Halt> {
    let tx = door.read_once().await?;
    Ok(shown(&tx, find::get(&tx, &number).await?)?)
}

/// Change a ticket's title, details or priority. Customers may while nobody has begun.
#[utoipa::path(patch, path = "/tickets/{id}", tag = "Tickets",
    params(("id" = TicketNumber, Path), ("If-Match" = Option<String>, Header, description = "The ETag that was seen.")),
    request_body = TicketChanges, responses((status = 200, body = Ticket)))]
async fn patch_ticket(door: Door, At(number): At<TicketNumber>, body: Body<TicketChanges>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let TicketChanges { title, details, priority } = body.input;
    let ticket = edit(&tx, &seen(&door, number), &Edit { title, details, priority }).await?;
    answer(tx, ticket).await
}

/// The ticket as the client saw it.
fn seen(door: &Door, number: TicketNumber) -> Seen {
    Seen { number, version: door.expected_version() }
}

fn shown(tx: &runtime::Tx, ticket: Ticket) -> Result<Reply, Error> {
    let ticket = if tx.only_customer().is_some() { ticket.for_customer() } else { ticket };
    Ok(Reply::ok(&ticket)?.version(ticket.version))
}

/// Commits and answers with the ticket.
async fn answer(tx: Write, ticket: Ticket) -> Result<Reply, Halt> {
    let reply = shown(&tx, ticket)?;
    tx.finish(reply).await
}
