//! Putting a mail into the queue.

use jiff::SignedDuration;
use kernel::Email;
use kernel::id::{Id, MailId, UserId};
use runtime::tx::Enqueued;
use runtime::{Error, Tx, sql};

/// A mail to be sent.
#[derive(Debug, Clone)]
pub struct Letter {
    /// What it is for: `reset_password`, `ticket.commented` …
    pub kind: &'static str,
    /// To whom.
    pub to: Email,
    /// The user behind the address, if there is one.
    pub user: Option<UserId>,
    /// The subject, one line.
    pub subject: String,
    /// The body as plain text, without the reason.
    pub text: String,
    /// The body as HTML, without the frame and the reason.
    pub html: maud::Markup,
    /// Why the person gets it, in a sentence.
    pub reason: String,
    /// Whether it holds a secret link.
    pub secrecy: Secrecy,
    /// Whether the person can stop such mails.
    pub stopping: Stopping,
    /// How long it is of use, if not for ever: a link's life.
    pub good_for: Option<SignedDuration>,
    /// What it tells of, as notifications name it, `ticket TKT-202611-0007`; none where nothing can overtake it.
    pub about: Option<String>,
    /// The version of the organization's own template that it was to be written by, if there was one.
    pub template: Option<i32>,
    /// Why it is as it comes with the program although there was one.
    pub template_failure: Option<String>,
}

/// Whether a person can stop mails of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopping {
    /// They asked for it themselves, or cannot do without: a reset link, an invitation.
    Never,
    /// In their notification preferences, where this is the kind; the mail says where, and takes a click to stop.
    InPreferences(&'static str),
}

/// Whether a mail holds a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// Staff may read it in the outbox.
    Open,
    /// It holds a link that acts in the recipient's name.
    Secret,
}

/// Why no mail of a sample organization is sent.
pub(super) const OF_A_SAMPLE: &str = "No mail leaves a sample organization.";

/// Queues a mail; it is delivered after the transaction commits. In a sample organization it is held from the beginning.
///
/// # Errors
/// A fault.
pub async fn send(tx: &Tx, letter: Letter) -> Result<MailId, Error> {
    let mail = tx.new_id::<MailId>();
    let stops = match letter.stopping {
        Stopping::Never => None,
        Stopping::InPreferences(kind) => Some(kind),
    };
    let subject = letter.subject.replace(['\r', '\n'], " ");
    let row = tx.one(
        sql!(
            "insert into mails (organization_id, id, kind, to_email, to_user_id, subject, text, html, reason, secret,
                    stoppable, stops, good_until, created_at, template_version, template_failure, about, state, last_error)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text is not null, $11, $12, $13, $14, $15, $17,
                (select case when is_sample then 'held' else 'queued' end from organizations where organization_id = $1 and id = $1),
                (select $16::text from organizations where organization_id = $1 and id = $1 and is_sample))
             returning state"
        ),
        &[
            tx.org(),
            mail.as_uuid(),
            &letter.kind,
            &letter.to.as_str(),
            &letter.user.map(Id::uuid),
            &subject,
            &letter.text,
            &letter.html.into_string(),
            &letter.reason,
            &(letter.secrecy == Secrecy::Secret),
            &stops,
            &letter.good_for.and_then(|life| tx.now().checked_add(life).ok()),
            &tx.now(),
            &letter.template,
            &letter.template_failure,
            &OF_A_SAMPLE,
            &letter.about,
        ],
    )
    .await?;
    if row.get::<_, &str>("state") == "queued" {
        order(tx, mail);
    }
    Ok(mail)
}

/// Orders the delivery of a queued mail.
pub(super) fn order(tx: &Tx, mail: MailId) {
    tx.enqueue(Enqueued {
        name: "mail.deliver",
        payload: serde_json::json!({ "mail": mail }),
        run_at: None,
        key: Some(mail.to_string()),
    });
}
