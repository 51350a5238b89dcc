//! What changes, on the API.

use axum::response::Response;
use http::HeaderMap;
use runtime::http::{Halt, Query};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::stream::{Listener, Since, listen};
use crate::App;
use crate::doors::{Caller, Door, api};

/// The API routes of what changes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_events))
}

/// From where to hear.
#[derive(Debug, Clone, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// After this number; from now on without. The header `Last-Event-ID`, which clients send after a lost connection, goes before it.
    #[param(minimum = 0)]
    after: Option<i64>,
}

/// What changes, as it changes: a stream of server-sent events. Each names a thing and says nothing of it; ask for it anew
/// if you show it. `ticket.changed` and `notifications.changed`, for staff also `customer.`, `invoice.`, `payment.`, `plan.` and
/// `subscription.changed`, carry `{"subject": "…"}`; `ready` says that the stream
/// has begun; after `reset` look at everything anew, because more was missed than is kept. The stream ends with the session.
#[utoipa::path(get, path = "/events", tag = "Events", params(Wanted),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
async fn get_events(
    door: Door,
    caller: Caller,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Halt> {
    let token = api::bearer(&headers).unwrap_or_default().to_owned();
    let session = door.signed_in().clone();
    let listener = Listener { app: door.app().clone(), token, address: caller.address, session, hears_writing: false };
    Ok(listen(listener, Since::of(&headers, wanted.after)).await?)
}
