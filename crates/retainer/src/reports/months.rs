//! The figures of the last twelve months, month by month, for the charts.

use jiff::{Timestamp, ToSpan};
use kernel::period::months_before;
use kernel::{Currency, Money, Permission};
use runtime::{Error, Tx, sql};

use crate::organizations;

/// How many months the charts go back, the present one included.
pub const MONTHS: i32 = 12;

/// A month of the organization's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// Its first day.
    pub first: jiff::civil::Date,
}

/// What happened in a month.
#[derive(Debug, Clone, Copy)]
pub struct MonthFigures {
    /// The month.
    pub month: Month,
    /// Received less given back, in the organization's currency.
    pub revenue: Money,
    /// Tickets that were opened; merged ones count where they went.
    pub opened: i64,
    /// Tickets that were completed, and were not reopened since.
    pub completed: i64,
}

/// The last twelve months, the oldest first.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn months(tx: &Tx) -> Result<Vec<MonthFigures>, Error> {
    tx.require(Permission::ReportsRead)?;
    let organization = organizations::find::own(tx).await?;
    let (zone, own) = (organization.zone, organization.currency);
    // Months are cut here, not in SQL: the database may know other rules for the zone.
    let cut = |back| {
        let (from, to) = months_before(tx.now(), zone.rules(), back);
        Month { from, to, first: from.to_zoned(zone.rules().clone()).date() }
    };
    let months: Vec<Month> = (0..MONTHS).rev().map(cut).collect();
    let starts: Vec<Timestamp> = months.iter().map(|month| month.from).collect();
    let since = starts.first().copied().unwrap_or(tx.now());
    let (revenue, tickets) = tokio::try_join!(revenues(tx, own, &starts, since), tickets(tx, &starts, since))?;
    let found =
        |rows: &[(i32, i64)], place: i32| rows.iter().find(|(month, _)| *month == place).map_or(0, |(_, sum)| *sum);
    let figures = |(month, place): (Month, i32)| MonthFigures {
        month,
        revenue: Money::new(found(&revenue, place), own),
        opened: found(&tickets.0, place),
        completed: found(&tickets.1, place),
    };
    Ok(months.into_iter().zip(1..).map(figures).collect())
}

/// The month that a word such as `2026-11` names; none where it names none.
///
/// # Errors
/// A fault.
pub async fn named(tx: &Tx, word: &str) -> Result<Option<Month>, Error> {
    let zone = organizations::find::own(tx).await?.zone;
    let month = |first: jiff::civil::Date| {
        let start = |day: jiff::civil::Date| Some(day.to_zoned(zone.rules().clone()).ok()?.timestamp());
        Some(Month { from: start(first)?, to: start(first.checked_add(1.month()).ok()?)?, first })
    };
    Ok(format!("{word}-01").parse().ok().and_then(month))
}

/// The present month of the organization.
///
/// # Errors
/// A fault.
pub async fn present(tx: &Tx) -> Result<Month, Error> {
    let zone = organizations::find::own(tx).await?.zone;
    let (from, to) = months_before(tx.now(), zone.rules(), 0);
    Ok(Month { from, to, first: from.to_zoned(zone.rules().clone()).date() })
}

/// By month, what was received less what was given back.
async fn revenues(tx: &Tx, own: Currency, starts: &[Timestamp], since: Timestamp) -> Result<Vec<(i32, i64)>, Error> {
    let rows = tx
        .rows(
            sql!(
                "select month, sum(minor)::bigint as minor from (
                     select width_bucket(received_at, $2::timestamptz[]) as month, sum(amount_minor) as minor from payments
                     where organization_id = $1 and received_at >= $3 and currency = $4 group by 1
                     union all
                     select width_bucket(refunded_at, $2::timestamptz[]), -sum(amount_minor) from refunds
                     where organization_id = $1 and refunded_at >= $3 and currency = $4 group by 1
                 ) moved group by month"
            ),
            &[tx.org(), &starts, &since, &own.to_string()],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get("month"), row.get("minor"))).collect())
}

/// By month, how many tickets were opened and how many completed.
async fn tickets(tx: &Tx, starts: &[Timestamp], since: Timestamp) -> Result<(Vec<(i32, i64)>, Vec<(i32, i64)>), Error> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [tx.org(), &starts, &since];
    let (opened, completed) = tokio::try_join!(
        tx.rows(
            sql!(
                "select width_bucket(created_at, $2::timestamptz[]) as month, count(*) as tickets from tickets
                 where organization_id = $1 and created_at >= $3 and merged_into_id is null group by 1"
            ),
            &params,
        ),
        tx.rows(
            sql!(
                "select width_bucket(closed_at, $2::timestamptz[]) as month, count(*) as tickets from tickets
                 where organization_id = $1 and status = 'completed' and closed_at >= $3 and merged_into_id is null group by 1"
            ),
            &params,
        ),
    )?;
    let counts = |rows: &[tokio_postgres::Row]| rows.iter().map(|row| (row.get("month"), row.get("tickets"))).collect();
    Ok((counts(&opened), counts(&completed)))
}
