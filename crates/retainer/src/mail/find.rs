//! Reading the outbox.

use kernel::id::{Id, MailId, UserId};
use kernel::{Email, Permission, Role};
use runtime::http::{Cursor, Page, Paging};
use runtime::{Columns, Error, Tx, sql};

use super::deliver::{framed, preferences};
use super::render::{self, Stop};
use super::{Mail, MailLine, MailState};
use crate::App;

runtime::refusals! {
    /// Why a mail is not shown.
    pub enum FindRefused {
        /// There is none, or it is another organization's.
        NotFound => NotFound, "mail.not_found", "There is no such mail.";
    }
}

/// The kind of mail whose link proves an address, so that it must reach nobody else.
const VERIFIES: &str = "verify_email";

/// A page of the outbox, the newest first.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn list(tx: &Tx, state: Option<MailState>, paging: Paging) -> Result<Page<MailLine>, Error> {
    tx.require(Permission::MailRead)?;
    let (at, id) = paging.below();
    let rows = tx
        .rows(
            sql!(
                "select id, kind, to_email, subject, state, attempts, last_error, secret, template_version, template_failure,
                        created_at, sent_at
                 from mails
                 where organization_id = $1 and ($2::text is null or state = $2)
                   and (created_at, id) < ($3, $4)
                 order by created_at desc, id desc limit $5"
            ),
            &[tx.org(), &state.map(MailState::word), &at, &id, &paging.ask()],
        )
        .await?;
    let lines = rows.iter().map(MailLine::of_row).collect::<Result<_, _>>()?;
    Ok(Page::of(lines, paging, |line: &MailLine| Cursor::new(line.created_at, line.id.uuid())))
}

/// How many mails are held.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn held(tx: &Tx) -> Result<i64, Error> {
    tx.require(Permission::MailRead)?;
    let row = tx
        .one(sql!("select count(*) as held from mails where organization_id = $1 and state = 'held'"), &[tx.org()])
        .await?;
    Ok(row.get("held"))
}

/// The newest mail that invited somebody.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn invitation_to(tx: &Tx, to: &Email) -> Result<Option<MailId>, Error> {
    tx.require(Permission::MailRead)?;
    let row = tx
        .optional(
            sql!(
                "select id from mails where organization_id = $1 and to_email = $2 and kind = 'invitation'
                 order by created_at desc, id desc limit 1"
            ),
            &[tx.org(), &to.as_str()],
        )
        .await?;
    Ok(row.map(|row| row.id("id")))
}

/// One mail as it was or will be sent; its body only for those who may read it.
///
/// # Errors
/// [`FindRefused`], `permission.missing`, or a fault.
pub async fn get(tx: &Tx, app: &App, mail: MailId) -> Result<Mail, Error> {
    tx.require(Permission::MailRead)?;
    let row = tx
        .optional(
            sql!(
                "select m.id, m.kind, m.to_email, m.to_user_id, m.subject, m.text, m.html, m.reason, m.secret,
                        m.stoppable, m.stops, m.state, m.attempts, m.last_error, m.template_version, m.template_failure, m.created_at,
                        m.sent_at, o.name, o.slug
                 from mails m
                 join organizations o on o.organization_id = m.organization_id
                 where m.organization_id = $1 and m.id = $2"
            ),
            &[tx.org(), mail.as_uuid()],
        )
        .await?;
    let row = row.ok_or(FindRefused::NotFound)?;
    let line = MailLine::of_row(&row)?;
    let withheld = match line.kind.as_str() {
        VERIFIES => Some("This mail proves that its recipient reads it; nobody but them may."),
        _ if line.secret => withheld(tx, row.id_or_none("to_user_id")).await?,
        _ => None,
    };
    let preferences = preferences(app, row.get("slug"), row.get("stoppable"));
    let takes_a_click =
        row.id_or_none::<UserId>("to_user_id").is_some() && row.get::<_, Option<&str>>("stops").is_some();
    let stop = if takes_a_click { Stop::Withheld } else { Stop::None };
    let framed = framed(app, &row, (preferences.as_deref(), stop));
    let (text, html) = match withheld {
        Some(_) => (None, None),
        None => (Some(render::text(&framed)), Some(render::html(&framed).into_string())),
    };
    Ok(Mail { line, text, html, withheld: withheld.map(str::to_owned) })
}

/// Why the actor may not read a mail with a secret link to `user`. A user is the same person in all organizations, so
/// whoever reads their link could act for them elsewhere.
async fn withheld(tx: &Tx, user: Option<UserId>) -> Result<Option<&'static str>, Error> {
    if tx.actor().role() != Some(Role::Owner) {
        return Ok(Some("This mail holds a link that acts in its recipient's name; only an owner may read it."));
    }
    let Some(user) = user else { return Ok(None) };
    tx.see_user(user).await?;
    let elsewhere = tx
        .one(
            sql!(
                "select exists (
                     select from memberships m
                     where m.organization_id <> $1 and m.user_id = $2 and m.ended_at is null and not exists (
                        select from organization_slugs d where d.organization_id = m.organization_id and d.is_sample)
                 ) as elsewhere"
            ),
            &[tx.org(), user.as_uuid()],
        )
        .await?;
    Ok(elsewhere.get::<_, bool>("elsewhere").then_some(
        "This mail holds a link that acts in its recipient's name, and the recipient also belongs to another \
         organization; nobody but them may read it.",
    ))
}
