//! Reading templates.

use kernel::Permission;
use kernel::id::{Id, MailTemplateId};
use runtime::http::{Cursor, Page, Paging};
use runtime::{Error, Tx, sql};

use super::save::{SaveRefused, refuse_wrong};
use super::write::by;
use super::{MailKind, MailPreview, Template, TemplateVersion, Values, fill};
use crate::mail::render::{self, Framed, Stop};
use crate::organizations;

runtime::refusals! {
    /// Why a version is not shown.
    pub enum FindRefused {
        /// There is none, or it is another organization's.
        NotFound => NotFound, "mail_template.not_found", "There is no such version of a mail template.";
    }
}

/// The organization's own words for a kind.
#[derive(Debug, Clone)]
pub(super) struct Own {
    pub(super) version: i32,
    pub(super) subject: String,
    pub(super) body: String,
}

/// The organization's own words for a kind, where it has any; asked by whoever writes a mail.
pub(super) async fn own(tx: &Tx, kind: MailKind) -> Result<Option<Own>, Error> {
    let row = tx
        .optional(
            sql!(
                "select version, subject, body from mail_templates
                 where organization_id = $1 and kind = $2 order by version desc limit 1"
            ),
            &[tx.org(), &kind.word()],
        )
        .await?;
    Ok(row.and_then(|row| {
        let (subject, body): (Option<String>, Option<String>) = (row.get("subject"), row.get("body"));
        Some(Own { version: row.get("version"), subject: subject?, body: body? })
    }))
}

/// What mails say now, of all kinds in their order.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn list(tx: &Tx) -> Result<Vec<Template>, Error> {
    tx.require(Permission::SettingsWrite)?;
    let rows = tx
        .rows(
            sql!(
                "select distinct on (t.kind) t.id, t.kind, t.version, t.subject, t.body, t.from_version, t.created_at, t.failed_at,
                        t.failure, coalesce(u.name, t.made_by_name, '') as made_by
                 from mail_templates t left join users u on u.id = t.made_by_user_id
                 where t.organization_id = $1 order by t.kind, t.version desc"
            ),
            &[tx.org()],
        )
        .await?;
    // A kind that this program does not know is of a newer one.
    let known: Vec<TemplateVersion> = rows.iter().filter_map(|row| TemplateVersion::of_row(row).ok()).collect();
    let newest = |kind| known.iter().find(|version| version.kind == kind).cloned();
    Ok(MailKind::ALL.iter().map(|kind| Template::of(*kind, newest(*kind))).collect())
}

/// What mails of a kind say now.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn get(tx: &Tx, kind: MailKind) -> Result<Template, Error> {
    let newest = versions(tx, kind, Paging { after: None, limit: Some(1) }).await?.items.pop();
    Ok(Template::of(kind, newest))
}

/// The versions of a kind, the newest first.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn versions(tx: &Tx, kind: MailKind, paging: Paging) -> Result<Page<TemplateVersion>, Error> {
    tx.require(Permission::SettingsWrite)?;
    let (at, id) = paging.below();
    let rows = tx
        .rows(
            sql!(
                "select t.id, t.kind, t.version, t.subject, t.body, t.from_version, t.created_at, t.failed_at, t.failure,
                        coalesce(u.name, t.made_by_name, '') as made_by
                 from mail_templates t left join users u on u.id = t.made_by_user_id
                 where t.organization_id = $1 and t.kind = $2
                   and t.version < coalesce((
                       select o.version from mail_templates o
                       where o.organization_id = $1 and o.kind = $2 and (o.created_at, o.id) >= ($3, $4)
                       order by o.version limit 1), 2147483647)
                 order by t.version desc limit $5"
            ),
            &[tx.org(), &kind.word(), &at, &id, &paging.ask()],
        )
        .await?;
    let versions = rows.iter().map(TemplateVersion::of_row).collect::<Result<_, _>>()?;
    Ok(Page::of(versions, paging, |version: &TemplateVersion| Cursor::new(version.created_at, version.id.uuid())))
}

/// One version.
///
/// # Errors
/// [`FindRefused`], `permission.missing`, or a fault.
pub async fn version(tx: &Tx, version: MailTemplateId) -> Result<TemplateVersion, Error> {
    tx.require(Permission::SettingsWrite)?;
    let row = tx
        .optional(
            sql!(
                "select t.id, t.kind, t.version, t.subject, t.body, t.from_version, t.created_at, t.failed_at, t.failure,
                        coalesce(u.name, t.made_by_name, '') as made_by
                 from mail_templates t left join users u on u.id = t.made_by_user_id
                 where t.organization_id = $1 and t.id = $2"
            ),
            &[tx.org(), version.as_uuid()],
        )
        .await?;
    row.as_ref().map(TemplateVersion::of_row).transpose()?.ok_or_else(|| FindRefused::NotFound.into())
}

/// A mail of a kind as a template would write it, with the declared examples.
///
/// # Errors
/// [`SaveRefused`] where it is no template, `permission.missing`, or a fault.
pub async fn preview(tx: &Tx, kind: MailKind, (subject, body): (&str, &str), base: &str) -> Result<MailPreview, Error> {
    tx.require(Permission::SettingsWrite)?;
    refuse_wrong(kind, (subject, body))?;
    let own = organizations::find::own(tx).await?;
    let mut values = Values::example(kind);
    values.set_organization(&own.name);
    let written = by(&values, (subject, body), fill::MOST).map_err(|what| SaveRefused::WrongBody { what })?;
    let html = written.html.into_string();
    let is_stoppable = kind.is_news();
    let preferences = is_stoppable.then(|| format!("{base}/{}/notifications/preferences", own.slug));
    let framed = Framed {
        organization: &own.name,
        base,
        subject: &written.subject,
        text: &written.text,
        html: &html,
        reason: "You get this because … (here each mail says why its reader gets it).",
        preferences: preferences.as_deref(),
        stop: if is_stoppable { Stop::Withheld } else { Stop::None },
    };
    Ok(MailPreview {
        subject: written.subject.clone(),
        text: render::text(&framed),
        html: render::html(&framed).into_string(),
    })
}
