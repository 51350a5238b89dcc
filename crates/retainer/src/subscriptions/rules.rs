//! When periods begin and units end: pure decisions.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use kernel::Period;

use crate::plans::Terms;
use crate::plans::terms::{ExpiryRule, RolloverRule};

/// When the periods of a subscription begin.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// How long a period is.
    pub period: Period,
    /// When period `anchor_number` begins.
    pub anchor_at: Timestamp,
    /// The number of the period at the anchor.
    pub anchor_number: i32,
    /// Where midnight is.
    pub zone: TimeZone,
}

impl Schedule {
    /// When a period begins; none where there is no such period.
    pub fn start(&self, number: i32) -> Option<Timestamp> {
        let index = u32::try_from(number - self.anchor_number).ok()?;
        self.period.start(self.anchor_at, &self.zone, index)
    }
}

/// How long the units of a period live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// The first instant at which they do not count any more.
    pub expires_at: Option<Timestamp>,
    /// When what rolled over ends.
    pub rolled_until: Option<Timestamp>,
}

/// How long the units of period `number` live when they are granted at `now`. Who pays so late that they would be dead
/// on arrival gets them for as long as they would have lived.
pub fn life(terms: &Terms, schedule: &Schedule, number: i32, now: Timestamp) -> Life {
    let count = i32::from(terms.expiry_count.unwrap_or(1));
    let due = match terms.expiry {
        ExpiryRule::PeriodEnd | ExpiryRule::Periods => schedule.start(number + count),
        ExpiryRule::Days => now.checked_add((i64::from(count) * 24).hours()).ok(),
        ExpiryRule::Never => None,
    };
    let late = due.is_some_and(|due| due <= now);
    let spaced = |from: Timestamp, periods: i32| {
        let index = u32::try_from(periods).ok()?;
        schedule.period.start(from, &schedule.zone, index)
    };
    let expires_at = if late { spaced(now, count) } else { due };
    let further = terms.rollover_periods.map(i32::from).filter(|_| terms.rollover != RolloverRule::None);
    let on_schedule = !late && terms.expiry != ExpiryRule::Days;
    let rolled_until = further.zip(expires_at).and_then(|(further, expires_at)| {
        if on_schedule { schedule.start(number + count + further) } else { spaced(expires_at, further) }
    });
    Life { expires_at, rolled_until }
}

/// Whether a period that was missed and is over is still billed: nobody pays for units that could never be used.
pub fn is_billed_when_missed(terms: &Terms, schedule: &Schedule, number: i32, now: Timestamp) -> bool {
    let over = schedule.start(number + 1).is_some_and(|end| end <= now);
    let outlives = match terms.expiry {
        ExpiryRule::PeriodEnd => false,
        ExpiryRule::Periods => {
            schedule.start(number + i32::from(terms.expiry_count.unwrap_or(1))).is_none_or(|end| end > now)
        }
        ExpiryRule::Days | ExpiryRule::Never => true,
    };
    !over || outlives || terms.rollover != RolloverRule::None
}

/// How a change to other terms is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// At once, against the difference in price.
    AtOnce,
    /// When the next period begins.
    AtPeriodEnd,
}

/// A dearer plan of the same kind is taken at once; anything else waits for the end of the period, so that nobody loses
/// what they paid for.
pub fn switch(from: &Terms, to: &Terms) -> Switch {
    let same = from.period == to.period && from.unit == to.unit && from.price.currency == to.price.currency;
    if same && to.price.minor > from.price.minor { Switch::AtOnce } else { Switch::AtPeriodEnd }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::terms::{OverageRule, UpgradeRule};
    use kernel::{Currency, Money, Unit};

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    fn terms() -> Terms {
        Terms {
            price: Money::new(45_000, Currency::USD),
            period: Period::Month,
            unit: Unit::Hour,
            quantity: Some(36_000),
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

    fn schedule() -> Schedule {
        Schedule { period: Period::Month, anchor_at: at("2026-01-31T10:00:00Z"), anchor_number: 0, zone: TimeZone::UTC }
    }

    #[test]
    fn units_end_with_their_period_and_rolled_ones_so_many_periods_later() {
        let rolling = Terms { rollover: RolloverRule::All, rollover_periods: Some(2), ..terms() };
        let life = life(&rolling, &schedule(), 1, at("2026-02-28T10:00:00Z"));
        assert_eq!(life.expires_at, Some(at("2026-03-31T10:00:00Z")));
        assert_eq!(life.rolled_until, Some(at("2026-05-31T10:00:00Z")));
    }

    #[test]
    fn who_pays_after_the_end_gets_a_whole_period() {
        let life = life(&terms(), &schedule(), 0, at("2026-03-10T00:00:00Z"));
        assert_eq!(life.expires_at, Some(at("2026-04-10T00:00:00Z")));
    }

    #[test]
    fn a_missed_period_is_billed_only_if_its_units_live_on() {
        let now = at("2026-04-01T00:00:00Z");
        assert!(!is_billed_when_missed(&terms(), &schedule(), 0, now));
        assert!(is_billed_when_missed(&terms(), &schedule(), 2, now));
        assert!(is_billed_when_missed(&Terms { expiry: ExpiryRule::Never, ..terms() }, &schedule(), 0, now));
    }

    #[test]
    fn only_a_dearer_plan_of_the_same_kind_is_taken_at_once() {
        let dearer = Terms { price: Money::new(400_000, Currency::USD), ..terms() };
        assert_eq!(switch(&terms(), &dearer), Switch::AtOnce);
        assert_eq!(switch(&dearer, &terms()), Switch::AtPeriodEnd);
        assert_eq!(switch(&terms(), &Terms { period: Period::Year, ..dearer }), Switch::AtPeriodEnd);
    }
}
