//! Billing periods in an organization's zone: half-open, never drifting off their anchor day.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

/// How long a plan's period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    /// From local midnight to local midnight.
    Day,
    /// Seven days.
    Week,
    /// A calendar month, from the anchor's day; the 31st falls on the last day of shorter months.
    Month,
    /// A calendar year.
    Year,
    /// Not renewed.
    Once,
}

impl Period {
    /// The word for it in data.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
            Self::Once => "once",
        }
    }

    /// Whether a span is about as long as one period, give or take a tenth: a month has 28 to 31 days, and some systems
    /// count 30. What does not renew has no length.
    pub fn is_about(self, from: Timestamp, to: Timestamp) -> bool {
        let hours: i64 = match self {
            Self::Day => 24,
            Self::Week => 7 * 24,
            Self::Month => 365 * 2,
            Self::Year => 365 * 24,
            Self::Once => return false,
        };
        let whole = hours * 3600;
        let apart = to.as_second().saturating_sub(from.as_second()).saturating_sub(whole);
        apart.saturating_abs() <= whole / 10
    }

    /// Where the period number `index` (from 0) of a subscription begins that was anchored at `anchor`.
    ///
    /// Computed from the anchor, not from the previous period, so that a subscription of the 31st returns to the 31st
    /// after February. Days begin at local midnight, except the first, which begins at the anchor.
    /// `None` when the calendar ends, or for the second period of something that does not renew.
    pub fn start(self, anchor: Timestamp, zone: &TimeZone, index: u32) -> Option<Timestamp> {
        let local = anchor.to_zoned(zone.clone());
        let count = i64::from(index);
        if index == 0 {
            return Some(anchor);
        }
        let moved: Option<Zoned> = match self {
            Self::Day => local.start_of_day().ok().and_then(|day| day.checked_add(count.days()).ok()),
            Self::Week => local.checked_add(count.weeks()).ok(),
            Self::Month => local.checked_add(count.months()).ok(),
            Self::Year => local.checked_add(count.years()).ok(),
            Self::Once => None,
        };
        moved.map(|zoned| zoned.timestamp())
    }
}

impl std::fmt::Display for Period {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.word())
    }
}

impl std::str::FromStr for Period {
    type Err = PeriodError;
    fn from_str(text: &str) -> Result<Self, PeriodError> {
        [Self::Day, Self::Week, Self::Month, Self::Year, Self::Once]
            .into_iter()
            .find(|period| period.word() == text)
            .ok_or(PeriodError)
    }
}

/// Why a text names no period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the period must be day, week, month, year or once")]
pub struct PeriodError;

/// The local calendar month that holds `instant`, as the half-open interval `[start, end)`.
pub fn month_of(instant: Timestamp, zone: &TimeZone) -> (Timestamp, Timestamp) {
    months_before(instant, zone, 0)
}

/// The local calendar month that lies `back` months before the one that holds `instant`.
pub fn months_before(instant: Timestamp, zone: &TimeZone, back: i32) -> (Timestamp, Timestamp) {
    let first = instant.to_zoned(zone.clone()).date().first_of_month();
    let at = |months: i32| {
        first
            .checked_add(months.months())
            .ok()
            .and_then(|date| date.to_zoned(zone.clone()).ok())
            .map_or(instant, |zoned| zoned.timestamp())
    };
    (at(-back), at(1 - back))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a test's instant")
    }

    #[test]
    fn a_subscription_of_the_31st_comes_back_to_the_31st() {
        let anchor = at("2026-01-31T10:00:00Z");
        let starts: Vec<_> = (0..4)
            .filter_map(|index| Period::Month.start(anchor, &TimeZone::UTC, index))
            .map(|t| t.to_string())
            .collect();
        assert_eq!(
            starts,
            ["2026-01-31T10:00:00Z", "2026-02-28T10:00:00Z", "2026-03-31T10:00:00Z", "2026-04-30T10:00:00Z"]
        );
    }

    #[test]
    fn a_day_plan_turns_at_local_midnight_through_the_clock_change() {
        let zone = TimeZone::get("Europe/Stockholm").expect("bundled");
        let anchor = at("2026-10-24T13:00:00Z");
        let starts: Vec<_> =
            (1..4).filter_map(|index| Period::Day.start(anchor, &zone, index)).map(|t| t.to_string()).collect();
        assert_eq!(starts, ["2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "2026-10-26T23:00:00Z"]);
    }

    #[test]
    fn a_month_is_the_organizations_month() {
        let zone = TimeZone::get("America/New_York").expect("bundled");
        let (start, end) = month_of(at("2026-11-01T02:00:00Z"), &zone);
        assert_eq!(
            (start.to_string(), end.to_string()),
            ("2026-10-01T04:00:00Z".into(), "2026-11-01T04:00:00Z".into())
        );
    }
}
