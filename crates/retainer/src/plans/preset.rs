//! The catalogues that ship with the product.

use kernel::id::PlanId;
use kernel::text::Name;
use kernel::{Money, Period, Quantity, Unit};
use runtime::{Error, Tx};

use super::offer::offer;
use super::terms::{ExpiryRule, OverageRule, RolloverRule, Terms, UpgradeRule};
use crate::organizations;

/// The four plans of a consulting shop in the organization's currency: Basic 1 h a month for 50, Standard 10 h for 450,
/// Pro 100 h for 4,000, and Daily 1 h a day for 50. What is not used by the end of its period is lost.
///
/// # Errors
/// [`super::OfferRefused`] when a name is taken, `permission.missing`, or a fault.
pub async fn preset_consulting(tx: &Tx) -> Result<Vec<PlanId>, Error> {
    let plans = [
        ("Basic", 1, Period::Month, 50),
        ("Standard", 10, Period::Month, 450),
        ("Pro", 100, Period::Month, 4_000),
        ("Daily", 1, Period::Day, 50),
    ];
    let currency = organizations::find::own(tx).await?.currency;
    let mut ids = Vec::with_capacity(plans.len());
    for (name, hours, period, major) in plans {
        let price = Money::new(major * currency.minor_per_major(), currency);
        let name: Name = name.parse().map_err(|error| Error::internal(format!("a preset's name {error}")))?;
        ids.push(offer(tx, name, &hourly(hours, period, price)).await?);
    }
    Ok(ids)
}

const fn hourly(hours: i64, period: Period, price: Money) -> Terms {
    Terms {
        price,
        period,
        unit: Unit::Hour,
        quantity: Some(Quantity::hours(hours).atoms),
        rollover: RolloverRule::None,
        rollover_cap: None,
        rollover_periods: None,
        expiry: ExpiryRule::PeriodEnd,
        expiry_count: None,
        overage: OverageRule::Block,
        credit: None,
        trial_days: 0,
        upgrade: UpgradeRule::Replace,
    }
}
