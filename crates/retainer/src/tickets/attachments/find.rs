//! Reading which files there are.

use kernel::Permission;
use kernel::id::{AttachmentId, Id};
use runtime::{Error, Tx, sql};

use super::{Attachment, RemoveRefused};
use crate::tickets::{TicketNumber, find};

/// The files of a ticket, the oldest first; customers do not see what is internal. There are a hundred at most.
///
/// # Errors
/// `ticket.not_found`, or a fault.
pub async fn of_ticket(tx: &Tx, number: &TicketNumber) -> Result<Vec<Attachment>, Error> {
    let own = tx.only_customer();
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [tx.org(), &number.as_str(), &own];
    let (ticket, rows) = tokio::try_join!(find::get(tx, number), tx.rows(OF_TICKET, &params))?;
    drop(ticket);
    rows.iter().map(Attachment::of_row).collect()
}

/// One file.
///
/// # Errors
/// `attachment.not_found`, `permission.missing`, or a fault.
pub async fn get(tx: &Tx, file: AttachmentId) -> Result<Attachment, Error> {
    tx.require(Permission::TicketsRead)?;
    let row = tx.optional(ONE, &[tx.org(), file.as_uuid(), &tx.only_customer()]).await?;
    row.as_ref().map(Attachment::of_row).transpose()?.ok_or_else(|| RemoveRefused::NotFound.into())
}

const OF_TICKET: &str = sql!(
    "select a.id, t.number, a.comment_id, a.name, a.media_type, a.bytes, a.sha256, coalesce(u.name, a.author_name, '') as author,
            a.author_user_id, a.side, a.internal, a.forgotten_at is not null as forgotten, a.created_at
     from tickets t
     join attachments a on a.organization_id = t.organization_id and a.ticket_id = t.id
     left join users u on u.id = a.author_user_id
     where t.organization_id = $1 and t.number = $2
       and ($3::uuid is null or (t.customer_id = $3 and not a.internal))
     order by a.created_at, a.id limit 200"
);

const ONE: &str = sql!(
    "select a.id, t.number, a.comment_id, a.name, a.media_type, a.bytes, a.sha256, coalesce(u.name, a.author_name, '') as author,
            a.author_user_id, a.side, a.internal, a.forgotten_at is not null as forgotten, a.created_at
     from attachments a
     join tickets t on t.organization_id = a.organization_id and t.id = a.ticket_id
     left join users u on u.id = a.author_user_id
     where a.organization_id = $1 and a.id = $2
       and ($3::uuid is null or (t.customer_id = $3 and not a.internal))"
);
