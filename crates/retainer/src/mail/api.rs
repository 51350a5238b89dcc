//! Mail on the API: the outbox.

use kernel::id::MailId;
use runtime::http::{At, Cursor, Halt, NoBody, Page, Paging, Query, Reply};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Mail, MailLine, MailState, Released, find, release, release_all};
use crate::App;
use crate::doors::Door;

/// The API routes of mail.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_mails))
        .routes(routes!(get_mail))
        .routes(routes!(post_release))
        .routes(routes!(post_release_all))
        .merge(super::templates::api::routes())
}

/// Which mails are wanted.
#[derive(Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only mails in this state.
    #[param(inline)]
    pub(super) state: Option<MailState>,
    /// The page after this cursor.
    #[param(value_type = Option<String>)]
    pub(super) after: Option<Cursor>,
    /// The most items, 1 to 100.
    #[param(minimum = 1, maximum = 100)]
    pub(super) limit: Option<u16>,
}

impl Wanted {
    pub(super) const fn paging(&self) -> Paging {
        Paging { after: self.after, limit: self.limit }
    }
}

/// The outbox, the newest mail first.
#[utoipa::path(get, path = "/mails", tag = "Mail", params(Wanted), responses((status = 200, body = Page<MailLine>)))]
async fn get_mails(door: Door, Query(wanted): Query<Wanted>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&find::list(&tx, wanted.state, wanted.paging()).await?)?)
}

/// One mail.
#[utoipa::path(get, path = "/mails/{mail}", tag = "Mail", params(("mail" = MailId, Path)),
    responses((status = 200, body = Mail)))]
async fn get_mail(door: Door, At(mail): At<MailId>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&find::get(&tx, door.app(), mail).await?)?)
}

/// Send a held mail now.
#[utoipa::path(post, path = "/mails/{mail}/release", tag = "Mail", params(("mail" = MailId, Path)),
    responses((status = 200, body = Mail)))]
async fn post_release(door: Door, At(mail): At<MailId>, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    release(&tx, door.app(), mail).await?;
    let view = find::get(&tx, door.app(), mail).await?;
    tx.finish(Reply::ok(&view)?).await
}

/// Send all held mail now, at most 500 at a time.
#[utoipa::path(post, path = "/mails/release", tag = "Mail", responses((status = 200, body = Released)))]
async fn post_release_all(door: Door, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let released = release_all(&tx, door.app()).await?;
    tx.finish(Reply::ok(&released)?).await
}
