//! Taking an unpaid invoice back.

use kernel::Permission;
use kernel::id::InvoiceId;
use kernel::text::Reason;
use runtime::{Error, Tx};

use super::pay::lock_in_order;
use crate::{invoices, subscriptions};

/// Takes an open invoice back: nothing is owed on it, and what it would have bought does not come.
///
/// # Errors
/// `invoice.already_paid` and the like, `invoice.not_found`, `permission.missing`, or a fault.
pub async fn void_invoice(tx: &Tx, invoice: InvoiceId, reason: &Reason) -> Result<(), Error> {
    tx.require(Permission::BillingWrite)?;
    lock_in_order(tx, invoice).await?;
    let invoice = invoices::lock(tx, invoice).await?;
    invoices::mark_void(tx, &invoice, reason.as_str()).await?;
    for line in invoices::find::lines(tx, invoice.id).await? {
        if let Some(subscription) = line.subscription {
            subscriptions::invoice_voided(tx, subscription, invoice.id).await?;
        }
    }
    Ok(())
}
