//! Telling people.

use jiff::civil::Date;
use kernel::id::{Id, NotificationId, UserId};
use maud::html;
use runtime::live::{Hearers, Live};
use runtime::{Error, Tx, sql};
use uuid::Uuid;

use super::notification::path_of;
use super::{Kind, Recipient};
use crate::mail::render::{BASE, button, paragraph};
use crate::mail::{Letter, Secrecy, Stopping, send};

/// What people are told.
#[derive(Debug, Clone)]
pub struct News {
    /// What it is about.
    pub kind: Kind,
    /// The kind of mail, `ticket.commented`.
    pub mail_kind: &'static str,
    /// The kind of thing, `ticket`; its pages are at `/{kind}s/{ref}`.
    pub subject_kind: &'static str,
    /// The thing, as it is known in addresses.
    pub subject_ref: String,
    /// One line.
    pub title: String,
    /// What was said, if anything was.
    pub text: String,
    /// Whether it says what only staff may read.
    pub internal: bool,
    /// Unread notifications with the same key become one.
    pub collapse_key: Option<String>,
}

/// A day as people are told it: `5 December 2026`.
pub fn day(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

/// The most characters of a text on the notifications page; the mail has all of it.
const MOST_SHOWN: usize = 240;

/// Tells the recipients, each through the channels they want.
///
/// # Errors
/// A fault.
pub async fn tell(tx: &Tx, news: &News, recipients: &[Recipient]) -> Result<(), Error> {
    tokio::try_join!(show(tx, news, recipients), mail(tx, news, recipients))?;
    Ok(())
}

async fn show(tx: &Tx, news: &News, recipients: &[Recipient]) -> Result<(), Error> {
    let shown: Vec<&Recipient> = recipients.iter().filter(|recipient| recipient.in_app).collect();
    if shown.is_empty() {
        return Ok(());
    }
    shown.iter().for_each(|recipient| changed(tx, recipient.user));
    let ids: Vec<Uuid> = shown.iter().map(|_| tx.new_id::<NotificationId>().uuid()).collect();
    let users: Vec<Uuid> = shown.iter().map(|recipient| recipient.user.uuid()).collect();
    let reasons: Vec<&str> = shown.iter().map(|recipient| recipient.reason.as_str()).collect();
    tx.execute(
        sql!(
            "insert into notifications (organization_id, id, user_id, reason, kind, subject_kind, subject_ref, title, text,
                    actor_name, collapse_key, created_at, internal)
             select $1, r.id, r.user_id, r.reason, $5, $6, $7, $8, $9, $10, $11, $12, $13
             from unnest($2::uuid[], $3::uuid[], $4::text[]) as r (id, user_id, reason)
             order by r.user_id
             on conflict (organization_id, user_id, collapse_key) where read_at is null and collapse_key is not null
             do update set times = notifications.times + 1, title = excluded.title, text = excluded.text,
                    reason = excluded.reason, actor_name = excluded.actor_name, created_at = excluded.created_at,
                    internal = excluded.internal"
        ),
        &[
            tx.org(),
            &ids,
            &users,
            &reasons,
            &news.kind.word(),
            &news.subject_kind,
            &news.subject_ref,
            &news.title,
            &excerpt(&news.text),
            &tx.actor().name,
            &news.collapse_key,
            &tx.now(),
            &news.internal,
        ],
    )
    .await?;
    Ok(())
}

/// Tells a person's open pages that their notifications changed.
pub(super) fn changed(tx: &Tx, user: UserId) {
    let hearers = Hearers::Person(user.uuid());
    tx.tell(Live { what: "notifications.changed", subject: user.to_string(), hearers });
}

async fn mail(tx: &Tx, news: &News, recipients: &[Recipient]) -> Result<(), Error> {
    let letters = recipients.iter().filter(|recipient| recipient.mail).map(|recipient| {
        let link = format!("{BASE}/{}{}", recipient.slug, path_of(news.subject_kind, &news.subject_ref));
        let label = if news.subject_kind == "subscription" { "your plan" } else { &news.subject_ref };
        send(
            tx,
            Letter {
                kind: news.mail_kind,
                to: recipient.email.clone(),
                user: Some(recipient.user),
                subject: news.title.clone(),
                text: format!("{}\n\n{}\n\n{link}\n", news.title, news.text).replace("\n\n\n\n", "\n\n"),
                html: html! {
                    p { strong { (news.title) } }
                    @for line in news.text.lines().filter(|line| !line.trim().is_empty()) { (paragraph(line)) }
                    (button(&link, &format!("Open {label}")))
                },
                reason: format!("You get this {}.", recipient.reason),
                secrecy: Secrecy::Open,
                stopping: Stopping::InPreferences(news.kind.word()),
                good_for: None,
            },
        )
    });
    futures_util::future::try_join_all(letters).await?;
    Ok(())
}

fn excerpt(text: &str) -> String {
    if text.chars().count() <= MOST_SHOWN {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(MOST_SHOWN - 1).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_letters() {
        assert_eq!(excerpt("short"), "short");
        let long = excerpt(&"å".repeat(500));
        assert_eq!(long.chars().count(), MOST_SHOWN);
        assert!(long.ends_with('…'));
    }
}
