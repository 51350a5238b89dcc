//! Reading what changed.

use kernel::id::{CustomerId, UserId};
use runtime::{Columns, Error, Tx, sql};
use tokio_postgres::Row;

/// That a thing changed, as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its number within the organization.
    pub number: i64,
    /// What happened to what, `ticket.changed`.
    pub what: String,
    /// The thing, as it is known in addresses.
    pub subject: String,
    /// Whose users hear of it beside staff.
    pub customer: Option<CustomerId>,
    /// Who alone hears of it.
    pub user: Option<UserId>,
}

impl Told {
    fn of_row(row: &Row) -> Self {
        Self {
            number: row.get("number"),
            what: row.get("what"),
            subject: row.get("subject"),
            customer: row.id_or_none("heard_by_customer"),
            user: row.id_or_none("heard_by_user"),
        }
    }
}

/// The numbers that can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kept {
    /// The newest; 0 before the first change.
    pub(super) last: i64,
    /// The oldest that is still there; one beyond the newest where none is.
    pub(super) oldest: i64,
}

/// Which numbers can be told.
pub(super) async fn kept(tx: &Tx) -> Result<Kept, Error> {
    let row = tx
        .optional(
            sql!(
                "select c.last, (select min(number) from live_changes where organization_id = $1) as oldest
                 from live_counts c where c.organization_id = $1"
            ),
            &[tx.org()],
        )
        .await?;
    Ok(row.map_or(Kept { last: 0, oldest: 1 }, |row| {
        let last: i64 = row.get("last");
        Kept { last, oldest: row.get::<_, Option<i64>>("oldest").unwrap_or(last + 1) }
    }))
}

/// What changed after a number, in its order.
pub(super) async fn after(tx: &Tx, number: i64, limit: i64) -> Result<Vec<Told>, Error> {
    let rows = tx
        .rows(
            sql!(
                "select number, what, subject, heard_by_customer, heard_by_user from live_changes
                 where organization_id = $1 and number > $2 order by number limit $3"
            ),
            &[tx.org(), &number, &limit],
        )
        .await?;
    Ok(rows.iter().map(Told::of_row).collect())
}
