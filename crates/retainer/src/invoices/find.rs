//! Reading invoices.

use jiff::Timestamp;
use kernel::Permission;
use kernel::id::{CustomerId, Id, InvoiceId, SubscriptionId};
use kernel::text::Title;
use runtime::http::{Cursor, Page, Paging};
use runtime::{Columns, Error, Tx, sql};
use tokio_postgres::types::ToSql;

use super::listing::{Asked, InvoiceStage};
use super::{Invoice, InvoiceState, Line};
use crate::organizations;

runtime::refusals! {
    /// Why an invoice is not shown.
    pub enum FindRefused {
        /// There is none, or it is another organization's or another customer's business.
        NotFound => NotFound, "invoice.not_found", "There is no such invoice.";
    }
}

/// Refuses staff whose role does not include money; customers see their own.
pub(crate) fn require_reader(tx: &Tx) -> Result<(), Error> {
    if tx.only_customer().is_some() { Ok(()) } else { tx.require(Permission::BillingRead) }
}

/// One invoice. A customer's own users see only theirs.
///
/// # Errors
/// [`FindRefused`], `permission.missing`, or a fault.
pub async fn get(tx: &Tx, invoice: InvoiceId) -> Result<Invoice, Error> {
    require_reader(tx)?;
    let row = tx
        .optional(
            sql!(
                "select i.*, c.name as customer_name, is_offer(i) as is_offer, given_back(i) as given_back from invoices i
                 join customers c on c.organization_id = i.organization_id and c.id = i.customer_id
                 where i.organization_id = $1 and i.id = $2 and ($3::uuid is null or i.customer_id = $3)"
            ),
            &[tx.org(), invoice.as_uuid(), &tx.only_customer()],
        )
        .await?;
    row.as_ref().map(Invoice::of_row).transpose()?.ok_or_else(|| FindRefused::NotFound.into())
}

/// The invoice with a number. A customer's own users see only theirs.
///
/// # Errors
/// [`FindRefused`], `permission.missing`, or a fault.
pub async fn by_number(tx: &Tx, number: &str) -> Result<Invoice, Error> {
    require_reader(tx)?;
    let row = tx
        .optional(
            sql!(
                "select i.*, c.name as customer_name, is_offer(i) as is_offer, given_back(i) as given_back from invoices i
                 join customers c on c.organization_id = i.organization_id and c.id = i.customer_id
                 where i.organization_id = $1 and i.number = $2 and ($3::uuid is null or i.customer_id = $3)"
            ),
            &[tx.org(), &number, &tx.only_customer()],
        )
        .await?;
    row.as_ref().map(Invoice::of_row).transpose()?.ok_or_else(|| FindRefused::NotFound.into())
}

/// An invoice by its id or by its number.
///
/// # Errors
/// [`FindRefused`], `permission.missing`, or a fault.
pub async fn named(tx: &Tx, name: &Title) -> Result<Invoice, Error> {
    match name.as_str().parse::<InvoiceId>() {
        Ok(id) => get(tx, id).await,
        Err(_) => by_number(tx, name.as_str()).await,
    }
}

/// How to pay an invoice, in the words of the organization; none where nothing is owed on it or nothing was said.
///
/// # Errors
/// A fault.
pub async fn how_to_pay(tx: &Tx, invoice: &Invoice) -> Result<Option<String>, Error> {
    if invoice.state != InvoiceState::Open {
        return Ok(None);
    }
    Ok(organizations::find::own(tx).await?.payment_instructions)
}

/// The lines of an invoice.
///
/// # Errors
/// A fault.
pub async fn lines(tx: &Tx, invoice: InvoiceId) -> Result<Vec<Line>, Error> {
    let rows = tx
        .rows(
            sql!(
                "select l.*, i.currency from invoice_lines l
                 join invoices i on i.organization_id = l.organization_id and i.id = l.invoice_id
                 where l.organization_id = $1 and l.invoice_id = $2 order by l.position"
            ),
            &[tx.org(), invoice.as_uuid()],
        )
        .await?;
    rows.iter().map(Line::of_row).collect()
}

