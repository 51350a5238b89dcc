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

    /// Whether a period began before those that are counted from the anchor, as it is after a pause or another plan.
    pub const fn is_before_anchor(&self, number: i32) -> bool {
        number < self.anchor_number
    }
}

/// What time it is for a subscription: while it is paused, the time at which the pause began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// What everybody's clock says.
    pub now: Timestamp,
    /// Since when the subscription stands still, if it does.
    pub paused_at: Option<Timestamp>,
}

impl Clock {
    /// The subscription's own time.
    pub fn own(self) -> Timestamp {
        self.paused_at.unwrap_or(self.now)
    }

    /// When an instant of its own time comes if the pause ends now. What the pause still takes is added when it ends.
    pub fn outside(self, own: Timestamp) -> Option<Timestamp> {
        own.checked_add(self.now.duration_since(self.own())).ok()
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

/// How long the units of period `number` live when they are granted now. Who pays so late that they would be dead on
/// arrival gets them for as long as they would have lived; who pays during a pause loses nothing by it.
pub fn life(terms: &Terms, schedule: &Schedule, number: i32, clock: Clock) -> Life {
    let now = clock.own();
    let count = i32::from(terms.expiry_count.unwrap_or(1));
    let due = match terms.expiry {
        ExpiryRule::PeriodEnd | ExpiryRule::Periods => schedule.start(number + count),
        ExpiryRule::Days => now.checked_add((i64::from(count) * 24).hours()).ok(),
        ExpiryRule::Never => None,
    };
    let counted = terms.expiry != ExpiryRule::Days && terms.expiry != ExpiryRule::Never;
    let late = counted && schedule.is_before_anchor(number + count) || due.is_some_and(|due| due <= now);
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
    let outside = |own: Option<Timestamp>| own.and_then(|own| clock.outside(own));
    Life { expires_at: outside(expires_at), rolled_until: outside(rolled_until) }
}

/// When the credit line of a period ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreditLife {
    /// The period is over, so there is none.
    Over,
    /// At this instant.
    Until(Timestamp),
    /// With the subscription, because no other period follows.
    Open,
}

/// When the credit line of period `number` ends when it is granted now.
pub fn credit_life(schedule: &Schedule, number: i32, clock: Clock) -> CreditLife {
    match schedule.start(number + 1) {
        None if schedule.is_before_anchor(number + 1) => CreditLife::Over,
        None => CreditLife::Open,
        Some(end) if end <= clock.own() => CreditLife::Over,
        Some(end) => clock.outside(end).map_or(CreditLife::Open, CreditLife::Until),
    }
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

    fn running(now: Timestamp) -> Clock {
        Clock { now, paused_at: None }
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
        let life = life(&rolling, &schedule(), 1, running(at("2026-02-28T10:00:00Z")));
        assert_eq!(life.expires_at, Some(at("2026-03-31T10:00:00Z")));
        assert_eq!(life.rolled_until, Some(at("2026-05-31T10:00:00Z")));
    }

    #[test]
    fn who_pays_after_the_end_gets_a_whole_period() {
        let clock = running(at("2026-03-10T00:00:00Z"));
        assert_eq!(life(&terms(), &schedule(), 0, clock).expires_at, Some(at("2026-04-10T00:00:00Z")));
        assert_eq!(credit_life(&schedule(), 0, clock), CreditLife::Over);
    }

    #[test]
    fn a_period_before_the_anchor_is_over_and_its_units_do_not_live_for_ever() {
        let moved = Schedule { anchor_number: 4, anchor_at: at("2026-06-15T10:00:00Z"), ..schedule() };
        let clock = running(at("2026-06-20T00:00:00Z"));
        assert_eq!(life(&terms(), &moved, 2, clock).expires_at, Some(at("2026-07-20T00:00:00Z")));
        assert_eq!(credit_life(&moved, 2, clock), CreditLife::Over);
    }

    #[test]
    fn units_granted_in_a_pause_live_as_long_as_if_they_had_been_there_when_it_began() {
        let rolling = Terms { rollover: RolloverRule::All, rollover_periods: Some(1), ..terms() };
        let paused = at("2026-02-10T10:00:00Z");
        // The last is after the end that the period would have had.
        for now in ["2026-02-10T10:00:00Z", "2026-02-20T10:00:00Z", "2026-04-01T10:00:00Z"] {
            let clock = Clock { now: at(now), paused_at: Some(paused) };
            let stood = clock.now.duration_since(paused);
            let life = life(&rolling, &schedule(), 0, clock);
            assert_eq!(life.expires_at, Some(at("2026-02-28T10:00:00Z") + stood), "{now}");
            assert_eq!(life.rolled_until, Some(at("2026-03-31T10:00:00Z") + stood), "{now}");
            let credit = CreditLife::Until(at("2026-02-28T10:00:00Z") + stood);
            assert_eq!(credit_life(&schedule(), 0, clock), credit, "{now}");
        }
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
