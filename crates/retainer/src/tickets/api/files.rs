//! Files on the API.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use kernel::id::{AttachmentId, CommentId, Id};
use runtime::http::{At, Halt, NoBody, Page, Problem, Query, Reply};
use sha2::Digest;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::seen;
use crate::App;
use crate::doors::{Door, upload};
use crate::files::{FileName, Received, receive, serve};
use crate::tickets::attachments::{Attaching, Attachment, attach, find as files, remove};
use crate::tickets::{Audience, TicketNumber, find};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_attachments, post_attachment))
        .routes(routes!(get_attachment, delete_attachment))
}

/// How the file is handed in.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct HandedIn {
    /// The file's name, where the body is the file itself.
    name: Option<String>,
    /// The comment that it belongs to, one of your own on this ticket; it is seen by whoever sees that.
    comment: Option<CommentId>,
    /// Whether only staff are to see it, if it belongs to no comment.
    internal: Option<bool>,
}

/// The files of a ticket, the oldest first. Customers do not see what is internal.
#[utoipa::path(get, path = "/tickets/{id}/attachments", tag = "Tickets", params(("id" = TicketNumber, Path)),
    responses((status = 200, body = Page<Attachment>)))]
async fn get_attachments(door: Door, At(number): At<TicketNumber>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&Page { items: files::of_ticket(&tx, &number).await?, next: None })?)
}

/// Attach a file to a ticket: the body is the file itself, with `?name=`, or a form (`multipart/form-data`) with one file.
/// What it is follows from its bytes.
#[utoipa::path(post, path = "/tickets/{id}/attachments", tag = "Tickets",
    params(("id" = TicketNumber, Path), HandedIn),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file."),
    responses((status = 201, body = Attachment)))]
async fn post_attachment(
    door: Door,
    At(number): At<TicketNumber>,
    Query(handed): Query<HandedIn>,
    request: Request,
) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    tx.require(kernel::Permission::TicketsOpen)?;
    find::get(&tx, &number).await?;
    let organization = tx.organization();
    drop(tx);
    let file = taken(door.app(), organization, &handed, request).await?;
    let mut hash = sha2::Sha256::new();
    for part in [file.sha256.as_slice(), file.name.as_str().as_bytes(), format!("{handed:?}").as_bytes()] {
        hash.update(part);
    }
    let tx = door.write(&hash.finalize()).await?;
    let audience = if handed.internal == Some(true) { Audience::Staff } else { Audience::Everybody };
    let wanted = Attaching { file: &file, comment: handed.comment, audience, limits: door.app().file_limits };
    let attached = attach(&tx, &seen(&door, number), wanted).await?;
    tx.finish(Reply::created(format!("/api/v1/attachments/{}", attached.id), &attached)?).await
}

/// Receives the file, which is the body or the only one in a form.
async fn taken(
    app: &App,
    organization: kernel::id::OrganizationId,
    handed: &HandedIn,
    request: Request,
) -> Result<Received, Halt> {
    if !upload::has_files(request.headers()) {
        let name = FileName::clean(handed.name.as_deref().unwrap_or_default());
        return Ok(receive(app, organization, name, request.into_body().into_data_stream()).await?);
    }
    let (form, mut files) = upload::read(app, organization, request).await?;
    let wrong = |detail: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "file.not_taken", detail);
    if let Some(error) = form.error("files") {
        return Err(wrong(error.to_owned()).at("/files", error).into());
    }
    match (files.pop(), files.is_empty()) {
        (Some(file), true) => Ok(file),
        _ => Err(wrong("Send one file, in one part of the form.".to_owned()).into()),
    }
}

/// The file itself. Pictures may be shown; everything else says that it is to be saved.
#[utoipa::path(get, path = "/attachments/{attachment}", tag = "Tickets", params(("attachment" = AttachmentId, Path)),
    responses(
        (status = 200, body = Vec<u8>, content_type = "*/*"),
        (status = 410, description = "It was taken away with its customer's data.", body = runtime::http::problem::Problem,
            content_type = "application/problem+json")))]
async fn get_attachment(door: Door, At(id): At<AttachmentId>) -> Result<Response, Halt> {
    let tx = door.read_once().await?;
    let organization = tx.organization();
    let found = files::get(&tx, id).await?;
    drop(tx);
    if found.forgotten {
        return Err(forgotten().into());
    }
    Ok(serve(door.app(), organization, id.uuid(), (&found.file_name(), found.media())).await?.into_response())
}

/// What answers instead of a file that is gone for good.
pub(in crate::tickets) fn forgotten() -> Problem {
    let detail = "The file is gone, because the customer it was about was anonymised.";
    Problem::new(StatusCode::GONE, "attachment.forgotten", detail)
}

/// Take a file away: your own, or any for staff who work tickets.
#[utoipa::path(delete, path = "/attachments/{attachment}", tag = "Tickets", params(("attachment" = AttachmentId, Path)),
    responses((status = 204)))]
async fn delete_attachment(door: Door, At(id): At<AttachmentId>, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    remove(&tx, id).await?;
    tx.finish(Reply::nothing()).await
}
