//! The list of invoices beyond "the newest first": what is overdue, what the unpaid add up to, and their orders.

use kernel::Money;
use kernel::id::Id;
use kernel::text::Title;
use runtime::columns::storable;
use runtime::http::{Cursor, Page, Placed};
use runtime::{Columns, Error, Tx, sql};
use tokio_postgres::types::ToSql;

use super::find::{self, Wanted, require_reader};
use super::{Invoice, InvoiceState};

kernel::words! {
    /// How an invoice stands, or overdue, which is open and due before now.
    InvoiceStage, "state" {
        /// Waits for its payment.
        Open = "open",
        /// Should have been paid by now.
        Overdue = "overdue",
        /// Paid.
        Paid = "paid",
        /// Taken back before it was paid.
        Void = "void",
        /// Paid, and given back in full.
        Refunded = "refunded",
    }
}

impl InvoiceStage {
    /// The state that it means.
    pub const fn state(self) -> InvoiceState {
        match self {
            Self::Open | Self::Overdue => InvoiceState::Open,
            Self::Paid => InvoiceState::Paid,
            Self::Void => InvoiceState::Void,
            Self::Refunded => InvoiceState::Refunded,
        }
    }

    /// Whether something is owed on invoices of it.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Overdue)
    }
}

kernel::words! {
    /// An order of unpaid invoices, other than the newest first.
    InvoiceOrder, "order" {
        /// What was to be paid first.
        Due = "due",
        /// The largest first.
        Total = "total",
        /// By the customer's name.
        Customer = "customer",
    }
}

/// What unpaid invoices add up to in one currency.
#[derive(Debug, Clone, Copy)]
pub struct Sum {
    /// How many there are.
    pub invoices: i64,
    /// What is owed on them.
    pub total: Money,
}

/// What the unpaid ones among the invoices of a list add up to, by currency.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn sum(tx: &Tx, wanted: Wanted<'_>) -> Result<Vec<Sum>, Error> {
    require_reader(tx)?;
    if wanted.state.is_some_and(|stage| !stage.is_open()) {
        return Ok(Vec::new());
    }
    let asked = Asked::of(tx, wanted);
    let rows = tx
        .rows_planned_for(
            sql!(
                "select i.currency, count(*) as invoices, sum(i.total_minor)::bigint as total from invoices i
                 where i.organization_id = $1 and i.state = 'open' and ($2::uuid is null or i.customer_id = $2)
                   and ($3::uuid is null or i.customer_id = $3) and ($4::text is null or i.state = $4)
                   and (not $5 or i.due_at < $6)
                   and ($7::text is null or position(lower($7) in lower(i.number)) > 0
                        or i.customer_id in (select customers_called($1, lower($7))))
                   and ($8::timestamptz is null or i.created_at >= $8) and ($9::timestamptz is null or i.created_at < $9)
                 group by i.currency order by i.currency"
            ),
            &asked.params(tx),
        )
        .await?;
    let line = |row: &tokio_postgres::Row| {
        let total = Money::new(row.get("total"), row.word("currency")?);
        Ok(Sum { invoices: row.get("invoices"), total })
    };
    rows.iter().map(line).collect()
}

/// What is wanted, as parameters.
pub(super) struct Asked<'a> {
    own: Option<uuid::Uuid>,
    customer: Option<uuid::Uuid>,
    state: Option<&'static str>,
    is_overdue: bool,
    now: jiff::Timestamp,
    text: Option<&'a str>,
    from: Option<jiff::Timestamp>,
    to: Option<jiff::Timestamp>,
}

impl<'a> Asked<'a> {
    pub(super) fn of(tx: &Tx, wanted: Wanted<'a>) -> Self {
        Self {
            own: tx.only_customer(),
            customer: wanted.customer.map(Id::uuid),
            state: wanted.state.map(|standing| standing.state().word()),
            is_overdue: wanted.state == Some(InvoiceStage::Overdue),
            now: tx.now(),
            text: wanted.text.map(Title::as_str),
            from: wanted.from.map(storable),
            to: wanted.to.map(storable),
        }
    }

