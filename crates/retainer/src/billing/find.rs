//! Reading payments, refunds and top-ups.

use jiff::Timestamp;
use kernel::id::{CustomerId, Id, InvoiceId, PaymentId, TopUpId};
use kernel::{Money, Quantity, Unit};
use runtime::http::{Cursor, Page, Paging};
use runtime::{Columns, Error, Tx, sql};
use tokio_postgres::Row;

use super::{RefundRefused, TopUpRefused};
use crate::invoices::find::require_reader;

kernel::words! {
    /// How money came.
    Method, "method" {
        /// Recorded by hand: a bank transfer, cash, a cheque.
        Manual = "manual",
        /// Received by the system that the business used before.
        Imported = "imported",
    }
}

/// Money received.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct PaymentView {
    /// Its id.
    pub id: PaymentId,
    /// From whom.
    pub customer: CustomerId,
    /// Their name.
    pub customer_name: String,
    /// What for.
    pub invoice: InvoiceId,
    /// The invoice's number.
    pub invoice_number: String,
    /// How it came.
    pub method: Method,
    /// How much.
    pub amount: Money,
    /// How much of it was given back.
    pub refunded: Money,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    /// What the payer or the bank called it.
    pub reference: Option<String>,
}

impl PaymentView {
    /// What of it can still be given back.
    pub const fn left(&self) -> Money {
        Money::new(self.amount.minor - self.refunded.minor, self.amount.currency)
    }

    fn of_row(row: &Row) -> Result<Self, Error> {
        let currency = row.word("currency")?;
        Ok(Self {
            id: row.id("id"),
            customer: row.id("customer_id"),
            customer_name: row.get("customer_name"),
            invoice: row.id("invoice_id"),
            invoice_number: row.get("invoice_number"),
            method: row.word("method")?,
            amount: Money::new(row.get("amount_minor"), currency),
            refunded: Money::new(row.get("refunded"), currency),
            received_at: row.get("received_at"),
            reference: row.get("reference"),
        })
    }
}

/// Which payments to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// This one.
    pub payment: Option<PaymentId>,
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// For this invoice.
    pub invoice: Option<InvoiceId>,
    /// Which page.
    pub paging: Paging,
}

/// Payments, the newest first. A customer's own users see only theirs.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn payments(tx: &Tx, wanted: Wanted) -> Result<Page<PaymentView>, Error> {
    require_reader(tx)?;
    let (at, id) = wanted.paging.below();
    let rows = tx
        .rows(
            sql!(
                "select p.*, c.name as customer_name, i.number as invoice_number, r.refunded
                 from payments p
                 join customers c on c.organization_id = p.organization_id and c.id = p.customer_id
                 join invoices i on i.organization_id = p.organization_id and i.id = p.invoice_id
                 join lateral (select coalesce(sum(r.amount_minor), 0)::bigint as refunded from refunds r
                               where r.organization_id = $1 and r.payment_id = p.id) r on true
                 where p.organization_id = $1 and ($2::uuid is null or p.customer_id = $2)
                   and ($3::uuid is null or p.id = $3) and ($4::uuid is null or p.customer_id = $4)
                   and ($5::uuid is null or p.invoice_id = $5)
                   and (p.received_at, p.id) < ($6, $7)
                 order by p.received_at desc, p.id desc limit $8"
            ),
            &[
                tx.org(),
                &tx.only_customer(),
                &wanted.payment.map(Id::uuid),
                &wanted.customer.map(Id::uuid),
                &wanted.invoice.map(Id::uuid),
                &at,
                &id,
                &wanted.paging.ask(),
            ],
        )
        .await?;
    let items = rows.iter().map(PaymentView::of_row).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::of(items, wanted.paging, |it| Cursor::new(it.received_at, it.id.uuid())))
}

