//! Which plans run, and what they bring in a month.

use std::collections::BTreeMap;

use kernel::id::PlanId;
use kernel::{Currency, Money, Period, Permission};
use runtime::{Columns, Error, Tx, sql};

/// Plans that run.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct PlansReport {
    /// By plan, the most popular first.
    pub items: Vec<PlanCount>,
    /// Monthly recurring revenue by currency: the prices of active and past-due subscriptions, a day's times 365/12, a
    /// week's times 52/12, a year's divided by 12.
    pub mrr: Vec<Money>,
}

/// One plan.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct PlanCount {
    /// The plan.
    pub plan: PlanId,
    /// Its name.
    pub name: String,
    /// Live subscriptions: those that are active, past due or paused.
    pub live: i64,
    /// Of them active.
    pub active: i64,
    /// Of them past due.
    pub past_due: i64,
    /// Of them paused.
    pub paused: i64,
}

/// Plans that run.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn plans(tx: &Tx) -> Result<PlansReport, Error> {
    tx.require(Permission::ReportsRead)?;
    let rows = tx
        .rows(
            sql!(
                "select p.id, p.name, v.currency, v.price_minor, v.period, s.state, s.live
                 from (
                     select plan_version_id, state, count(*) as live from subscriptions
                     where organization_id = $1 and state in ('active', 'past_due', 'paused')
                     group by plan_version_id, state
                 ) s
                 join plan_versions v on v.organization_id = $1 and v.id = s.plan_version_id
                 join plans p on p.organization_id = $1 and p.id = v.plan_id"
            ),
            &[tx.org()],
        )
        .await?;
    let mut counts: BTreeMap<PlanId, PlanCount> = BTreeMap::new();
    let mut twelfths: BTreeMap<Currency, i128> = BTreeMap::new();
    for row in &rows {
        let (plan, live): (PlanId, i64) = (row.id("id"), row.get("live"));
        let name: String = row.get("name");
        let count = counts.entry(plan).or_insert(PlanCount { plan, name, live: 0, active: 0, past_due: 0, paused: 0 });
        count.live += live;
        match row.get::<_, &str>("state") {
            "active" => count.active += live,
            "past_due" => count.past_due += live,
            _ => count.paused += live,
        }
        if row.get::<_, &str>("state") != "paused" {
            let price: i64 = row.get("price_minor");
            let times = monthly_twelfths(row.word("period")?);
            *twelfths.entry(row.word("currency")?).or_default() +=
                i128::from(price) * i128::from(times) * i128::from(live);
        }
    }
    let mut items: Vec<_> = counts.into_values().collect();
    items.sort_by(|a, b| b.live.cmp(&a.live).then_with(|| a.name.cmp(&b.name)));
    // Rounded once, half up, after everything of a currency is summed.
    let mrr =
        |(currency, sum): (Currency, i128)| Money::new(i64::try_from((sum + 6) / 12).unwrap_or(i64::MAX), currency);
    Ok(PlansReport { items, mrr: twelfths.into_iter().map(mrr).collect() })
}

/// How many twelfths of a period's price a month brings.
const fn monthly_twelfths(period: Period) -> i64 {
    match period {
        Period::Day => 365,
        Period::Week => 52,
        Period::Month => 12,
        Period::Year => 1,
        Period::Once => 0,
    }
}
