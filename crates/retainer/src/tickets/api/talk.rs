//! Comments and history on the API.

use kernel::text::Body as Text;
use runtime::http::{At, Body, Cursor, Halt, Page, Paging, Query, Reply};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::seen;
use crate::App;
use crate::doors::Door;
use crate::tickets::{Audience, Comment, Event, Saying, TicketNumber, comment, find};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_comments, post_comment)).routes(routes!(get_history))
}

/// Which page is wanted.
#[derive(Debug, Clone, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PageWanted {
    /// The page after this cursor.
    #[param(value_type = Option<String>)]
    after: Option<Cursor>,
    /// The most items, 1 to 100.
    limit: Option<u16>,
}

/// Something to say.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewComment {
    /// The words.
    message: Text,
    /// Whether only staff are to see it.
    internal: Option<bool>,
}

/// What was said about a ticket, the oldest first. Customers do not see what is internal.
#[utoipa::path(get, path = "/tickets/{id}/comments", tag = "Tickets",
    params(("id" = TicketNumber, Path), PageWanted), responses((status = 200, body = Page<Comment>)))]
async fn get_comments(door: Door, At(number): At<TicketNumber>, Query(page): Query<PageWanted>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let paging = Paging { after: page.after, limit: page.limit };
    Ok(Reply::ok(&find::comments(&tx, &number, paging).await?)?)
}

/// Comment on a ticket. The other side is told; an internal comment stays with staff.
#[utoipa::path(post, path = "/tickets/{id}/comments", tag = "Tickets", params(("id" = TicketNumber, Path)),
    request_body = NewComment, responses((status = 201, body = Comment)))]
async fn post_comment(door: Door, At(number): At<TicketNumber>, body: Body<NewComment>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let audience = if body.input.internal == Some(true) { Audience::Staff } else { Audience::Everybody };
    let location = format!("/api/v1/tickets/{number}/comments");
    let said =
        comment(&tx, &seen(&door, number), &Saying { message: &body.input.message, audience, files: &[] }).await?;
    tx.finish(Reply::created(location, &said)?).await
}

/// What happened to a ticket, the oldest first. Customers do not see what is internal.
#[utoipa::path(get, path = "/tickets/{id}/history", tag = "Tickets",
    params(("id" = TicketNumber, Path), PageWanted), responses((status = 200, body = Page<Event>)))]
async fn get_history(door: Door, At(number): At<TicketNumber>, Query(page): Query<PageWanted>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let paging = Paging { after: page.after, limit: page.limit };
    Ok(Reply::ok(&find::history(&tx, &number, paging).await?)?)
}
