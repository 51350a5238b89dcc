//! The end of an organization on the API.

use kernel::Permission;
use kernel::text::Reason;
use runtime::http::{Body, Halt, Reply};
use runtime::{Error, Tx};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Ask, ask, keep, require_password};
use crate::App;
use crate::doors::Door;
use crate::organizations::find;
use crate::people::Again;

/// The API routes of closing.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(post_deletion, delete_deletion))
}

/// The wish to have the organization deleted.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct DeletionWanted {
    /// The organization's own word in addresses, to show that this one is meant.
    slug: String,
    /// The owner's password.
    password: String,
    /// Why.
    #[serde(default)]
    reason: Option<Reason>,
}

/// Whether the organization is being closed.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct Deletion {
    /// When everything in it is deleted; null while it is open.
    closes_at: Option<jiff::Timestamp>,
}

async fn view(tx: &Tx) -> Result<Reply, Error> {
    Reply::ok(&Deletion { closes_at: find::own(tx).await?.closes_at })
}

/// Have the organization deleted, with everything in it, in thirty days. Until then nothing in it can be changed, and any
/// owner can keep it.
#[utoipa::path(post, path = "/organization/deletion", tag = "Organization", request_body = DeletionWanted,
    responses((status = 200, body = Deletion)))]
async fn post_deletion(door: Door, body: Body<DeletionWanted>) -> Result<Reply, Halt> {
    let DeletionWanted { slug, password, reason } = body.input;
    let again = {
        let tx = door.read().await?;
        tx.require(Permission::SettingsWrite)?;
        Again::of(&tx, password).await?.1
    };
    require_password(door.app(), &again).await?;
    let tx = door.write(&body.hash).await?;
    ask(&tx, &Ask { slug, reason }).await?;
    let reply = view(&tx).await?;
    tx.finish(reply).await
}

/// Keep the organization after all.
#[utoipa::path(delete, path = "/organization/deletion", tag = "Organization", responses((status = 200, body = Deletion)))]
async fn delete_deletion(door: Door) -> Result<Reply, Halt> {
    let tx = door.write(&[]).await?;
    keep(&tx).await?;
    let reply = view(&tx).await?;
    tx.finish(reply).await
}
