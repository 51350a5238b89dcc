//! An organization's export on the API.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use kernel::Permission;
use kernel::id::Id;
use runtime::http::{Body, Halt, NoBody, Reply};
use runtime::{Error, Tx};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Export, discard, download, find, order};
use crate::App;
use crate::closing::require_password;
use crate::doors::Door;
use crate::files::{FileName, Media, serve};
use crate::people::Again;

/// The API routes of exports.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_export, post_export, delete_export)).routes(routes!(get_archive))
}

/// The wish to have everything written into an archive.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ExportWanted {
    /// The owner's password.
    password: String,
}

async fn view(tx: &Tx) -> Result<Reply, Error> {
    Reply::ok(&find::export(tx).await?.unwrap_or(Export::NONE))
}

/// The export of everything: how far its writing is, and what was written. Only owners see it.
#[utoipa::path(get, path = "/organization/export", tag = "Organization", responses((status = 200, body = Export)))]
async fn get_export(door: Door) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(view(&tx).await?)
}

/// Order an archive of the whole organization: every row and every file, as `retainer archive export` writes it and another
/// installation takes it in. It is written in the background, and kept for seven days.
#[utoipa::path(post, path = "/organization/export", tag = "Organization", request_body = ExportWanted,
    responses((status = 202, body = Export)))]
async fn post_export(door: Door, body: Body<ExportWanted>) -> Result<Reply, Halt> {
    let again = {
        let tx = door.read().await?;
        tx.require(Permission::SettingsWrite)?;
        Again::of(&tx, body.input.password).await?.1
    };
    require_password(door.app(), &again).await?;
    let tx = door.write(&body.hash).await?;
    order(&tx).await?;
    let reply = Reply { status: StatusCode::ACCEPTED, ..view(&tx).await? };
    tx.finish(reply).await
}

/// Delete the export at once, however far it is.
#[utoipa::path(delete, path = "/organization/export", tag = "Organization", responses((status = 204)))]
async fn delete_export(door: Door, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    discard(&tx).await?;
    tx.finish(Reply::nothing()).await
}

/// The archive itself. It holds all that the organization knows, and the hashes of its people's passwords: keep it like one.
#[utoipa::path(get, path = "/organization/export/archive", tag = "Organization",
    responses((status = 200, body = Vec<u8>, content_type = "application/gzip")))]
async fn get_archive(door: Door) -> Result<Response, Halt> {
    let tx = door.read_noted().await?;
    let organization = tx.organization();
    let (id, archive) = download(&tx).await?;
    tx.commit().await?;
    let name = FileName::clean(&archive.name);
    Ok(serve(door.app(), organization, id.uuid(), (&name, Media::GZIP)).await?.into_response())
}
