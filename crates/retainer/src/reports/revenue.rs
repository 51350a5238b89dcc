//! Revenue by month.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use kernel::period::months_before;
use kernel::{Currency, Money, Permission};
use runtime::{Columns, Error, Tx, sql};

use crate::organizations::{self, Zone};

/// Revenue of this month so far and of last month.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Revenue {
    /// The zone whose months these are.
    #[schema(value_type = String, example = "Europe/Stockholm")]
    pub time_zone: Zone,
    /// This month, up to now.
    pub current_month: RevenueMonth,
    /// The month before, whole.
    pub previous_month: RevenueMonth,
    /// The month before, up to the same day and hour, to compare with.
    pub previous_month_to_date: RevenueMonth,
}

/// What was received and given back in an interval.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct RevenueMonth {
    /// From this instant on.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// Before this instant.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// By currency; the organization's own is always there.
    pub totals: Vec<RevenueTotal>,
}

/// One currency of it.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct RevenueTotal {
    /// What was received.
    pub received: Money,
    /// What was given back.
    pub refunded: Money,
    /// Received less refunded.
    pub total: Money,
    /// How many payments.
    pub payments: i64,
}

/// Revenue of this month and the one before.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn revenue(tx: &Tx) -> Result<Revenue, Error> {
    tx.require(Permission::ReportsRead)?;
    let organization = organizations::find::own(tx).await?;
    let (zone, now) = (organization.zone, tx.now());
    let (start, end) = months_before(now, zone.rules(), 0);
    let (last, _) = months_before(now, zone.rules(), 1);
    let same = same_moment(now, last, zone.rules()).min(start);
    let own = organization.currency;
    let (current, previous, to_date) = tokio::try_join!(
        between(tx, own, (start, end)),
        between(tx, own, (last, start)),
        between(tx, own, (last, same))
    )?;
    Ok(Revenue { time_zone: zone, current_month: current, previous_month: previous, previous_month_to_date: to_date })
}

/// The same day and hour by the clock on the wall, in the month that begins at `month`. Where that month is shorter, its
/// days go on into the next.
fn same_moment(now: Timestamp, month: Timestamp, zone: &TimeZone) -> Timestamp {
    let (local, first) = (now.to_zoned(zone.clone()), month.to_zoned(zone.clone()).date());
    let day = first.checked_add((i32::from(local.day()) - 1).days()).ok();
    let moment = day.and_then(|day| day.to_datetime(local.time()).to_zoned(zone.clone()).ok());
    moment.map_or(now, |moment| moment.timestamp())
}

/// What was received and given back in the half-open interval.
///
/// # Errors
/// A fault.
pub async fn between(tx: &Tx, own: Currency, (from, to): (Timestamp, Timestamp)) -> Result<RevenueMonth, Error> {
    // Each table is summed for itself before the two are laid side by side.
    let rows = tx
        .rows(
            sql!(
                "with received as (
                     select currency, sum(amount_minor)::bigint as minor, count(*) as payments from payments
                     where organization_id = $1 and received_at >= $2 and received_at < $3 group by currency
                 ), refunded as (
                     select currency, sum(amount_minor)::bigint as minor from refunds
                     where organization_id = $1 and refunded_at >= $2 and refunded_at < $3 group by currency
                 )
                 select currency, coalesce(received.minor, 0) as received, coalesce(refunded.minor, 0) as refunded,
                        coalesce(received.payments, 0) as payments
                 from received full join refunded using (currency)"
            ),
            &[tx.org(), &from, &to],
        )
        .await?;
    let mut totals = BTreeMap::from([(own, (0, 0, 0))]);
    for row in &rows {
        totals.insert(row.word("currency")?, (row.get("received"), row.get("refunded"), row.get("payments")));
    }
    let total = |(currency, (received, refunded, payments)): (Currency, (i64, i64, i64))| RevenueTotal {
        received: Money::new(received, currency),
        refunded: Money::new(refunded, currency),
        total: Money::new(received - refunded, currency),
        payments,
    };
    Ok(RevenueMonth { from, to, totals: totals.into_iter().map(total).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[test]
    fn the_same_moment_of_another_month_is_told_by_the_clock_on_the_wall() {
        let zone = TimeZone::get("Europe/Stockholm").expect("bundled");
        let same = |now: &str, month: &str| same_moment(at(now), at(month), &zone).to_string();
        // Summer time ended on 25 October 2026.
        assert_eq!(same("2026-11-20T09:00:00Z", "2026-09-30T22:00:00Z"), "2026-10-20T08:00:00Z");
        assert_eq!(same("2026-03-31T09:00:00Z", "2026-01-31T23:00:00Z"), "2026-03-03T10:00:00Z");
    }
}
