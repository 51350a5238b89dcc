//! The steps of a ticket's life on the API.

use kernel::id::MembershipId;
use kernel::quantity::Hours;
use kernel::text::{Reason, Tag};
use runtime::http::{At, Body, Halt, NoBody, Reply};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{answer, seen};
use crate::App;
use crate::doors::Door;
use crate::tickets::{
    Approval, ChangeHours, Ticket, TicketNumber, assign, change_hours, complete, decline_hours, merge, reject, reopen,
    start, tag,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(post_start))
        .routes(routes!(post_completion))
        .routes(routes!(post_rejection))
        .routes(routes!(post_reopening))
        .routes(routes!(post_assignment))
        .routes(routes!(post_hours))
        .routes(routes!(post_hours_decline))
        .routes(routes!(put_tags))
        .routes(routes!(post_merging))
}

/// How a ticket is completed.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Completion {
    /// The hours used. Without: the billable time entries, or what is on hold if there are none.
    hours: Option<Hours>,
}

/// Why a ticket is turned down.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Rejection {
    /// The reason; the customer reads it.
    reason: Reason,
}

/// How a ticket is taken up again.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Reopening {
    /// The hours to hold; as many as before without.
    hours: Option<Hours>,
    /// The reason; the customer reads it.
    reason: Option<Reason>,
}

/// Who is to work on a ticket.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Assignment {
    /// The member; null for nobody.
    #[serde(deserialize_with = "Option::deserialize")]
    assignee: Option<MembershipId>,
}

/// The hours that a ticket is to take.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct HoursWanted {
    /// The hours in all.
    hours: Hours,
    /// Why they change; the customer reads it.
    reason: Option<Reason>,
    /// Whether the customer is asked to agree to more whatever their plan says; only where the plan says so, without.
    ask: Option<bool>,
    /// Whether it is the customer's answer to what is asked: refused where something else is asked by now.
    agree: Option<bool>,
}

/// A no to the hours that are asked for.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Declining {
    /// The hours that are asked for and declined: refused where something else is asked by now.
    hours: Hours,
    /// Why; the other side reads it.
    reason: Option<Reason>,
}

/// A ticket's tags.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Tags {
    /// All of them; those left out are taken away.
    #[schema(max_items = 20)]
    tags: Vec<Tag>,
}

/// Where a ticket goes on.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Merging {
    /// The other ticket.
    into: TicketNumber,
}

/// Start work on a ticket.
#[utoipa::path(post, path = "/tickets/{id}/start", tag = "Tickets", params(("id" = TicketNumber, Path)),
    responses((status = 200, body = Ticket)))]
async fn post_start(door: Door, At(number): At<TicketNumber>, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let ticket = start(&tx, &seen(&door, number)).await?;
    answer(tx, ticket).await
}

/// Complete a ticket with the hours used: those are captured, the rest goes back.
#[utoipa::path(post, path = "/tickets/{id}/completion", tag = "Tickets", params(("id" = TicketNumber, Path)),
    request_body = Completion, responses((status = 200, body = Ticket)))]
async fn post_completion(door: Door, At(number): At<TicketNumber>, body: Body<Completion>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let ticket = complete(&tx, &seen(&door, number), body.input.hours).await?;
    answer(tx, ticket).await
}

/// Reject a ticket with a reason: all of its hours go back. Twice is once.
#[utoipa::path(post, path = "/tickets/{id}/rejection", tag = "Tickets", params(("id" = TicketNumber, Path)),
    request_body = Rejection, responses((status = 200, body = Ticket)))]
async fn post_rejection(door: Door, At(number): At<TicketNumber>, body: Body<Rejection>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let ticket = reject(&tx, &seen(&door, number), &body.input.reason).await?;
    answer(tx, ticket).await
}

/// Reopen a completed or rejected ticket with a new hold.
#[utoipa::path(post, path = "/tickets/{id}/reopening", tag = "Tickets", params(("id" = TicketNumber, Path)),
    request_body = Reopening, responses((status = 200, body = Ticket)))]
async fn post_reopening(door: Door, At(number): At<TicketNumber>, body: Body<Reopening>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let Reopening { hours, reason } = body.input;
    let ticket = reopen(&tx, &seen(&door, number), hours, reason.as_ref()).await?;
    answer(tx, ticket).await
}

/// Assign a ticket to a member of the team, or to nobody.
#[utoipa::path(post, path = "/tickets/{id}/assignment", tag = "Tickets", params(("id" = TicketNumber, Path)),
    request_body = Assignment, responses((status = 200, body = Ticket)))]
async fn post_assignment(door: Door, At(number): At<TicketNumber>, body: Body<Assignment>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let ticket = assign(&tx, &seen(&door, number), body.input.assignee).await?;
    answer(tx, ticket).await
}

/// Change the hours of an open ticket: more are put on hold, fewer give the rest back. Where the plan says that the
/// customer is asked, staff who want more only ask, and the customer agrees by the same call.
#[utoipa::path(post, path = "/tickets/{id}/hours", tag = "Tickets", params(("id" = TicketNumber, Path)),
    request_body = HoursWanted, responses((status = 200, body = Ticket)))]
async fn post_hours(door: Door, At(number): At<TicketNumber>, body: Body<HoursWanted>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let HoursWanted { hours: wanted, reason, ask, agree } = body.input;
    let approval = match (ask, agree) {
        (Some(true), _) => Approval::Asked,
        (_, Some(true)) => Approval::Agreed,
        _ => Approval::ByPlan,
    };
    let ticket = change_hours(&tx, &seen(&door, number), &ChangeHours { wanted, reason, approval }).await?;
    answer(tx, ticket).await
}

/// Say no to the hours that a ticket's customer is asked for; by staff, take the question back. What is on hold stays, and
/// where nothing is asked, nothing changes.
#[utoipa::path(post, path = "/tickets/{id}/hours-decline", tag = "Tickets", params(("id" = TicketNumber, Path)),
    request_body = Declining, responses((status = 200, body = Ticket)))]
async fn post_hours_decline(door: Door, At(number): At<TicketNumber>, body: Body<Declining>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let ticket = decline_hours(&tx, &seen(&door, number), body.input.hours, body.input.reason.as_ref()).await?;
    answer(tx, ticket).await
}

/// Give a ticket exactly these tags.
#[utoipa::path(put, path = "/tickets/{id}/tags", tag = "Tickets", params(("id" = TicketNumber, Path)),
    request_body = Tags, responses((status = 200, body = Ticket)))]
async fn put_tags(door: Door, At(number): At<TicketNumber>, body: Body<Tags>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let ticket = tag(&tx, &seen(&door, number), &body.input.tags).await?;
    answer(tx, ticket).await
}

/// Merge a ticket into another of the same customer; answers with the other. Comments, holds and time entries go along.
#[utoipa::path(post, path = "/tickets/{id}/merging", tag = "Tickets", params(("id" = TicketNumber, Path)),
    request_body = Merging, responses((status = 200, body = Ticket)))]
async fn post_merging(door: Door, At(number): At<TicketNumber>, body: Body<Merging>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let ticket = merge(&tx, &seen(&door, number), &body.input.into).await?;
    answer(tx, ticket).await
}
