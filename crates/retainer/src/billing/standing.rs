//! How money stands: what is owed, what is to be paid first, what comes by itself.

use jiff::Timestamp;
use kernel::id::CustomerId;
use kernel::{Money, Permission};
use runtime::{Columns, Error, Tx, sql};

use crate::invoices::Invoice;

/// What customers owe in one currency.
#[derive(Debug, Clone, Copy)]
pub struct Owed {
    /// All that waits for its payment.
    pub total: Money,
    /// Of it what should have been paid by now.
    pub overdue: Money,
    /// How many invoices.
    pub invoices: i64,
}

/// What customers owe, by currency.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn owed(tx: &Tx) -> Result<Vec<Owed>, Error> {
    tx.require(Permission::BillingRead)?;
    let rows = tx
        .rows(
            sql!(
                "select currency, sum(total_minor)::bigint as total, count(*) as invoices,
                        coalesce(sum(total_minor) filter (where due_at < $2), 0)::bigint as overdue
                 from invoices where organization_id = $1 and state = 'open' group by currency order by currency"
            ),
            &[tx.org(), &tx.now()],
        )
        .await?;
    let line = |row: &tokio_postgres::Row| {
        let currency = row.word("currency")?;
        let money = |name: &str| Money::new(row.get(name), currency);
        Ok(Owed { total: money("total"), overdue: money("overdue"), invoices: row.get("invoices") })
    };
    rows.iter().map(line).collect()
}

/// The invoices to be paid first; at most `limit`.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn due_first(tx: &Tx, limit: i64) -> Result<Vec<Invoice>, Error> {
    tx.require(Permission::BillingRead)?;
    let rows = tx
        .rows(
            sql!(
                "select i.*, c.name as customer_name, is_offer(i) as is_offer, given_back(i) as given_back from invoices i
                 join customers c on c.organization_id = i.organization_id and c.id = i.customer_id
                 where i.organization_id = $1 and i.state = 'open' order by i.due_at nulls last, i.id limit $2"
            ),
            &[tx.org(), &limit],
        )
        .await?;
    rows.iter().map(Invoice::of_row).collect()
}

/// A plan's next period.
#[derive(Debug, Clone)]
pub struct Coming {
    /// Whose.
    pub customer: CustomerId,
    /// Their name.
    pub customer_name: String,
    /// The plan.
    pub plan_name: String,
    /// When it begins.
    pub at: Timestamp,
    /// What it costs; nothing comes where the plan ends.
    pub price: Option<Money>,
}

/// The next periods of running plans, the soonest first; at most `limit`.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn coming(tx: &Tx, limit: i64) -> Result<Vec<Coming>, Error> {
    tx.require(Permission::BillingRead)?;
    let rows = tx
        .rows(
            sql!(
                "select s.customer_id, c.name, p.name as plan_name, s.renews_at, s.cancel_at_period_end, v.price_minor, v.currency
                 from subscriptions s
                 join customers c on c.organization_id = $1 and c.id = s.customer_id
                 join plan_versions v on v.organization_id = $1 and v.id = coalesce(s.next_plan_version_id, s.plan_version_id)
                 join plans p on p.organization_id = $1 and p.id = v.plan_id
                 where s.organization_id = $1 and s.state = 'active' and s.renews_at is not null
                 order by s.renews_at, s.id limit $2"
            ),
            &[tx.org(), &limit],
        )
        .await?;
    let line = |row: &tokio_postgres::Row| {
        let price = Money::new(row.get("price_minor"), row.word("currency")?);
        Ok(Coming {
            customer: row.id("customer_id"),
            customer_name: row.get("name"),
            plan_name: row.get("plan_name"),
            at: row.get("renews_at"),
            price: (!row.get::<_, bool>("cancel_at_period_end")).then_some(price),
        })
    };
    rows.iter().map(line).collect()
}
