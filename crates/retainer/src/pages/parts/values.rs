//! Values as people read them: money, hours, days and instants. Nothing is rounded silently.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use kernel::{Decimal, Money, Quantity, Unit};
use maud::{Markup, html};

use crate::doors::Visitor;

/// An amount of money, exact, with its currency.
pub fn money(amount: Money) -> Markup {
    html! { data.money value=(amount.decimal()) { (minus(&amount.to_string())) } }
}

/// A quantity without its unit, for a column whose head names it.
pub fn hours(quantity: Quantity) -> Markup {
    html! { data value=(quantity.decimal()) { (minus(&quantity.told())) } }
}

/// A quantity with its unit: `2:30 h`.
pub fn hours_sign(quantity: Quantity) -> Markup {
    html! { data value=(quantity.decimal()) { (minus(&quantity.told())) "\u{a0}" (quantity.unit.sign()) } }
}

/// A number as it is printed: its minus is as wide as a plus.
fn minus(number: &str) -> String {
    number.strip_prefix('-').map_or_else(|| number.to_owned(), |rest| format!("−{rest}"))
}

/// A decimal of the API as the quantity that it is, for a column whose head names the unit.
pub fn amount(decimal: &Decimal, unit: Unit) -> Markup {
    hours(decimal.quantity(unit))
}

/// In whose zone times are told, and when they are read.
#[derive(Debug, Clone, Copy)]
pub struct Clock<'a> {
    /// The zone.
    pub zone: &'a TimeZone,
    /// The present.
    pub now: Timestamp,
}

/// How exactly an instant is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// Its day.
    Day,
    /// Its day and hour.
    Hour,
}

impl<'a> Clock<'a> {
    /// That of somebody who has signed in.
    pub fn of(visitor: &'a Visitor) -> Self {
        Self { zone: visitor.zone(), now: visitor.now() }
    }

    /// An instant: relative under a day, else the day and hour in the zone; the exact instant on hover.
    pub fn time(self, at: Timestamp) -> Markup {
        html! { time datetime=(at) title=(full(at, self.zone)) { (near(at, self.zone, self.now)) } }
    }

    /// An instant, always as day and hour.
    pub fn instant(self, at: Timestamp) -> Markup {
        html! { time datetime=(at) title=(full(at, self.zone)) { (day_and_hour(at, self.zone, self.now)) } }
    }

    /// The day of an instant in one piece, for a narrow column; with its hour where days alone do not tell.
    pub fn in_column(self, at: Timestamp, precision: Precision) -> Markup {
        let words = match precision {
            Precision::Day => day(at, self.zone, self.now),
            Precision::Hour => day_and_hour(at, self.zone, self.now),
        };
        html! { time datetime=(at) title=(full(at, self.zone)) { (words.replace(' ', "\u{a0}")) } }
    }

    /// The day of an instant.
    pub fn date(self, at: Timestamp) -> Markup {
        html! { time datetime=(at) title=(full(at, self.zone)) { (day(at, self.zone, self.now)) } }
    }
}

/// An instant for the reader: relative under a day, else the day and hour in their zone; the exact instant on hover.
pub fn time(visitor: &Visitor, at: Timestamp) -> Markup {
    Clock::of(visitor).time(at)
}

/// An instant for the reader, always as day and hour in their zone.
pub fn instant(visitor: &Visitor, at: Timestamp) -> Markup {
    Clock::of(visitor).instant(at)
}

/// The day of an instant in the reader's zone.
pub fn date(visitor: &Visitor, at: Timestamp) -> Markup {
    Clock::of(visitor).date(at)
}

/// An end that comes, in the reader's zone: with its hour where that is within two days.
pub fn end(visitor: &Visitor, at: Timestamp) -> Markup {
    let is_near = at.duration_since(visitor.now()).abs() < SignedDuration::from_hours(48);
    if is_near { instant(visitor, at) } else { date(visitor, at) }
}

fn full(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%A %-d %B %Y, %H:%M:%S %Z").to_string()
}

fn day(at: Timestamp, zone: &TimeZone, now: Timestamp) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    at.strftime(if at.year() == now.year() { "%-d %b" } else { "%-d %b %Y" }).to_string()
}

fn day_and_hour(at: Timestamp, zone: &TimeZone, now: Timestamp) -> String {
    format!("{} {}", day(at, zone, now), at.to_zoned(zone.clone()).strftime("%H:%M"))
}

fn near(at: Timestamp, zone: &TimeZone, now: Timestamp) -> String {
    let apart = now.duration_since(at);
    let distance = apart.abs();
    if distance >= SignedDuration::from_hours(24) {
        return day_and_hour(at, zone, now);
    }
    let minutes = distance.as_secs() / 60;
    let words = match minutes {
        0 => return if apart.is_negative() { "in a moment" } else { "just now" }.to_owned(),
        1..=59 => format!("{minutes} min"),
        _ => format!("{} h", minutes / 60),
    };
    if apart.is_negative() { format!("in {words}") } else { format!("{words} ago") }
}

/// Who did something. What the system did by itself carries the name of a duty, `subscriptions.renew`, which is for logs.
pub fn actor(name: &str) -> &str {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if name.split_once('.').is_some_and(|(domain, duty)| is_word(domain) && is_word(duty)) { "by itself" } else { name }
}

/// A number of things that were counted to one beyond `most`.
pub fn up_to(count: i64, most: i64) -> String {
    if count > most { format!("{most}+") } else { count.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[test]
    fn what_the_system_did_is_done_by_itself_and_what_people_did_by_them() {
        assert_eq!(actor("subscriptions.fall_due"), "by itself");
        assert_eq!((actor("Dan Ek Jr."), actor("J.Doe")), ("Dan Ek Jr.", "J.Doe"));
    }

    #[test]
    fn an_instant_is_relative_for_a_day_only() {
        let (zone, now) = (TimeZone::get("Europe/Stockholm").expect("bundled"), at("2026-11-20T09:00:00Z"));
        let said = |text: &str| near(at(text), &zone, now);
        assert_eq!(said("2026-11-20T08:59:30Z"), "just now");
        assert_eq!(said("2026-11-20T06:10:00Z"), "2 h ago");
        assert_eq!(said("2026-11-20T09:45:00Z"), "in 45 min");
        assert_eq!(said("2026-11-19T08:59:59Z"), "19 Nov 09:59");
        assert_eq!(said("2025-11-19T23:30:00Z"), "20 Nov 2025 00:30");
    }
}
