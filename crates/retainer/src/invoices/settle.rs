//! What becomes of an open invoice.

use kernel::Money;
use kernel::id::{Id, InvoiceId};
use runtime::{Change, Error, Tx, sql};

use super::find::{self, FindRefused};
use super::{Invoice, InvoiceState, news};

runtime::refusals! {
    /// Why an invoice does not become what it shall.
    pub enum SettleRefused {
        /// It was paid before.
        AlreadyPaid { number: String } => Conflict, "invoice.already_paid", "Invoice {number} is paid already.", at "/invoice";
        /// It was taken back.
        Void { number: String } => Conflict, "invoice.void", "Invoice {number} was taken back; nothing is owed on it.", at "/invoice";
        /// It was given back.
        Refunded { number: String } => Conflict, "invoice.refunded", "Invoice {number} was paid and refunded.", at "/invoice";
    }
}

/// Loads an invoice and keeps others from it until the end of the transaction.
///
/// # Errors
/// [`FindRefused`], or a fault.
pub async fn lock(tx: &Tx, invoice: InvoiceId) -> Result<Invoice, Error> {
    let row = tx
        .optional(
            sql!(
                "select i.*, c.name as customer_name, is_offer(i) as is_offer, given_back(i) as given_back from invoices i
                 join customers c on c.organization_id = i.organization_id and c.id = i.customer_id
                 where i.organization_id = $1 and i.id = $2 for update of i"
            ),
            &[tx.org(), invoice.as_uuid()],
        )
        .await?;
    row.as_ref().map(Invoice::of_row).transpose()?.ok_or_else(|| FindRefused::NotFound.into())
}

/// Refuses unless the invoice waits for its payment.
///
/// # Errors
/// [`SettleRefused`].
pub fn must_be_open(invoice: &Invoice) -> Result<(), Error> {
    let number = invoice.number.clone();
    match invoice.state {
        InvoiceState::Open => Ok(()),
        InvoiceState::Paid => Err(SettleRefused::AlreadyPaid { number }.into()),
        InvoiceState::Refunded => Err(SettleRefused::Refunded { number }.into()),
        InvoiceState::Void => Err(SettleRefused::Void { number }.into()),
    }
}

/// Marks a locked, open invoice as paid.
///
/// # Errors
/// [`SettleRefused`], or a fault.
pub async fn mark_paid(tx: &Tx, invoice: &Invoice) -> Result<(), Error> {
    must_be_open(invoice)?;
    tx.execute(
        sql!(
            "update invoices set state = 'paid', paid_at = $3, version = version + 1
             where organization_id = $1 and id = $2"
        ),
        &[tx.org(), invoice.id.as_uuid(), &tx.now()],
    )
    .await?;
    Ok(())
}

/// Sends the receipt of an invoice that was paid, once what it bought is there: the mail shows what the customer has now.
///
/// # Errors
/// A fault.
pub async fn tell_paid(tx: &Tx, invoice: &Invoice) -> Result<(), Error> {
    let for_what: Vec<String> = find::lines(tx, invoice.id).await?.into_iter().map(|line| line.description).collect();
    let bill = news::Bill { customer: invoice.customer, number: &invoice.number, total: invoice.total };
    news::paid(tx, bill, &for_what).await
}

/// Takes a locked, open invoice back.
///
/// # Errors
/// [`SettleRefused`], or a fault.
pub async fn mark_void(tx: &Tx, invoice: &Invoice, reason: &str) -> Result<(), Error> {
    must_be_open(invoice)?;
    tx.execute(
        sql!(
            "update invoices set state = 'void', voided_at = $3, void_reason = $4, version = version + 1
             where organization_id = $1 and id = $2"
        ),
        &[tx.org(), invoice.id.as_uuid(), &tx.now(), &reason],
    )
    .await?;
    tx.record(
        Change::new("invoice.voided", "invoice", invoice.id)
            .before(serde_json::json!({"state": invoice.state}))
            .after(serde_json::json!({"state": InvoiceState::Void, "reason": reason})),
    );
    Ok(())
}

/// Tells the customer that money of an invoice was given back, and what goes with it.
///
/// # Errors
/// A fault.
pub async fn tell_refunded(
    tx: &Tx,
    invoice: InvoiceId,
    (amount, reason): (Money, &str),
    goes_with: &[String],
) -> Result<(), Error> {
    let invoice = find::get(tx, invoice).await?;
    let bill = news::Bill { customer: invoice.customer, number: &invoice.number, total: invoice.total };
    news::refunded(tx, bill, (amount, reason), goes_with).await
}

/// Marks a paid invoice as given back in full.
///
/// # Errors
/// A fault.
pub async fn mark_refunded(tx: &Tx, invoice: InvoiceId) -> Result<(), Error> {
    tx.execute(
        sql!("update invoices set state = 'refunded', version = version + 1 where organization_id = $1 and id = $2"),
        &[tx.org(), invoice.as_uuid()],
    )
    .await?;
    Ok(())
}