/// Which invoices to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// In this state, or overdue.
    pub state: Option<InvoiceStage>,
    /// With this in the number.
    pub number: Option<&'a Title>,
    /// With this in the number, or of a customer who is called so.
    pub text: Option<&'a Title>,
    /// Written at this instant or later.
    pub from: Option<Timestamp>,
    /// Written before this instant.
    pub to: Option<Timestamp>,
    /// Which page.
    pub paging: Paging,
}

/// Invoices, the newest first. A customer's own users see only theirs.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn list(tx: &Tx, wanted: Wanted<'_>) -> Result<Page<Invoice>, Error> {
    require_reader(tx)?;
    let ((at, id), ask, number) = (wanted.paging.below(), wanted.paging.ask(), wanted.number.map(Title::as_str));
    let asked = Asked::of(tx, wanted);
    let mut params = asked.params(tx);
    params.extend([&number as &(dyn ToSql + Sync), &at, &id, &ask]);
    let rows = tx
        .rows_planned_for(
            sql!(
                "select i.*, c.name as customer_name, is_offer(i) as is_offer, given_back(i) as given_back from invoices i
                 join customers c on c.organization_id = i.organization_id and c.id = i.customer_id
                 where i.organization_id = $1 and ($2::uuid is null or i.customer_id = $2)
                   and ($3::uuid is null or i.customer_id = $3) and ($4::text is null or i.state = $4)
                   and (not $5 or i.due_at < $6)
                   and ($7::text is null or position(lower($7) in lower(i.number)) > 0
                        or i.customer_id in (select customers_called($1, lower($7))))
                   and ($8::timestamptz is null or i.created_at >= $8) and ($9::timestamptz is null or i.created_at < $9)
                   and ($10::text is null or position(lower($10) in lower(i.number)) > 0)
                   and (i.created_at, i.id) < ($11, $12)
                 order by i.created_at desc, i.id desc limit $13"
            ),
            &params,
        )
        .await?;
    let items = rows.iter().map(Invoice::of_row).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::of(items, wanted.paging, |it| Cursor::new(it.created_at, it.id.uuid())))
}

/// Whether the actor may read invoices at all: staff with the permission, and customers their own.
pub fn may_read(tx: &Tx) -> bool {
    require_reader(tx).is_ok()
}

/// The newest invoices of some customers; whoever may read only their own finds no others.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn of_customers(tx: &Tx, customers: &[CustomerId], most: u16) -> Result<Vec<Invoice>, Error> {
    require_reader(tx)?;
    let customers: Vec<uuid::Uuid> = customers.iter().map(|customer| customer.uuid()).collect();
    let rows = tx
        .rows(
            sql!(
                "select i.*, c.name as customer_name, is_offer(i) as is_offer, given_back(i) as given_back from invoices i
                 join customers c on c.organization_id = i.organization_id and c.id = i.customer_id
                 where i.organization_id = $1 and i.customer_id = any ($2) and ($3::uuid is null or i.customer_id = $3)
                 order by i.created_at desc, i.id desc limit $4"
            ),
            &[tx.org(), &customers, &tx.only_customer(), &i64::from(most)],
        )
        .await?;
    rows.iter().map(Invoice::of_row).collect()
}

/// The open invoices of a subscription, the oldest first.
///
/// # Errors
/// A fault.
pub async fn open_of(tx: &Tx, subscription: SubscriptionId) -> Result<Vec<InvoiceId>, Error> {
    let rows = tx
        .rows(
            sql!(
                "select distinct i.id, i.created_at from invoices i
                 join invoice_lines l on l.organization_id = i.organization_id and l.invoice_id = i.id
                 where i.organization_id = $1 and l.subscription_id = $2 and i.state = 'open' order by i.created_at, i.id"
            ),
            &[tx.org(), subscription.as_uuid()],
        )
        .await?;
    Ok(rows.iter().map(|row| row.id("id")).collect())
}
