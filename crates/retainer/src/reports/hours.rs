//! Hours sold, used, held and expired.

use jiff::Timestamp;
use kernel::period::months_before;
use kernel::{Decimal, Permission, Quantity, Unit};
use runtime::{Error, Tx, sql};

use crate::organizations;

/// Hours by month, and what is owed to customers now.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct HoursReport {
    /// The last twelve months of the organization's zone, the newest first.
    pub months: Vec<HoursMonth>,
    /// Held by open work now.
    pub held: Decimal,
    /// Left to customers now, without what is held and without overage.
    pub left: Decimal,
    /// Owed by customers now.
    pub debt: Decimal,
}

/// One month.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct HoursMonth {
    /// `2026-11`.
    #[schema(example = "2026-11")]
    pub month: String,
    /// Granted: plans, top-ups, gifts, corrections upwards.
    pub sold: Decimal,
    /// Used, less what was given back.
    pub used: Decimal,
    /// Used beyond what was paid, on a plan's overage.
    pub overage: Decimal,
    /// Expired without being used.
    pub expired: Decimal,
}

/// How many hours are owed to all customers now, without what open work holds.
///
/// # Errors
/// `permission.missing`, or a fault.
pub(crate) async fn owed(tx: &Tx) -> Result<Quantity, Error> {
    tx.require(Permission::ReportsRead)?;
    let row = tx
        .one(
            sql!(
                "select coalesce(sum(posted - held - credit_free), 0)::bigint as seconds
                 from allowance_accounts where organization_id = $1 and unit_code = 'hour'"
            ),
            &[tx.org()],
        )
        .await?;
    Ok(Quantity::seconds(row.get("seconds")))
}

/// Hours by month.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn hours(tx: &Tx) -> Result<HoursReport, Error> {
    tx.require(Permission::ReportsRead)?;
    let organization = organizations::find::own(tx).await?;
    let (now, zone) = (tx.now(), organization.zone);
    // Months are cut here, not in SQL: the database may know other rules for the zone.
    let starts: Vec<_> = (0..12).rev().map(|back| months_before(now, zone.rules(), back).0).collect();
    let since = starts.first().copied().unwrap_or(now);
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [tx.org(), &starts, &since];
    let own: [&(dyn tokio_postgres::types::ToSql + Sync); 1] = [tx.org()];
    let (rows, standing) = tokio::try_join!(
        tx.rows(
            // The counter of an entry says what it meant to the business; moves between lots have others.
            sql!(
                "select width_bucket(e.effective_at, $2::timestamptz[]) as month,
                        coalesce(-sum(e.d_counter) filter (where e.counter in ('issued', 'adjusted') and not c.credit), 0)::bigint as sold,
                        coalesce(sum(e.d_counter) filter (where e.counter in ('consumed', 'refunded') and not c.credit), 0)::bigint as used,
                        coalesce(sum(e.d_counter) filter (where e.counter in ('consumed', 'refunded') and c.credit), 0)::bigint as overage,
                        coalesce(sum(e.d_counter) filter (where e.counter = 'breakage' and not c.credit), 0)::bigint as expired
                 from allowance_entries e
                 join allowance_accounts a on a.organization_id = e.organization_id and a.id = e.account_id
                 left join allowance_lots l on l.organization_id = e.organization_id and l.id = e.lot_id
                 cross join lateral (select coalesce(l.source_kind = 'credit_line', false) as credit) c
                 where e.organization_id = $1 and e.effective_at >= $3 and a.unit_code = 'hour'
                 group by 1"
            ),
            &params,
        ),
        tx.one(
            sql!(
                "select coalesce(sum(held), 0)::bigint as held, coalesce(sum(posted - held - credit_free), 0)::bigint as left_over,
                        coalesce(sum(debt), 0)::bigint as debt
                 from allowance_accounts where organization_id = $1 and unit_code = 'hour'"
            ),
            &own,
        ),
    )?;
    let decimal = |atoms: i64| Decimal::of(Quantity::new(atoms, Unit::Hour));
    let month = |(start, place): (&Timestamp, i32)| {
        let month = start.to_zoned(zone.rules().clone()).strftime("%Y-%m").to_string();
        let row = rows.iter().find(|row| row.get::<_, i32>("month") == place);
        let figure = |name: &str| decimal(row.map_or(0, |row| row.get(name)));
        HoursMonth {
            sold: figure("sold"),
            used: figure("used"),
            overage: figure("overage"),
            expired: figure("expired"),
            month,
        }
    };
    Ok(HoursReport {
        months: starts.iter().zip(1..13).rev().map(month).collect(),
        held: decimal(standing.get("held")),
        left: decimal(standing.get("left_over")),
        debt: decimal(standing.get("debt")),
    })
}
