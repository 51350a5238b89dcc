//! What only the start page asks for.

use kernel::id::CustomerId;
use kernel::{Permission, Quantity};
use runtime::{Columns, Error, Tx, sql};

/// A customer who is nearly out of hours, while work is open or a plan runs.
#[derive(Debug, Clone)]
pub(super) struct Low {
    /// Who.
    pub(super) customer: CustomerId,
    /// Their name.
    pub(super) name: String,
    /// What they can still spend.
    pub(super) left: Quantity,
    /// How many of their tickets are open.
    pub(super) open: i64,
}

/// Less than this is nearly nothing: an hour, in seconds.
pub(super) const LOW: i64 = 3600;

/// The customers with less than an hour to spend who have open tickets or a running plan, the emptiest first; whoever has
/// left is not among them.
pub(super) async fn low_balances(tx: &Tx) -> Result<Vec<Low>, Error> {
    tx.require(Permission::LedgerRead)?;
    let rows = tx
        .rows(
            sql!(
                "select c.id, c.name, a.posted - a.held as left, sum(b.open)::bigint as open
                 from (select customer_id, 1 as open from tickets
                       where organization_id = $1 and status in ('pending', 'in_progress') and merged_into_id is null
                       union all
                       select customer_id, 0 from subscriptions
                       where organization_id = $1 and state in ('active', 'past_due')) b
                 join customers c on c.organization_id = $1 and c.id = b.customer_id
                 join allowance_accounts a on a.organization_id = $1 and a.owner_kind = 'customer'
                      and a.owner_id = c.id and a.unit_code = 'hour'
                 where c.archived_at is null and not a.unlimited and a.posted - a.held < $2
                 group by c.id, c.name, a.posted, a.held
                 order by a.posted - a.held, c.id limit 10"
            ),
            &[tx.org(), &LOW],
        )
        .await?;
    let low = |row: &tokio_postgres::Row| Low {
        customer: row.id("id"),
        name: row.get("name"),
        left: Quantity::seconds(row.get("left")),
        open: row.get("open"),
    };
    Ok(rows.iter().map(low).collect())
}
