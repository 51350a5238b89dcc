//! Forgetting the files of a customer's tickets.

use kernel::id::{AttachmentId, CustomerId, Id};
use runtime::{Change, Columns, Error, Tx, sql};

use crate::files::let_go;

/// Empties all files on a customer's tickets: nobody can tell whom a file names. That there was one stays.
pub(super) async fn forget_files(tx: &Tx, customer: CustomerId) -> Result<(), Error> {
    let rows = tx
        .rows(
            sql!(
                "select a.id, a.bytes from attachments a
                 join tickets t on t.organization_id = a.organization_id and t.id = a.ticket_id
                 where a.organization_id = $1 and t.customer_id = $2 and a.forgotten_at is null
                 order by a.id for update of a"
            ),
            &[tx.org(), customer.as_uuid()],
        )
        .await?;
    let files: Vec<(AttachmentId, i64)> = rows.iter().map(|row| (row.id("id"), row.get("bytes"))).collect();
    if files.is_empty() {
        return Ok(());
    }
    let ids: Vec<uuid::Uuid> = files.iter().map(|(id, _)| id.uuid()).collect();
    tx.execute(
        sql!(
            "update attachments set name = 'removed file', media_type = 'application/octet-stream', bytes = 0, forgotten_at = $3,
                    author_name = case when author_name is not null and side = 'customer' then 'Former user' else author_name end
             where organization_id = $1 and id = any ($2)"
        ),
        &[tx.org(), &ids, &tx.now()],
    )
    .await?;
    let_go(tx, &files).await?;
    tx.record(
        Change::new("customer.files_removed", "customer", customer).after(serde_json::json!({"files": files.len()})),
    );
    Ok(())
}
