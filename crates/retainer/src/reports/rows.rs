//! The rows that a month's figures are made of: what was paid and given back, whose hours moved, which tickets came and went.

use jiff::Timestamp;
use kernel::id::CustomerId;
use kernel::{Money, Permission, Quantity};
use runtime::http::{Cursor, Page, Paging};
use runtime::{Columns, Error, Tx, sql};
use uuid::Uuid;

use super::months::Month;
use super::revenue::between;
use crate::organizations;

/// Money that was received or given back.
#[derive(Debug, Clone)]
pub struct Moved {
    /// When.
    pub at: Timestamp,
    /// From whom, or to whom.
    pub customer: String,
    /// The invoice it is of.
    pub invoice: String,
    /// How much; below zero when it was given back.
    pub amount: Money,
    id: Uuid,
}

/// What was received and given back in a month, the newest first.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn moved(tx: &Tx, month: Month, paging: Paging) -> Result<Page<Moved>, Error> {
    tx.require(Permission::ReportsRead)?;
    let (at, id) = paging.below();
    let rows = tx
        .rows(
            sql!(
                "select m.at, m.id, m.currency, m.minor, c.name, i.number from (
                     (select received_at as at, id, currency, amount_minor as minor, customer_id, invoice_id from payments
                      where organization_id = $1 and received_at >= $2 and received_at < $3 and (received_at, id) < ($4, $5)
                      order by received_at desc, id desc limit $6)
                     union all
                     (select r.refunded_at, r.id, r.currency, -r.amount_minor, r.customer_id, p.invoice_id from refunds r
                      join payments p on p.organization_id = $1 and p.id = r.payment_id
                      where r.organization_id = $1 and r.refunded_at >= $2 and r.refunded_at < $3
                        and (r.refunded_at, r.id) < ($4, $5)
                      order by r.refunded_at desc, r.id desc limit $6)
                 ) m
                 join customers c on c.organization_id = $1 and c.id = m.customer_id
                 join invoices i on i.organization_id = $1 and i.id = m.invoice_id
                 order by m.at desc, m.id desc limit $6"
            ),
            &[tx.org(), &month.from, &month.to, &at, &id, &paging.ask()],
        )
        .await?;
    let line = |row: &tokio_postgres::Row| {
        Ok(Moved {
            at: row.get("at"),
            customer: row.get("name"),
            invoice: row.get("number"),
            amount: Money::new(row.get("minor"), row.word("currency")?),
            id: row.get("id"),
        })
    };
    let items = rows.iter().map(line).collect::<Result<Vec<_>, Error>>()?;
    Ok(Page::of(items, paging, |it| Cursor::new(it.at, it.id)))
}

/// What was received less what was given back in a month, by currency: what its page and the chart's bar say.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn moved_in_all(tx: &Tx, month: Month) -> Result<Vec<Money>, Error> {
    tx.require(Permission::ReportsRead)?;
    let own = organizations::find::own(tx).await?.currency;
    let sums = between(tx, own, (month.from, month.to)).await?;
    Ok(sums.totals.into_iter().map(|sum| sum.total).filter(|total| total.currency == own || total.minor != 0).collect())
}

/// A customer's part of a month's hours.
#[derive(Debug, Clone)]
pub struct HoursOf {
    /// Who.
    pub customer: CustomerId,
    /// Their name.
    pub name: String,
    /// Granted to them.
    pub sold: Quantity,
    /// Used by them, overage included.
    pub used: Quantity,
    /// Expired without being used.
    pub expired: Quantity,
}

/// The most customers that a month's page of hours lists.
pub const MOST_CUSTOMERS: i64 = 500;

/// Whose hours moved in a month, those who used most first; at most [`MOST_CUSTOMERS`].
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn hours_of(tx: &Tx, month: Month) -> Result<HoursOfMonth, Error> {
    tx.require(Permission::ReportsRead)?;
    let rows = tx
        .rows(
            // The same counters as in the report of hours; overage is used as well.
            sql!(
                "select c.id, c.name, s.sold, s.used, s.expired, sum(s.sold) over ()::bigint as all_sold,
                        sum(s.used) over ()::bigint as all_used, sum(s.expired) over ()::bigint as all_expired from (
                     select a.owner_id,
                            coalesce(-sum(e.d_counter) filter (where e.counter in ('issued', 'adjusted')
                                and coalesce(l.source_kind, '') <> 'credit_line'), 0)::bigint as sold,
                            coalesce(sum(e.d_counter) filter (where e.counter in ('consumed', 'refunded')), 0)::bigint as used,
                            coalesce(sum(e.d_counter) filter (where e.counter = 'breakage'
                                and coalesce(l.source_kind, '') <> 'credit_line'), 0)::bigint as expired
                     from allowance_entries e
                     join allowance_accounts a on a.organization_id = e.organization_id and a.id = e.account_id
                     left join allowance_lots l on l.organization_id = e.organization_id and l.id = e.lot_id
                     where e.organization_id = $1 and e.effective_at >= $2 and e.effective_at < $3
                       and a.unit_code = 'hour' and a.owner_kind = 'customer'
                     group by 1
                 ) s join customers c on c.organization_id = $1 and c.id = s.owner_id
                 where s.sold <> 0 or s.used <> 0 or s.expired <> 0
                 order by s.used desc, c.name, c.id limit $4"
            ),
            &[tx.org(), &month.from, &month.to, &MOST_CUSTOMERS],
        )
        .await?;
    let seconds = |row: &tokio_postgres::Row, name: &str| Quantity::seconds(row.get(name));
    let line = |row: &tokio_postgres::Row| HoursOf {
        customer: row.id("id"),
        name: row.get("name"),
        sold: seconds(row, "sold"),
        used: seconds(row, "used"),
        expired: seconds(row, "expired"),
    };
    let sum = |name: &str| rows.first().map_or(Quantity::seconds(0), |row| seconds(row, name));
    Ok(HoursOfMonth {
        sold: sum("all_sold"),
        used: sum("all_used"),
        expired: sum("all_expired"),
        lines: rows.iter().map(line).collect(),
    })
}

