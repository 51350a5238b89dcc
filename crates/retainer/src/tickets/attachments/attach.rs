//! Attaching a received file to a ticket.

use kernel::Permission;
use kernel::id::{CommentId, Id};
use runtime::{Change, Error, Tx, sql};
use serde_json::json;

use super::Attachment;
use crate::files::{Limits, Received, own, spoken};
use crate::tickets::load::lock;
use crate::tickets::{Audience, CommentRefused, Seen, Side, Ticket, history};

/// The most files on a ticket.
const MOST_FILES: i64 = 100;
/// The most bytes on a ticket.
const MOST_BYTES: u64 = 250 * 1_000_000;

/// How a file is to be attached.
#[derive(Debug, Clone, Copy)]
pub struct Attaching<'a> {
    /// The file.
    pub file: &'a Received,
    /// The comment that it belongs to; it is seen by whoever sees that.
    pub comment: Option<CommentId>,
    /// Who sees it, if it belongs to no comment.
    pub audience: Audience,
    /// How much the installation takes.
    pub limits: Limits,
}

runtime::refusals! {
    /// Why a file was not attached.
    pub enum AttachRefused {
        /// There is none of theirs with this id on the ticket.
        NoComment => Invalid, "attachment.no_comment", "You wrote no comment with this id on this ticket.", at "/comment";
        /// The ticket has as many as one may have.
        TooMany { most: i64 } => Conflict, "attachment.too_many", "A ticket may have {most} files. Take some away first, or put several into one.", at "/files";
        /// The ticket's files together would be too large.
        TooMuch { most: String } => Conflict, "attachment.too_much", "The files of a ticket may have {most} together. Take some away first.", at "/files";
    }
}

/// Attaches a file. A closed ticket still takes some, as it takes comments.
///
/// # Errors
/// [`AttachRefused`], [`CommentRefused`], [`crate::files::FileRefused`], what [`lock`] refuses, `permission.missing`, or a
/// fault.
pub async fn attach(tx: &Tx, seen: &Seen, wanted: Attaching<'_>) -> Result<Attachment, Error> {
    tx.require(Permission::TicketsOpen)?;
    let side = if tx.only_customer().is_some() { Side::Customer } else { Side::Staff };
    let ticket = lock(tx, seen).await?;
    let internal = match wanted.comment {
        Some(comment) => is_internal(tx, &ticket, comment).await?,
        None => wanted.audience == Audience::Staff,
    };
    if internal && side == Side::Customer {
        return Err(CommentRefused::NotInternal.into());
    }
    require_room(tx, &ticket, wanted.file).await?;
    own(tx, wanted.file, wanted.limits).await?;
    let file = Attachment {
        id: wanted.file.id,
        ticket: ticket.id.clone(),
        comment: wanted.comment,
        name: wanted.file.name.to_string(),
        media_type: wanted.file.media.as_str(),
        size: i64::try_from(wanted.file.bytes).unwrap_or(i64::MAX),
        sha256: hex::encode(&wanted.file.sha256),
        author: tx.actor().name.clone(),
        side,
        internal,
        forgotten: false,
        created_at: tx.now(),
        author_user: tx.actor().user(),
    };
    write(tx, &ticket, &file, &wanted.file.sha256).await?;
    tx.record(Change::new("ticket.file_attached", "ticket", ticket.key).after(json!({
        "number": ticket.id, "attachment": file.id, "name": file.name, "size": file.size, "sha256": file.sha256,
        "internal": internal,
    })));
    history::tell(tx, &ticket, internal);
    Ok(file)
}

/// Whether the comment is internal, which they wrote themselves.
async fn is_internal(tx: &Tx, ticket: &Ticket, comment: CommentId) -> Result<bool, Error> {
    let row = tx
        .optional(
            sql!(
                "select internal from ticket_comments
                 where organization_id = $1 and id = $2 and ticket_id = $3 and author_user_id is not distinct from $4"
            ),
            &[tx.org(), comment.as_uuid(), ticket.key.as_uuid(), &tx.actor().user().map(Id::uuid)],
        )
        .await?;
    Ok(row.ok_or(AttachRefused::NoComment)?.get("internal"))
}

/// Refuses when the ticket has enough already. It is locked, so nobody adds one meanwhile.
async fn require_room(tx: &Tx, ticket: &Ticket, file: &Received) -> Result<(), Error> {
    let row = tx
        .one(
            sql!(
                "select count(*) as files, coalesce(sum(bytes), 0)::bigint as bytes from attachments
                 where organization_id = $1 and ticket_id = $2"
            ),
            &[tx.org(), ticket.key.as_uuid()],
        )
        .await?;
    if row.get::<_, i64>("files") >= MOST_FILES {
        return Err(AttachRefused::TooMany { most: MOST_FILES }.into());
    }
    if u64::try_from(row.get::<_, i64>("bytes")).unwrap_or(0) + file.bytes > MOST_BYTES {
        return Err(AttachRefused::TooMuch { most: spoken(MOST_BYTES) }.into());
    }
    Ok(())
}

async fn write(tx: &Tx, ticket: &Ticket, file: &Attachment, sha256: &[u8]) -> Result<(), Error> {
    let user = file.author_user.map(Id::uuid);
    let own_name = if user.is_none() { Some(file.author.as_str()) } else { None };
    tx.execute(
        sql!(
            "insert into attachments (organization_id, id, ticket_id, origin_ticket_id, comment_id, author_user_id, author_name,
                    side, internal, name, media_type, bytes, sha256, created_at)
             values ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        ),
        &[
            tx.org(),
            file.id.as_uuid(),
            ticket.key.as_uuid(),
            &file.comment.map(Id::uuid),
            &user,
            &own_name,
            &file.side.word(),
            &file.internal,
            &file.name,
            &file.media_type,
            &file.size,
            &sha256,
            &file.created_at,
        ],
    )
    .await
    .map(drop)
}
