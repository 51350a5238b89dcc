//! Handing a mail to the mail server.

use kernel::Actor;
use kernel::id::{Id, MailId, OrganizationId, UserId};
use runtime::smtp::{Outgoing, Undelivered, Unsubscribe};
use runtime::tx::Access;
use runtime::{Columns, Error, Tx, sql};

use super::render::{self, Framed, Stop};
use super::send::OF_A_SAMPLE;
use super::unsubscribe;
use crate::App;

/// A mail to be delivered now.
#[derive(Debug, Clone, Copy)]
pub struct Delivery {
    /// Whose mail.
    pub organization: OrganizationId,
    /// Which.
    pub mail: MailId,
    /// Whether nobody will try again.
    pub last_try: bool,
}

/// Delivers a mail that is still queued. The network is used between two transactions, never inside one; when the
/// second is lost in a crash, the mail is sent again under the same Message-ID.
///
/// # Errors
/// A fault that says why it should be tried again.
pub async fn deliver(app: &App, delivery: Delivery) -> Result<(), Error> {
    let tx = app.begin(delivery.organization, actor(), Access::Read).await?;
    let Some((outgoing, waits)) = load(app, &tx, delivery.mail).await? else { return Ok(()) };
    drop(tx);
    let outcome = match &app.smtp {
        Some(smtp) if waits.is_none() => Some(smtp.deliver(outgoing).await),
        _ => None,
    };
    let (state, error) = match &outcome {
        None if waits.is_some() => ("held", waits),
        None => ("held", None),
        Some(Ok(())) => ("sent", None),
        Some(Err(Undelivered::ForGood(words))) => ("failed", Some(words.as_str())),
        Some(Err(Undelivered::ForNow(words))) if delivery.last_try => ("failed", Some(words.as_str())),
        Some(Err(Undelivered::ForNow(words))) => ("queued", Some(words.as_str())),
    };
    let tx = app.begin(delivery.organization, actor(), Access::Write).await?;
    let tries = i32::from(outcome.is_some());
    tx.execute(
        sql!(
            "update mails set state = $3, last_error = $4, attempts = attempts + $5,
                    sent_at = case when $3::text = 'sent' then $6::timestamptz end
             where organization_id = $1 and id = $2 and state = 'queued'"
        ),
        &[tx.org(), delivery.mail.as_uuid(), &state, &error, &tries, &tx.now()],
    )
    .await?;
    tx.commit().await?;
    match (state, error) {
        ("queued", Some(words)) => Err(Error::internal(words)),
        _ => Ok(()),
    }
}

fn actor() -> Actor {
    Actor::system("mail.deliver")
}

/// A queued mail, and why it waits: mail about work leaves no organization that is being closed, and none leaves a sample.
async fn load(app: &App, tx: &Tx, mail: MailId) -> Result<Option<(Outgoing, Option<&'static str>)>, Error> {
    let row = tx
        .optional(
            sql!(
                "select m.to_email, m.subject, m.text, m.html, m.reason, m.stoppable, m.stops, m.to_user_id, m.created_at,
                        o.name, o.slug, o.closes_at is not null and m.stoppable as closes, o.is_sample
                 from mails m
                 join organizations o on o.organization_id = m.organization_id
                 where m.organization_id = $1 and m.id = $2 and m.state = 'queued'"
            ),
            &[tx.org(), mail.as_uuid()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let preferences = preferences(app, row.get("slug"), row.get("stoppable"));
    let one_click = match (row.id_or_none::<UserId>("to_user_id"), row.get::<_, Option<&str>>("stops")) {
        (Some(user), Some(kind)) => Some(unsubscribe::link(app, tx.organization(), row.get("slug"), (user, kind))),
        _ => None,
    };
    let stop = one_click.as_deref().map_or(Stop::None, Stop::By);
    let framed = framed(app, &row, (preferences.as_deref(), stop));
    let outgoing = Outgoing {
        id: mail.to_string(),
        from_name: framed.organization.to_owned(),
        to: row.word("to_email")?,
        subject: framed.subject.to_owned(),
        text: render::text(&framed),
        html: render::html(&framed).into_string(),
        unsubscribe: match one_click {
            Some(address) => Some(Unsubscribe::OneClick(address)),
            None => preferences.clone().map(Unsubscribe::Page),
        },
        written_at: row.get("created_at"),
    };
    let waits = match (row.get("is_sample"), row.get("closes")) {
        (true, _) => Some(OF_A_SAMPLE),
        (false, true) => Some("The organization is being closed."),
        (false, false) => None,
    };
    Ok(Some((outgoing, waits)))
}

/// Where a person can stop mails like this one, if they can.
pub(super) fn preferences(app: &App, slug: &str, stoppable: bool) -> Option<String> {
    stoppable.then(|| app.url(&format!("/{slug}/notifications/preferences")))
}

pub(super) fn framed<'a>(
    app: &'a App,
    row: &'a tokio_postgres::Row,
    (preferences, stop): (Option<&'a str>, Stop<'a>),
) -> Framed<'a> {
    Framed {
        organization: row.get("name"),
        base: &app.public_url,
        subject: row.get("subject"),
        text: row.get("text"),
        html: row.get("html"),
        reason: row.get("reason"),
        preferences,
        stop,
    }
}
