//! Recording a payment.

use jiff::{Timestamp, ToSpan};
use kernel::id::{CustomerId, Id, InvoiceId, PaymentId, TopUpId};
use kernel::text::Title;
use kernel::{Money, Permission};
use runtime::{Change, Columns, Error, OnConstraint, Tx, sql};

use super::top_up;
use crate::invoices::{self, Invoice, SettleRefused};
use crate::{customers, subscriptions};

/// Money that was received.
#[derive(Debug, Clone)]
pub struct Pay {
    /// What it is for.
    pub for_what: PaidFor,
    /// How much.
    pub amount: Money,
    /// When; now, where it is none.
    pub received_at: Option<Timestamp>,
    /// What the payer or the bank called it.
    pub reference: Option<Title>,
}

/// What a payment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaidFor {
    /// This invoice.
    Invoice(InvoiceId),
    /// The customer's oldest open invoice of this amount.
    Customer(CustomerId),
}

runtime::refusals! {
    /// Why a payment was not recorded.
    pub enum PayRefused {
        /// It is not what is owed.
        WrongAmount { owed: Money } => Conflict, "payment.wrong_amount", "The invoice is about {owed}; a payment settles the whole of it.", at "/amount";
        /// Nothing of this amount is owed.
        NothingOwed { amount: Money } => Conflict, "payment.nothing_owed", "This customer has no open invoice about {amount}. Look at their invoices, or sell a top-up.", at "/amount";
        /// It cannot have been then.
        BadDate => Invalid, "payment.bad_date", "A payment is received between the year 2000 and now.", at "/received_at";
        /// Neither or both are named.
        WhatFor => Invalid, "payment.what_for", "Name either the invoice or the customer.", at "/invoice";
    }
}

/// Records a payment by hand: the invoice is paid, and what it bought is granted, in the same transaction.
///
/// # Errors
/// [`PayRefused`], [`SettleRefused`] when it was paid or taken back before, `invoice.not_found`, `customer.not_found`,
/// `permission.missing`, or a fault.
pub async fn pay(tx: &Tx, input: Pay) -> Result<PaymentId, Error> {
    tx.require(Permission::BillingWrite)?;
    let received_at = input.received_at.unwrap_or_else(|| tx.now());
    let earliest = Timestamp::from_second(946_684_800).unwrap_or_default();
    // Clocks differ a little; a payment "now" on the sender's may be a moment ahead of ours.
    let latest = tx.now().checked_add(5.minutes()).unwrap_or_else(|_| tx.now());
    if received_at < earliest || received_at > latest {
        return Err(PayRefused::BadDate.into());
    }
    let invoice = match input.for_what {
        PaidFor::Invoice(invoice) => invoice,
        PaidFor::Customer(customer) => oldest_open(tx, customer, input.amount).await?,
    };
    lock_in_order(tx, invoice).await?;
    let invoice = invoices::lock(tx, invoice).await?;
    invoices::must_be_open(&invoice)?;
    if invoice.total != input.amount {
        return Err(PayRefused::WrongAmount { owed: invoice.total }.into());
    }
    let received = Received { at: received_at.min(tx.now()), reference: input.reference };
    settle(tx, &invoice, received).await
}

/// When money came and what it was called.
#[derive(Debug, Clone)]
pub(super) struct Received {
    pub(super) at: Timestamp,
    pub(super) reference: Option<Title>,
}

/// The subscription is locked before the invoice, as its renewal does, so that the two never wait for each other.
pub(super) async fn lock_in_order(tx: &Tx, invoice: InvoiceId) -> Result<(), Error> {
    tx.rows(
        sql!(
            "select s.id from subscriptions s
             join invoice_lines l on l.organization_id = s.organization_id and l.subscription_id = s.id
             where l.organization_id = $1 and l.invoice_id = $2 for update of s"
        ),
        &[tx.org(), invoice.as_uuid()],
    )
    .await
    .map(drop)
}

async fn oldest_open(tx: &Tx, customer: CustomerId, amount: Money) -> Result<InvoiceId, Error> {
    customers::find::get(tx, customer).await?;
    let row = tx
        .optional(
            sql!(
                "select id from invoices
                 where organization_id = $1 and customer_id = $2 and state = 'open' and total_minor = $3 and currency = $4
                 order by created_at, id limit 1"
            ),
            &[tx.org(), customer.as_uuid(), &amount.minor, &amount.currency.to_string()],
        )
        .await?;
    row.map(|row| row.id("id")).ok_or_else(|| PayRefused::NothingOwed { amount }.into())
}

/// Settles a locked, open invoice: the payment's row, the invoice's state, and what every line bought.
pub(super) async fn settle(tx: &Tx, invoice: &Invoice, received: Received) -> Result<PaymentId, Error> {
    let payment = tx.new_id::<PaymentId>();
    let Money { minor, currency } = invoice.total;
    tx.execute(
        sql!(
            "insert into payments (organization_id, id, customer_id, invoice_id, method, amount_minor, currency, received_at,
                    reference, created_at)
             values ($1, $2, $3, $4, 'manual', $5, $6, $7, $8, $9)"
        ),
        &[
            tx.org(),
            payment.as_uuid(),
            invoice.customer.as_uuid(),
            invoice.id.as_uuid(),
            &minor,
            &currency.to_string(),
            &received.at,
            &received.reference.as_ref().map(Title::as_str),
            &tx.now(),
        ],
    )
    .await
    .on_constraint("payments_one_per_invoice", SettleRefused::AlreadyPaid { number: invoice.number.clone() })?;
    invoices::mark_paid(tx, invoice).await?;
    tx.record(Change::new("payment.recorded", "payment", payment).after(serde_json::json!({
        "invoice": invoice.id, "number": invoice.number, "customer": invoice.customer, "amount": invoice.total,
        "received_at": received.at, "reference": received.reference, "method": "manual",
    })));
    for line in invoices::find::lines(tx, invoice.id).await? {
        match line.top_up {
            Some(top_up) => grant_top_up(tx, top_up, line.amount).await?,
            None => subscriptions::line_paid(tx, invoice.id, &line).await?,
        }
    }
    invoices::tell_paid(tx, invoice).await?;
    Ok(payment)
}

async fn grant_top_up(tx: &Tx, top_up: TopUpId, paid: Money) -> Result<(), Error> {
    top_up::grant(tx, top_up, paid).await
}
