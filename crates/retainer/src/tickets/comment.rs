//! Commenting on a ticket.

use kernel::Permission;
use kernel::id::{CommentId, Id};
use kernel::text::Body;
use runtime::{Change, Error, Tx, sql};
use serde_json::json;

use super::history;
use super::load::lock;
use super::{Comment, Seen, Side, news};

/// What is said.
#[derive(Debug, Clone, Copy)]
pub struct Saying<'a> {
    /// The words.
    pub message: &'a Body,
    /// Who reads them.
    pub audience: Audience,
    /// The names of the files that are attached to it, for the mail.
    pub files: &'a [&'a str],
}

/// Who may read a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Staff and the customer.
    Everybody,
    /// Staff alone.
    Staff,
}

runtime::refusals! {
    /// Why a comment was not written.
    pub enum CommentRefused {
        /// Customers write to staff, not behind their own back.
        NotInternal => Forbidden, "comment.not_internal", "Only the team writes internal comments.", at "/internal";
    }
}

/// Writes a comment and tells the other side; an internal one is told to staff alone. A closed ticket can still be
/// talked about.
///
/// # Errors
/// [`CommentRefused`], what [`lock`] refuses, `permission.missing`, or a fault.
pub async fn comment(tx: &Tx, seen: &Seen, saying: &Saying<'_>) -> Result<Comment, Error> {
    let Saying { message, audience, .. } = *saying;
    tx.require(Permission::TicketsOpen)?;
    let internal = audience == Audience::Staff;
    let side = if tx.only_customer().is_some() { Side::Customer } else { Side::Staff };
    let ticket = lock(tx, seen).await?;
    if internal && side == Side::Customer {
        return Err(CommentRefused::NotInternal.into());
    }
    let told = news::audience_of_comment(tx, &ticket, side, audience).await?;
    let comment = tx.new_id::<CommentId>();
    let (user, name) = (tx.actor().user().map(Id::uuid), tx.actor().name.clone());
    let own_name = if user.is_none() { Some(name.as_str()) } else { None };
    tx.record(Change::new("ticket.commented", "ticket", ticket.key).after(json!({
        "number": ticket.id, "comment": comment, "internal": internal,
    })));
    history::tell(tx, &ticket, internal);
    let statement = sql!(
        "insert into ticket_comments (organization_id, id, ticket_id, origin_ticket_id, author_user_id, author_name, side,
                message, internal, created_at)
         values ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9)"
    );
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 9] = [
        tx.org(),
        comment.as_uuid(),
        ticket.key.as_uuid(),
        &user,
        &own_name,
        &side.word(),
        &message.as_str(),
        &internal,
        &tx.now(),
    ];
    tokio::try_join!(tx.execute(statement, &params), news::commented(tx, &ticket, saying, &told))?;
    Ok(Comment {
        id: comment,
        author: name,
        side,
        message: message.to_string(),
        internal,
        from: None,
        created_at: tx.now(),
    })
}