    pub(super) fn params<'b>(&'b self, tx: &'b Tx) -> Vec<&'b (dyn ToSql + Sync)> {
        let Self { own, customer, state, is_overdue, now, text, from, to } = self;
        vec![tx.org(), own, customer, state, is_overdue, now, text, from, to]
    }
}

/// Invoices, the newest first, or unpaid ones in an order. What is paid presses nobody: it has no other order.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn list(tx: &Tx, wanted: Wanted<'_>, order: Option<InvoiceOrder>) -> Result<Page<Invoice>, Error> {
    match order.filter(|_| wanted.state.is_none_or(InvoiceStage::is_open)) {
        Some(order) => in_order(tx, wanted, order).await,
        None => find::list(tx, wanted).await,
    }
}

/// Unpaid invoices in an order.
///
/// # Errors
/// `permission.missing`, or a fault.
async fn in_order(tx: &Tx, wanted: Wanted<'_>, order: InvoiceOrder) -> Result<Page<Invoice>, Error> {
    require_reader(tx)?;
    let asked = Asked::of(tx, wanted);
    let name = format!("invoices {order}");
    let after = wanted.paging.placed(&name)?;
    let (number, word, at, id) = Placed::parts(after.as_ref());
    let (order, ask) = (order.word(), wanted.paging.ask());
    let mut params = asked.params(tx);
    params.extend([&order as &(dyn ToSql + Sync), &number, &word, &at, &id, &ask]);
    let rows = tx.rows_planned_for(IN_ORDER, &params).await?;
    let item = |row: &tokio_postgres::Row| {
        let invoice = Invoice::of_row(row)?;
        let cursor = Cursor::new(invoice.created_at, invoice.id.uuid());
        Ok((invoice, cursor.placed(&name, row.get("place"), row.get("called"))))
    };
    let items = rows.iter().map(item).collect::<Result<Vec<_>, Error>>()?;
    Ok(Page::of(items, wanted.paging, |(_, cursor)| *cursor).map(|(invoice, _)| invoice))
}

/// A page begins where the invoice that ended the one before stood then, whatever has become of it. What is due at no time
/// comes last.
const IN_ORDER: &str = sql!(
    "with ranked as (
         select i.id, i.created_at,
                case $10 when 'due' then coalesce(extract(epoch from i.due_at)::bigint, 9223372036854775807)
                         when 'total' then -i.total_minor
                         else 0 end as place,
                case when $10 = 'customer' then (select left(lower(c.name), 40) from customers c
                                                 where c.organization_id = $1 and c.id = i.customer_id)
                     else '' end as called
         from invoices i
         where i.organization_id = $1 and i.state = 'open' and ($2::uuid is null or i.customer_id = $2)
           and ($3::uuid is null or i.customer_id = $3) and ($4::text is null or i.state = $4)
           and (not $5 or i.due_at < $6)
           and ($7::text is null or position(lower($7) in lower(i.number)) > 0
                or i.customer_id in (select customers_called($1, lower($7))))
           and ($8::timestamptz is null or i.created_at >= $8) and ($9::timestamptz is null or i.created_at < $9)
     ), page as (
         select * from ranked r
         where $11::bigint is null or (r.place, r.called, r.created_at, r.id) > ($11, $12::text, $13::timestamptz, $14::uuid)
         order by r.place, r.called, r.created_at, r.id limit $15
     )
     select i.*, c.name as customer_name, is_offer(i) as is_offer, given_back(i) as given_back, r.place, r.called
     from page r
     join invoices i on i.organization_id = $1 and i.id = r.id
     join customers c on c.organization_id = $1 and c.id = i.customer_id
     order by r.place, r.called, r.created_at, r.id"
);
