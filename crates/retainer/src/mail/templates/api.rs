//! Templates on the API.

use kernel::id::MailTemplateId;
use runtime::http::{At, Body, Cursor, Halt, NoBody, Page, Paging, Query, Reply};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{MailKind, MailPreview, Saved, Template, TemplateVersion, bring_back, find, go_back, save};
use crate::App;
use crate::doors::Door;

pub(in crate::mail) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_mail_templates))
        .routes(routes!(get_mail_template_versions, post_mail_template_version))
        .routes(routes!(get_mail_template_version))
        .routes(routes!(post_mail_template_restoration))
        .routes(routes!(post_mail_template_reset))
        .routes(routes!(post_mail_template_preview))
}

/// What mails of a kind are to say.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMailTemplate {
    /// Of which kind.
    kind: MailKind,
    /// The subject, one line.
    #[schema(example = "News from {{ organization }}", max_length = 1000)]
    subject: String,
    /// The body. An empty line ends a paragraph.
    #[schema(
        example = "Hello,\n\nthere is news from {{ organization }}.\n\n{{ link|button(\"Open\") }}",
        max_length = 16384
    )]
    body: String,
    /// The version that you have seen, 0 before the first; saving is refused when there is a newer one.
    #[serde(default)]
    seen: Option<i32>,
}

/// Which kind is to be as it comes.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct MailTemplateReset {
    /// The kind.
    kind: MailKind,
}

/// Which versions are wanted.
#[derive(Debug, Clone, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Of this kind.
    #[param(inline)]
    kind: MailKind,
    /// The page after this cursor.
    #[param(value_type = Option<String>)]
    after: Option<Cursor>,
    /// The most items, 1 to 100.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
}

/// What mails say now, of every kind, with the variables that each may say.
#[utoipa::path(get, path = "/mail-templates", tag = "Mail", responses((status = 200, body = Page<Template>)))]
async fn get_mail_templates(door: Door) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&Page { items: find::list(&tx).await?, next: None })?)
}

/// The versions of a kind, the newest first.
#[utoipa::path(get, path = "/mail-template-versions", tag = "Mail", params(Wanted),
    responses((status = 200, body = Page<TemplateVersion>)))]
async fn get_mail_template_versions(door: Door, Query(wanted): Query<Wanted>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let paging = Paging { after: wanted.after, limit: wanted.limit };
    Ok(Reply::ok(&find::versions(&tx, wanted.kind, paging).await?)?)
}

/// One version.
#[utoipa::path(get, path = "/mail-template-versions/{version}", tag = "Mail",
    params(("version" = MailTemplateId, Path)), responses((status = 200, body = TemplateVersion)))]
async fn get_mail_template_version(door: Door, At(version): At<MailTemplateId>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&find::version(&tx, version).await?)?)
}

/// Let mails of a kind say what you write, as a new version.
#[utoipa::path(post, path = "/mail-template-versions", tag = "Mail", request_body = NewMailTemplate,
    responses((status = 201, body = TemplateVersion)))]
async fn post_mail_template_version(door: Door, body: Body<NewMailTemplate>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let NewMailTemplate { kind, subject, body, seen } = body.input;
    let made = save(&tx, Saved { kind, subject, body, seen }).await?;
    tx.finish(Reply::created(format!("/api/v1/mail-template-versions/{}", made.id), &made)?).await
}

/// Bring a version back, as a new one.
#[utoipa::path(post, path = "/mail-template-versions/{version}/restoration", tag = "Mail",
    params(("version" = MailTemplateId, Path)), responses((status = 200, body = TemplateVersion)))]
async fn post_mail_template_restoration(
    door: Door,
    At(version): At<MailTemplateId>,
    body: NoBody,
) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let made = bring_back(&tx, version, None).await?;
    tx.finish(Reply::ok(&made)?).await
}

/// Let mails of a kind be as they come with the program again, as a new version; where they are, nothing changes.
#[utoipa::path(post, path = "/mail-templates/reset", tag = "Mail", request_body = MailTemplateReset,
    responses((status = 200, body = Template)))]
async fn post_mail_template_reset(door: Door, body: Body<MailTemplateReset>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let template = go_back(&tx, body.input.kind, None).await?;
    tx.finish(Reply::ok(&template)?).await
}

/// See what a template would write, filled in with the declared examples; nothing is saved.
#[utoipa::path(post, path = "/mail-templates/preview", tag = "Mail", request_body = NewMailTemplate,
    responses((status = 200, body = MailPreview)))]
async fn post_mail_template_preview(door: Door, body: Body<NewMailTemplate>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let NewMailTemplate { kind, subject, body, .. } = &body.input;
    let preview = find::preview(&tx, *kind, (subject, body), &door.app().public_url).await?;
    tx.finish(Reply::ok(&preview)?).await
}
