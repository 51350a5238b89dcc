//! Telling people.

use futures_util::FutureExt;
use jiff::civil::Date;
use kernel::id::{CustomerId, Id, NotificationId, UserId};
use runtime::live::{Hearers, Live};
use runtime::{Error, Tx, sql};
use uuid::Uuid;

use super::notification::path_of;
use super::{Kind, Recipient};
use crate::ledger::allowance::allowances;
use crate::mail::render::{BASE, Bar};
use crate::mail::templates::{Addressed, Said, Values, post};
use crate::mail::{Secrecy, Stopping};

/// What people are told.
#[derive(Debug, Clone)]
pub struct News {
    /// What it is about.
    pub kind: Kind,
    /// What the mail says.
    pub mail: Said,
    /// Whose balance the mail shows, where it is about their allowance.
    pub allowance: Option<CustomerId>,
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
    // Boxed: what a mail shows is read by many futures within each other, which each verb that tells would be made of again.
    tokio::try_join!(show(tx, news, recipients), mail(tx, news, recipients).boxed())?;
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
    let mailed: Vec<&Recipient> = recipients.iter().filter(|recipient| recipient.mail).collect();
    if mailed.is_empty() {
        return Ok(());
    }
    let bars = bars(tx, news.allowance).await?;
    let mails = mailed.into_iter().map(|recipient| {
        let link = format!("{BASE}/{}{}", recipient.slug, path_of(news.subject_kind, &news.subject_ref));
        let values = Values::new(news.mail.clone(), &recipient.organization).person(&recipient.name).link(link);
        Addressed {
            to: recipient.email.clone(),
            user: Some(recipient.user),
            values: values.balances(bars.clone()),
            reason: format!("You get this {}.", recipient.reason),
            secrecy: Secrecy::Open,
            stopping: Stopping::InPreferences(news.kind.word()),
            good_for: None,
            about: Some(format!("{} {}", news.subject_kind, news.subject_ref)),
        }
    });
    post(tx, news.mail.kind, mails.collect()).await
}

/// What the customer has, as it is now; of what has no limit there is no bar.
async fn bars(tx: &Tx, customer: Option<CustomerId>) -> Result<Vec<Bar>, Error> {
    let Some(customer) = customer else { return Ok(Vec::new()) };
    let known = allowances(tx, customer).boxed().await?;
    Ok(known
        .iter()
        .filter(|allowance| !allowance.unlimited)
        .map(|allowance| {
            let [used, held, left] =
                [&allowance.used, &allowance.held, &allowance.left].map(|figure| figure.quantity(allowance.unit));
            Bar { used, held, left }
        })
        .collect())
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
