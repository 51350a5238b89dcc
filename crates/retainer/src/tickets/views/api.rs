//! Saved views on the API.

use kernel::id::TicketViewId;
use kernel::text::Title;
use runtime::http::{At, Body, Halt, NoBody, Page, Reply};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Change, Filter, Save, View, change, find, remove, save};
use crate::App;
use crate::doors::Door;

pub(in crate::tickets) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_ticket_views, post_ticket_view))
        .routes(routes!(patch_ticket_view, delete_ticket_view))
}

/// A view to be saved.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTicketView {
    /// What it is called.
    #[schema(example = "Urgent and open")]
    name: Title,
    /// What it narrows the list down to.
    #[schema(example = json!({"status": "open", "priority": "Urgent", "sort": "priority"}))]
    filter: Filter,
    /// Whether all staff are to have it.
    #[serde(default)]
    shared: bool,
    /// Whether your list opens with it.
    #[serde(default)]
    default: bool,
}

/// What shall be different about a view; what is left out stays.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct TicketViewChange {
    /// What it is called.
    name: Option<Title>,
    /// Whether all staff have it.
    shared: Option<bool>,
    /// Whether your list opens with it.
    default: Option<bool>,
}

/// Your views of the list of tickets and those that are shared with you, by name.
#[utoipa::path(get, path = "/ticket-views", tag = "Tickets", responses((status = 200, body = Page<View>)))]
async fn get_ticket_views(door: Door) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&Page { items: find::list(&tx).await?, next: None })?)
}

/// Save what the list of tickets is narrowed down to under a name.
#[utoipa::path(post, path = "/ticket-views", tag = "Tickets", request_body = NewTicketView,
    responses((status = 201, body = View)))]
async fn post_ticket_view(door: Door, body: Body<NewTicketView>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let NewTicketView { name, filter, shared, default } = body.input;
    let view = save(&tx, Save { name, filter, shared, default }).await?;
    tx.finish(Reply::created("/api/v1/ticket-views".to_owned(), &view)?).await
}

/// Rename a view, share it, or let your list open with it.
#[utoipa::path(patch, path = "/ticket-views/{view}", tag = "Tickets", params(("view" = TicketViewId, Path)),
    request_body = TicketViewChange, responses((status = 200, body = View)))]
async fn patch_ticket_view(
    door: Door,
    At(view): At<TicketViewId>,
    body: Body<TicketViewChange>,
) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let TicketViewChange { name, shared, default } = body.input;
    let view = change(&tx, view, Change { name, shared, default }).await?;
    tx.finish(Reply::ok(&view)?).await
}

/// Remove a view; the tickets stay as they are.
#[utoipa::path(delete, path = "/ticket-views/{view}", tag = "Tickets", params(("view" = TicketViewId, Path)),
    responses((status = 204)))]
async fn delete_ticket_view(door: Door, At(view): At<TicketViewId>, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    remove(&tx, view).await?;
    tx.finish(Reply::nothing()).await
}
