//! The noun: a file on a ticket.

use jiff::Timestamp;
use kernel::id::{AttachmentId, CommentId, UserId};
use runtime::{Columns, Error};
use tokio_postgres::Row;

use crate::files::{FileName, Media};
use crate::tickets::{Side, TicketNumber};

/// A file on a ticket.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Attachment {
    /// Its id; `GET /attachments/{id}` gives the file itself.
    pub id: AttachmentId,
    /// The ticket.
    pub ticket: TicketNumber,
    /// The comment it came with, if it came with one.
    pub comment: Option<CommentId>,
    /// Its name.
    #[schema(example = "floor plan.pdf")]
    pub name: String,
    /// What its bytes are, told by themselves.
    #[schema(example = "application/pdf")]
    pub media_type: &'static str,
    /// How many bytes it has.
    pub size: i64,
    /// SHA-256 of them, in hexadecimal.
    pub sha256: String,
    /// Who handed it in.
    pub author: String,
    /// For which side.
    pub side: Side,
    /// Whether only staff see it.
    pub internal: bool,
    /// Whether the file itself is gone, because the customer was anonymised.
    pub forgotten: bool,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[serde(skip)]
    pub(super) author_user: Option<UserId>,
}

impl Attachment {
    pub(super) fn of_row(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id"),
            ticket: TicketNumber::stored(row.get("number")),
            comment: row.id_or_none("comment_id"),
            name: row.get("name"),
            media_type: Media::stored(row.get("media_type")).as_str(),
            size: row.get("bytes"),
            sha256: hex::encode(row.get::<_, Vec<u8>>("sha256")),
            author: row.get("author"),
            side: row.word("side")?,
            internal: row.get("internal"),
            forgotten: row.get("forgotten"),
            created_at: row.get("created_at"),
            author_user: row.id_or_none("author_user_id"),
        })
    }

    /// Whether this user handed it in.
    pub fn is_of(&self, user: Option<UserId>) -> bool {
        self.author_user.is_some() && self.author_user == user
    }

    /// Its name, as files are called.
    pub fn file_name(&self) -> FileName {
        FileName::clean(&self.name)
    }

    /// What it is.
    pub fn media(&self) -> Media {
        Media::stored(self.media_type)
    }
}
