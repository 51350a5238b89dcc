//! Reminding customers of invoices that are overdue.

use jiff::Timestamp;
use kernel::Money;
use kernel::id::{Id, InvoiceId};
use runtime::{Change, Columns, Error, Tx, sql};

use super::news::{self, Bill};
use crate::organizations;

/// Reminds of overdue invoices that nobody was reminded of yet, at most so many; how many there were. Invoices that
/// somebody settles at this moment are left to the next time.
///
/// # Errors
/// A fault.
pub(super) async fn remind(tx: &Tx, limit: i64) -> Result<usize, Error> {
    let rows = tx
        .rows(
            sql!(
                "select id, customer_id, number, total_minor, currency, due_at from invoices
                 where organization_id = $1 and state = 'open' and overdue_told_at is null and due_at <= $2
                 order by due_at, id limit $3 for update skip locked"
            ),
            &[tx.org(), &tx.now(), &limit],
        )
        .await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let zone = organizations::find::own(tx).await?.zone;
    for row in &rows {
        let invoice: InvoiceId = row.id("id");
        let (number, due_at): (&str, Timestamp) = (row.get("number"), row.get("due_at"));
        tx.execute(
            sql!("update invoices set overdue_told_at = $3 where organization_id = $1 and id = $2"),
            &[tx.org(), invoice.as_uuid(), &tx.now()],
        )
        .await?;
        let total = Money::new(row.get("total_minor"), row.word("currency")?);
        let bill = Bill { customer: row.id("customer_id"), number, total };
        news::overdue(tx, bill, due_at.to_zoned(zone.rules().clone()).date()).await?;
        tx.record(Change::new("invoice.reminded", "invoice", invoice).after(serde_json::json!({"number": number})));
    }
    Ok(rows.len())
}
