//! Posting mails of a kind: written by its template and queued.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use kernel::Email;
use kernel::id::UserId;
use runtime::tx::Enqueued;
use runtime::{Error, Tx};

use super::write::write;
use super::{Failure, MailKind, Values, find};
use crate::mail::{Letter, Secrecy, Stopping, send};

/// What is to be written to somebody.
#[derive(Debug, Clone)]
pub struct Addressed {
    /// To whom.
    pub to: Email,
    /// The user behind the address, if there is one.
    pub user: Option<UserId>,
    /// What the mail says.
    pub values: Values,
    /// Why the person gets it, in a sentence.
    pub reason: String,
    /// Whether it holds a secret link.
    pub secrecy: Secrecy,
    /// Whether the person can stop such mails.
    pub stopping: Stopping,
    /// How long it is of use, if not for ever.
    pub good_for: Option<SignedDuration>,
    /// What it tells of, as notifications name it.
    pub about: Option<String>,
}

/// Writes mails of a kind, each with its own values, and queues them. Boxed: as a part of the futures of all verbs that send
/// mail it would take the compiler minutes.
///
/// # Errors
/// A fault.
pub fn post(tx: &Tx, kind: MailKind, mails: Vec<Addressed>) -> BoxFuture<'_, Result<(), Error>> {
    write_and_queue(tx, kind, mails).boxed()
}

async fn write_and_queue(tx: &Tx, kind: MailKind, mails: Vec<Addressed>) -> Result<(), Error> {
    if mails.is_empty() {
        return Ok(());
    }
    let own = find::own(tx, kind).await?;
    let mut failure = None;
    let mut letters = Vec::with_capacity(mails.len());
    for mail in mails {
        let written = write(own.as_ref(), &mail.values)?;
        if failure.is_none() {
            failure = written.version.zip(written.failure.clone());
        }
        letters.push(Letter {
            kind: kind.word(),
            to: mail.to,
            user: mail.user,
            subject: written.subject,
            text: written.text,
            html: written.html,
            reason: mail.reason,
            secrecy: mail.secrecy,
            stopping: mail.stopping,
            good_for: mail.good_for,
            about: mail.about,
            template: written.version,
            template_failure: written.failure,
        });
    }
    if let Some((version, why)) = failure {
        order_telling(tx, Failure { kind, version, why });
    }
    futures_util::future::try_join_all(letters.into_iter().map(|letter| send(tx, letter))).await?;
    Ok(())
}

/// That a template failed is written down by a job: here it would make whoever uses the same template wait for each other, with
/// all that they have locked.
fn order_telling(tx: &Tx, failure: Failure) {
    tx.enqueue(Enqueued {
        name: "mail.template_failed",
        key: Some(format!("{}:{}:{}", tx.organization(), failure.kind, failure.version)),
        payload: serde_json::json!({ "failure": failure }),
        run_at: None,
    });
}