/// A month's hours, customer by customer and in all.
#[derive(Debug, Clone)]
pub struct HoursOfMonth {
    /// The customers.
    pub lines: Vec<HoursOf>,
    /// Granted to all customers, those beyond the list included.
    pub sold: Quantity,
    /// Used by them.
    pub used: Quantity,
    /// Expired.
    pub expired: Quantity,
}

/// Which tickets of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// Those that were opened in it.
    Opened,
    /// Those that were completed in it.
    Completed,
}

/// A ticket of a month.
#[derive(Debug, Clone)]
pub struct TicketOf {
    /// Its number.
    pub number: String,
    /// Its title.
    pub title: String,
    /// Whose it is.
    pub customer: String,
    /// When it was opened, or completed.
    pub at: Timestamp,
    /// The hours it has used.
    pub used: Quantity,
    id: Uuid,
}

/// The tickets that were opened or completed in a month, the newest first.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn tickets_of(tx: &Tx, month: Month, came: Came, paging: Paging) -> Result<Page<TicketOf>, Error> {
    tx.require(Permission::ReportsRead)?;
    let (at, id) = paging.below();
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
        [tx.org(), &month.from, &month.to, &at, &id, &paging.ask()];
    let rows = match came {
        Came::Opened => tx.rows(OPENED, &params).await?,
        Came::Completed => tx.rows(COMPLETED, &params).await?,
    };
    let line = |row: &tokio_postgres::Row| TicketOf {
        number: row.get("number"),
        title: row.get("title"),
        customer: row.get("name"),
        at: row.get("at"),
        used: Quantity::seconds(row.get("used_seconds")),
        id: row.get("id"),
    };
    Ok(Page::of(rows.iter().map(line).collect(), paging, |it| Cursor::new(it.at, it.id)))
}

/// How many tickets were opened or completed in a month, and the hours that they have used.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn tickets_in_all(tx: &Tx, month: Month, came: Came) -> Result<(i64, Quantity), Error> {
    tx.require(Permission::ReportsRead)?;
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [tx.org(), &month.from, &month.to];
    let row = match came {
        Came::Opened => {
            tx.one(
                sql!(
                    "select count(*) as tickets, coalesce(sum(used_seconds), 0)::bigint as used from tickets
                     where organization_id = $1 and created_at >= $2 and created_at < $3 and merged_into_id is null"
                ),
                &params,
            )
            .await?
        }
        Came::Completed => {
            tx.one(
                sql!(
                    "select count(*) as tickets, coalesce(sum(used_seconds), 0)::bigint as used from tickets
                     where organization_id = $1 and status = 'completed' and closed_at >= $2 and closed_at < $3
                       and merged_into_id is null"
                ),
                &params,
            )
            .await?
        }
    };
    Ok((row.get("tickets"), Quantity::seconds(row.get("used"))))
}

const OPENED: &str = sql!(
    "select t.id, t.number, t.title, t.created_at as at, t.used_seconds, c.name from tickets t
     join customers c on c.organization_id = $1 and c.id = t.customer_id
     where t.organization_id = $1 and t.created_at >= $2 and t.created_at < $3 and t.merged_into_id is null
       and (t.created_at, t.id) < ($4, $5)
     order by t.created_at desc, t.id desc limit $6"
);

const COMPLETED: &str = sql!(
    "select t.id, t.number, t.title, t.closed_at as at, t.used_seconds, c.name from tickets t
     join customers c on c.organization_id = $1 and c.id = t.customer_id
     where t.organization_id = $1 and t.status = 'completed' and t.closed_at >= $2 and t.closed_at < $3
       and t.merged_into_id is null and (t.closed_at, t.id) < ($4, $5)
     order by t.closed_at desc, t.id desc limit $6"
);
