//! The nouns: what a kind says now, and its versions.

use jiff::Timestamp;
use kernel::id::MailTemplateId;
use runtime::{Columns, Error};
use tokio_postgres::Row;

use super::{MailKind, Variable};

/// A version of what mails of a kind say.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct TemplateVersion {
    /// Its id.
    pub id: MailTemplateId,
    /// Of which kind.
    pub kind: MailKind,
    /// Its number among those of its kind, from 1.
    pub version: i32,
    /// The subject; null where the mail is as it comes from this version on.
    pub subject: Option<String>,
    /// The body; null where the mail is as it comes from this version on.
    pub body: Option<String>,
    /// The older version whose words these are again, if they are.
    pub from_version: Option<i32>,
    /// Who made it.
    pub made_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it first could not be filled in, if that happened.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub failed_at: Option<Timestamp>,
    /// Why it could not.
    pub failure: Option<String>,
}

impl TemplateVersion {
    pub(super) fn of_row(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id"),
            kind: row.word("kind")?,
            version: row.get("version"),
            subject: row.get("subject"),
            body: row.get("body"),
            from_version: row.get("from_version"),
            made_by: row.get("made_by"),
            created_at: row.get("created_at"),
            failed_at: row.get("failed_at"),
            failure: row.get("failure"),
        })
    }
}

/// What mails of a kind say now.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Template {
    /// The kind.
    pub kind: MailKind,
    /// The kind in words.
    pub label: &'static str,
    /// Who gets it, and when.
    pub when: &'static str,
    /// The subject, as a template.
    pub subject: String,
    /// The body, as a template.
    pub body: String,
    /// Whether the words are the organization's own; else the mail is as it comes with the program.
    pub own: bool,
    /// The newest version, also where it says that the mail is as it comes; null where there never was one.
    pub newest: Option<TemplateVersion>,
    /// What it may say.
    pub variables: Vec<Variable>,
}

impl Template {
    pub(super) fn of(kind: MailKind, newest: Option<TemplateVersion>) -> Self {
        let own = newest.as_ref().and_then(|newest| newest.subject.clone().zip(newest.body.clone()));
        let is_own = own.is_some();
        let (subject, body) = own.unwrap_or_else(|| {
            let (subject, body) = kind.built_in();
            (subject.to_owned(), body.to_owned())
        });
        Self {
            kind,
            label: kind.label(),
            when: kind.when(),
            subject,
            body,
            own: is_own,
            newest,
            variables: kind.variables(),
        }
    }

    /// The number of the newest version; 0 before the first.
    pub fn version(&self) -> i32 {
        self.newest.as_ref().map_or(0, |newest| newest.version)
    }
}

/// A mail as a template would write it, filled in with the declared examples.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct MailPreview {
    /// The subject.
    pub subject: String,
    /// The whole body as plain text.
    pub text: String,
    /// The whole body as HTML.
    pub html: String,
}
