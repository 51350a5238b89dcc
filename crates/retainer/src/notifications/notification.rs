//! The nouns: a notification and a preference.

use jiff::Timestamp;
use kernel::id::NotificationId;
use runtime::{Columns, Error};
use tokio_postgres::Row;

kernel::words! {
    /// What a notification is about.
    Kind, "kind" {
        /// A new ticket.
        Request = "request",
        /// A ticket that went on: started, completed, rejected …
        Status = "status",
        /// A comment on a ticket.
        Comment = "comment",
        /// An invoice or a plan: issued, paid, overdue, given back, changed.
        Invoice = "invoice",
    }
}

impl Kind {
    /// The kind in a sentence.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Request => "New tickets",
            Self::Status => "Tickets that went on",
            Self::Comment => "Comments",
            Self::Invoice => "Invoices and plans",
        }
    }

    /// The kinds that somebody of a side is ever told of.
    pub fn of_side(is_staff: bool) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |kind| !(is_staff && *kind == Self::Invoice))
    }

    /// Why a customer's users are told of it.
    pub(super) const fn customers_reason(self) -> &'static str {
        match self {
            Self::Request | Self::Status | Self::Comment => "because it is your ticket",
            Self::Invoice => "because it is your invoice",
        }
    }

    /// Whether people are told through a channel who never chose. A new ticket is nobody's yet: staff find it on the page,
    /// and mail waits until somebody is assigned.
    pub const fn is_told(self, channel: Channel, is_customer: bool) -> bool {
        is_customer || !matches!((self, channel), (Self::Request, Channel::Mail))
    }
}

kernel::words! {
    /// How somebody is told.
    Channel, "channel" {
        /// On the notifications page.
        InApp = "in_app",
        /// By mail.
        Mail = "mail",
    }
}

impl Channel {
    /// The channel in a sentence.
    pub const fn label(self) -> &'static str {
        match self {
            Self::InApp => "On these pages",
            Self::Mail => "By mail",
        }
    }
}

/// Something a person was told.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Notification {
    /// Its id.
    pub id: NotificationId,
    /// What it is about.
    pub kind: Kind,
    /// The kind of thing it is about.
    #[schema(example = "ticket")]
    pub subject_kind: String,
    /// The thing, as it is known in addresses.
    #[schema(example = "TKT-20261120-090000-0001")]
    pub subject: String,
    /// One line.
    pub title: String,
    /// A little more.
    pub text: String,
    /// Why this person is told.
    #[schema(example = "because you are assigned")]
    pub reason: String,
    /// Who did it.
    pub actor: String,
    /// How many it stands for.
    pub count: i32,
    /// When it happened, the latest of them.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was read, if it was.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub read_at: Option<Timestamp>,
}

impl Notification {
    pub(super) fn of_row(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id"),
            kind: row.word("kind")?,
            subject_kind: row.get("subject_kind"),
            subject: row.get("subject_ref"),
            title: row.get("title"),
            text: row.get("text"),
            reason: row.get("reason"),
            actor: row.get("actor_name"),
            count: row.get("times"),
            created_at: row.get("created_at"),
            read_at: row.get("read_at"),
        })
    }

    /// Where the thing is, below the organization's address.
    pub fn path(&self) -> String {
        path_of(&self.subject_kind, &self.subject)
    }
}

/// Where a thing is of which people are told, below the organization's address. Of plans customers are told, who have one.
pub(super) fn path_of(kind: &str, subject: &str) -> String {
    if kind == "subscription" { "/plan".to_owned() } else { format!("/{kind}s/{subject}") }
}

/// Whether somebody wants to be told of a kind through a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Preference {
    /// Of what.
    pub kind: Kind,
    /// Through which channel.
    pub channel: Channel,
    /// Whether.
    pub enabled: bool,
}
