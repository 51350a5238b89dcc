//! Audit on the API.

use jiff::Timestamp;
use kernel::id::UserId;
use kernel::text::Tag;
use runtime::http::{Cursor, Halt, Page, Paging, Query, Reply};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::find::{self, Wanted};
use super::{AuditEntry, Subject};
use crate::App;
use crate::doors::Door;

/// The API routes of audit.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_audit))
}

/// Which entries are wanted.
#[derive(Debug, Clone, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditWanted {
    /// The page after this cursor.
    #[param(value_type = Option<String>)]
    after: Option<Cursor>,
    /// The most items, 1 to 100.
    limit: Option<u16>,
    /// Of the thing with this id.
    #[param(value_type = Option<String>, example = "tkt_01jd3q5m8kf4r9x2v7w6n0t1ac")]
    subject: Option<Subject>,
    /// By this user.
    actor: Option<UserId>,
    /// Of this action (`ticket.rejected`), or of all that begin with it and a dot (`ticket`).
    action: Option<Tag>,
    /// At this instant or later.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
}

/// Who changed what, the latest first.
#[utoipa::path(get, path = "/audit", tag = "Audit", params(AuditWanted),
    responses((status = 200, body = Page<AuditEntry>)))]
async fn get_audit(door: Door, Query(asked): Query<AuditWanted>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let AuditWanted { after, limit, subject, actor, action, from, to } = asked;
    let wanted = Wanted { subject, actor, action, from, to };
    Ok(Reply::ok(&find::list(&tx, &wanted, Paging { after, limit }).await?)?)
}
