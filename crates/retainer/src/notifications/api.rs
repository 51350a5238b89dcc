//! Notifications on the API.

use kernel::id::NotificationId;
use runtime::http::{At, Body, Cursor, Halt, NoBody, Page, Paging, Query, Reply};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::find::{self, Which};
use super::{Notification, Preference, prefer, read, read_all};
use crate::App;
use crate::doors::Door;

/// The API routes of notifications.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_notifications))
        .routes(routes!(post_read))
        .routes(routes!(post_read_all))
        .routes(routes!(get_preferences, put_preferences))
}

/// Which notifications are wanted.
#[derive(Debug, Clone, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// The page after this cursor.
    #[param(value_type = Option<String>)]
    after: Option<Cursor>,
    /// The most items, 1 to 100.
    limit: Option<u16>,
    /// Only those not read yet.
    unread: Option<bool>,
}

/// A page of notifications, with how many are unread in all.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct Notifications {
    /// The notifications, the newest first.
    items: Vec<Notification>,
    /// The `after` of the next page; null on the last.
    #[schema(value_type = Option<String>)]
    next: Option<Cursor>,
    /// How many are unread in all.
    unread: i64,
}

/// How many were marked.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct Marked {
    /// How many were unread and are read now.
    read: u64,
}

/// How one wants to be told.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Preferences {
    /// Every kind with every channel; those left out of a PUT stay as they are.
    #[schema(max_items = 100)]
    preferences: Vec<Preference>,
}

/// One's own notifications, the newest first.
#[utoipa::path(get, path = "/notifications", tag = "Notifications", params(Wanted),
    responses((status = 200, body = Notifications)))]
async fn get_notifications(door: Door, Query(wanted): Query<Wanted>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let paging = Paging { after: wanted.after, limit: wanted.limit };
    let which = if wanted.unread == Some(true) { Which::Unread } else { Which::All };
    let (Page { items, next }, unread) = tokio::try_join!(find::list(&tx, which, paging), find::unread(&tx))?;
    Ok(Reply::ok(&Notifications { items, next, unread })?)
}

/// Mark one notification as read.
#[utoipa::path(post, path = "/notifications/{id}/read", tag = "Notifications",
    params(("id" = NotificationId, Path)), responses((status = 204)))]
async fn post_read(door: Door, At(id): At<NotificationId>, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    read(&tx, id).await?;
    tx.finish(Reply::nothing()).await
}

/// Mark all of one's notifications as read.
#[utoipa::path(post, path = "/notifications/read", tag = "Notifications", responses((status = 200, body = Marked)))]
async fn post_read_all(door: Door, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let marked = Marked { read: read_all(&tx).await? };
    tx.finish(Reply::ok(&marked)?).await
}

/// How one wants to be told: every kind with every channel.
#[utoipa::path(get, path = "/notification-preferences", tag = "Notifications",
    responses((status = 200, body = Preferences)))]
async fn get_preferences(door: Door) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&Preferences { preferences: find::preferences(&tx).await? })?)
}

/// Say how one wants to be told.
#[utoipa::path(put, path = "/notification-preferences", tag = "Notifications", request_body = Preferences,
    responses((status = 200, body = Preferences)))]
async fn put_preferences(door: Door, body: Body<Preferences>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    prefer(&tx, &body.input.preferences).await?;
    let view = Preferences { preferences: find::preferences(&tx).await? };
    tx.finish(Reply::ok(&view)?).await
}
