//! The organization's sample on the API.

use http::StatusCode;
use runtime::http::{Halt, NoBody, Reply};
use runtime::{Error, Tx};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Sample, discard, find, order};
use crate::App;
use crate::doors::Door;

/// The API routes of samples.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_sample, post_sample, delete_sample))
}

async fn view(tx: &Tx) -> Result<Reply, Error> {
    Reply::ok(&find::sample(tx).await?.unwrap_or(Sample::NONE))
}

/// The sample organization, and how far its making is. Only owners see it.
#[utoipa::path(get, path = "/sample", tag = "Organization", responses((status = 200, body = Sample)))]
async fn get_sample(door: Door) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(view(&tx).await?)
}

/// Order a sample organization: an invented business with four months of life, owned by whoever orders it, ready after
/// about a minute. Nobody else can enter it, and no mail leaves it.
#[utoipa::path(post, path = "/sample", tag = "Organization", responses((status = 202, body = Sample)))]
async fn post_sample(door: Door, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    order(&tx).await?;
    let reply = Reply { status: StatusCode::ACCEPTED, ..view(&tx).await? };
    tx.finish(reply).await
}

/// Discard the sample organization: everything of it is deleted at once.
#[utoipa::path(delete, path = "/sample", tag = "Organization", responses((status = 204)))]
async fn delete_sample(door: Door, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    discard(&tx).await?;
    tx.finish(Reply::nothing()).await
}