/// One payment.
///
/// # Errors
/// `payment.not_found`, `permission.missing`, or a fault.
pub async fn payment(tx: &Tx, payment: PaymentId) -> Result<PaymentView, Error> {
    let page = payments(tx, Wanted { payment: Some(payment), ..Wanted::default() }).await?;
    page.items.into_iter().next().ok_or_else(|| RefundRefused::NotFound.into())
}

/// Money given back.
#[derive(Debug, Clone)]
pub struct RefundView {
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// When.
    pub refunded_at: Timestamp,
}

/// What was given back of an invoice's payment, the first first. A customer's own users see only theirs.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn refunds(tx: &Tx, invoice: InvoiceId) -> Result<Vec<RefundView>, Error> {
    require_reader(tx)?;
    let rows = tx
        .rows(
            sql!(
                "select r.amount_minor, r.currency, r.reason, r.refunded_at from refunds r
                 join payments p on p.organization_id = r.organization_id and p.id = r.payment_id
                 where r.organization_id = $1 and p.invoice_id = $2 and ($3::uuid is null or r.customer_id = $3)
                 order by r.refunded_at, r.id"
            ),
            &[tx.org(), invoice.as_uuid(), &tx.only_customer()],
        )
        .await?;
    let view = |row: &Row| {
        let amount = Money::new(row.get("amount_minor"), row.word("currency")?);
        Ok(RefundView { amount, reason: row.get("reason"), refunded_at: row.get("refunded_at") })
    };
    rows.iter().map(view).collect()
}

/// Units sold once.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct TopUpView {
    /// Its id.
    pub id: TopUpId,
    /// For whom.
    pub customer: CustomerId,
    /// What is counted.
    pub unit: Unit,
    /// How much.
    #[schema(example = "2.50")]
    pub quantity: String,
    /// Its invoice; none where it cost nothing.
    pub invoice: Option<InvoiceId>,
    /// When the units expire; never, when null.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// When it was sold.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When the units came; null while it is not paid.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub granted_at: Option<Timestamp>,
}

/// Top-ups, the newest first; only one, where it is named. A customer's own users see only theirs.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn top_ups(
    tx: &Tx,
    only: Option<TopUpId>,
    customer: Option<CustomerId>,
    paging: Paging,
) -> Result<Page<TopUpView>, Error> {
    require_reader(tx)?;
    let (at, id) = paging.below();
    let rows = tx
        .rows(
            sql!(
                "select t.*, l.invoice_id from top_ups t
                 left join invoice_lines l on l.organization_id = t.organization_id and l.top_up_id = t.id
                 where t.organization_id = $1 and ($2::uuid is null or t.customer_id = $2)
                   and ($3::uuid is null or t.id = $3) and ($4::uuid is null or t.customer_id = $4)
                   and (t.created_at, t.id) < ($5, $6)
                 order by t.created_at desc, t.id desc limit $7"
            ),
            &[tx.org(), &tx.only_customer(), &only.map(Id::uuid), &customer.map(Id::uuid), &at, &id, &paging.ask()],
        )
        .await?;
    let view = |row: &Row| {
        let unit = row.word("unit_code")?;
        Ok::<_, Error>(TopUpView {
            id: row.id("id"),
            customer: row.id("customer_id"),
            unit,
            quantity: Quantity::new(row.get("quantity"), unit).decimal(),
            invoice: row.id_or_none("invoice_id"),
            expires_at: row.get("expires_at"),
            created_at: row.get("created_at"),
            granted_at: row.get("granted_at"),
        })
    };
    let items = rows.iter().map(view).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::of(items, paging, |it| Cursor::new(it.created_at, it.id.uuid())))
}

/// One top-up.
///
/// # Errors
/// `top_up.not_found`, `permission.missing`, or a fault.
pub async fn top_up(tx: &Tx, top_up: TopUpId) -> Result<TopUpView, Error> {
    let page = top_ups(tx, Some(top_up), None, Paging::default()).await?;
    page.items.into_iter().next().ok_or_else(|| TopUpRefused::NotFound.into())
}
