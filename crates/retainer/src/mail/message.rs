//! The nouns: a mail in the queue.

use jiff::Timestamp;
use kernel::id::MailId;
use runtime::{Columns, Error};
use tokio_postgres::Row;

kernel::words! {
    /// How far a mail has come.
    MailState, "state" {
        /// It will be delivered soon, or tried again.
        Queued = "queued",
        /// The mail server has it.
        Sent = "sent",
        /// The mail server refused it, or was away for too long.
        Failed = "failed",
        /// There is no mail server; it stays here.
        Held = "held",
    }
}

/// A mail as it stands in the list.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct MailLine {
    /// Its id.
    pub id: MailId,
    /// What it is for.
    #[schema(example = "reset_password")]
    pub kind: String,
    /// To whom.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// How far it has come.
    pub state: MailState,
    /// How often delivery was tried.
    pub attempts: i32,
    /// What the mail server said last, when it did not take it.
    pub last_error: Option<String>,
    /// Whether it holds a secret link.
    pub secret: bool,
    /// The version of the organization's own template that it was written by; null where it is as it comes.
    pub template_version: Option<i32>,
    /// Why it is as it comes although there was a template: that could not be filled in.
    pub template_failure: Option<String>,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When the mail server took it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub sent_at: Option<Timestamp>,
}

impl MailLine {
    pub(super) fn of_row(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id"),
            kind: row.get("kind"),
            to: row.get("to_email"),
            subject: row.get("subject"),
            state: row.word("state")?,
            attempts: row.get("attempts"),
            last_error: row.get("last_error"),
            secret: row.get("secret"),
            template_version: row.get("template_version"),
            template_failure: row.get("template_failure"),
            created_at: row.get("created_at"),
            sent_at: row.get("sent_at"),
        })
    }
}

/// A mail with its body.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Mail {
    /// What the list shows of it.
    #[serde(flatten)]
    pub line: MailLine,
    /// The whole body as plain text; null when it is withheld.
    pub text: Option<String>,
    /// The whole body as HTML; null when it is withheld.
    pub html: Option<String>,
    /// Why the body is withheld, if it is.
    pub withheld: Option<String>,
}
