//! Why a balance is what it is, as staff, the customer and whoever has a link to it read it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kernel::{Decimal, Quantity, Unit};
use maud::{Markup, html};

use super::bar;
use super::falls::Falls;
use super::words::{kind, kind_of, source};
use crate::doors::Visitor;
use crate::ledger::allowance::Allowance;
use crate::ledger::explain::{Entries, EntryView, Explanation, HoldView, LotView, TotalView};
use crate::pages::form::query;
use crate::pages::parts::{self, Clock, Head, Precision};

/// How many entries a page has.
pub(in crate::ledger) const ENTRIES: u16 = 50;

/// Who looks, and from where. Whoever has not signed in sees no titles, no names and no ways into the house.
#[derive(Debug, Clone, Copy)]
pub(in crate::ledger) struct Sight<'a> {
    /// In whose zone times are told.
    pub(in crate::ledger) clock: Clock<'a>,
    /// The address of the page.
    pub(in crate::ledger) here: &'a str,
    /// Who has signed in.
    pub(in crate::ledger) visitor: Option<&'a Visitor>,
}

impl<'a> Sight<'a> {
    pub(super) fn of(visitor: &'a Visitor, here: &'a str) -> Self {
        Self { clock: Clock::of(visitor), here, visitor: Some(visitor) }
    }

    /// A ticket, as it may be named here.
    fn ticket(&self, number: &str, title: Option<&str>) -> Markup {
        match self.visitor {
            Some(visitor) => html! {
                a href=(visitor.path(&format!("/tickets/{number}"))) title=(number) { (title.unwrap_or(number)) }
            },
            None => html! { span.id { (number) } },
        }
    }

    fn page_of_entries(&self, unit: Unit, before: i64) -> String {
        let (unit, before) = (unit.to_string(), before.to_string());
        format!("{}?{}", self.here, query(&[("unit", &unit), ("before", &before)]))
    }
}

/// One allowance and why it is so.
pub(in crate::ledger) fn section(sight: &Sight<'_>, explanation: &Explanation) -> Markup {
    let Explanation { allowance, lots, holds, totals, entries, next, .. } = explanation;
    let unit = allowance.unit;
    html! {
        section {
            (bar(allowance, None))
            p { (explanation.sentence) }
            (expiry(sight, explanation))
            h2 { "Where it comes from" }
            (parts::table("Lots", &[Head::Text("From"), Head::Wide("Since"), Head::Text("Until"), Head::WideNumber("Granted"),
                Head::Number("Used"), Head::Number("Held"), Head::Number("Left")],
                &lot_rows(sight, lots, allowance)))
            @if !holds.is_empty() {
                h2 { "Who holds it" }
                (parts::table("Holds", &[Head::Text("For"), Head::Wide("Since"), Head::Number("Held")],
                    &holds.iter().map(|hold| hold_row(sight, hold, unit)).collect::<Vec<_>>()))
            }
            h2 { "How it came about" }
            (parts::table("Sums of all that ever happened", &[Head::Text("What"), Head::Wide("From nothing to now"), Head::Number("Balance"), Head::Number("On hold")],
                &total_rows(totals, explanation)))
            h2 { "What happened" }
            (entries_table(sight, entries, (*next, unit), Some(&together(totals, unit))))
        }
    }
}

/// The entries before those of another page.
pub(super) fn older_entries(sight: &Sight<'_>, allowance: &Allowance, page: &Entries) -> Markup {
    html! {
        section {
            (bar(allowance, None))
            p { a href=(sight.here) { "The newest entries, and where it comes from" } }
            h2 { "What happened before" }
            @if page.items.is_empty() { p.soft { "Nothing happened before that." } }
            @else { (entries_table(sight, &page.items, (page.next, allowance.unit), None)) }
        }
    }
}

/// Entries, what they and all before them come to above them, and what was there before them below: with every page of
/// them, the rows add up.
fn entries_table(
    sight: &Sight<'_>,
    entries: &[EntryView],
    (next, unit): (Option<i64>, Unit),
    sum: Option<&Markup>,
) -> Markup {
    let mut rows: Vec<Markup> = sum.cloned().into_iter().collect();
    rows.extend(by_act(entries, unit).iter().map(|entry| entry_row(sight, entry, unit)));
    if let Some(oldest) = entries.last().filter(|_| next.is_some()) {
        rows.push(before(oldest, unit));
    }
    let heads = [
        Head::Text("What"),
        Head::Wide(if sight.visitor.is_some() { "Who" } else { "" }),
        Head::Text("When"),
        Head::WideNumber("Balance"),
        Head::WideNumber("On hold"),
        Head::Number("Left"),
    ];
    html! {
        (parts::table("Entries", &heads, &rows))
        @if let Some(next) = next {
            nav.pager aria-label="Pages" { a.btn rel="next" href=(sight.page_of_entries(unit, next)) { "Older" } }
        }
    }
}

/// What was there before the oldest entry of a page.
fn before(oldest: &EntryView, unit: Unit) -> Markup {
    let atoms = |figure: &Decimal| figure.rounded_atoms(unit);
    let held = atoms(&oldest.held_after) - atoms(&oldest.held_change);
    let posted = atoms(&oldest.left_after) + atoms(&oldest.held_after) - atoms(&oldest.balance_change);
    let said = |atoms: i64| parts::hours(Quantity::new(atoms, unit));
    html! { tr.sum {
        td { "All that happened before" span.narrow { "balance " (said(posted)) ", on hold " (said(held)) } }
        td.wide {} td {} td.n.wide { (said(posted)) } td.n.wide { (said(held)) } td.n { (said(posted - held)) }
    } }
}

/// The sums of all that ever happened, above the entries.
fn together(totals: &[TotalView], unit: Unit) -> Markup {
    let sum =
        |pick: fn(&TotalView) -> &Decimal| -> i64 { totals.iter().map(|total| pick(total).rounded_atoms(unit)).sum() };
    let (posted, held) = (sum(|total| &total.balance), sum(|total| &total.held));
    let said = |atoms: i64| parts::hours(Quantity::new(atoms, unit));
    html! { tr.sum {
        td { "Together" span.narrow { "balance " (said(posted)) ", on hold " (said(held)) } }
        td.wide {} td {} td.n.wide { (said(posted)) } td.n.wide { (said(held)) } td.n { (said(posted - held)) }
    } }
}

/// What ends next; while the clock stands, how long it will have when it goes on.
fn expiry(sight: &Sight<'_>, explanation: &Explanation) -> Markup {
    let Explanation { allowance, stands_since, .. } = explanation;
    let next = allowance.next_expiry.as_ref();
    html! {
        @if let Some(since) = *stands_since {
            p.amber { "The clock stands still since " (sight.clock.instant(since)) ": nothing is used and nothing expires."
                @if let Some(next) = next {
                    " " (parts::hours_sign(next.quantity.quantity(allowance.unit))) " will have "
                    (span(next.at.duration_since(since).as_hours())) " left when it goes on."
                }
            }
        } @else if let Some(next) = next {
            p.soft { (parts::hours_sign(next.quantity.quantity(allowance.unit))) " end on " (sight.clock.instant(next.at)) " unless they are used or held by then." }
        }
    }
}

/// How long something lasts, in whole days, or in hours where it is less than one.
fn span(hours: i64) -> String {
    match hours {
        ..1 => "less than an hour".to_owned(),
        1..24 => format!("{hours} hours"),
        24..48 => "a day".to_owned(),
        _ => format!("{} days", hours / 24),
    }
}

/// The lots that count, their sums, which are the figures above, and then what does not count.
fn lot_rows(sight: &Sight<'_>, lots: &[LotView], allowance: &Allowance) -> Vec<Markup> {
    let unit = allowance.unit;
    let of = |counts: bool| lots.iter().filter(move |lot| lot.counts == counts);
    let row = |lot| lot_row(sight, lot, (precision(lot, lots, sight.clock.zone), unit));
    let mut rows: Vec<Markup> = of(true).map(row).collect();
    if rows.len() > 1 || (!rows.is_empty() && of(false).next().is_some()) {
        let sum = |pick: fn(&LotView) -> &Decimal| {
            parts::hours(Quantity::new(of(true).map(|lot| pick(lot).rounded_atoms(unit)).sum(), unit))
        };
        rows.push(html! { tr.sum {
            td { "Together" } td.wide {} td {}
            td.n.wide { (sum(|lot| &lot.amount)) } td.n { (sum(|lot| &lot.used)) } td.n { (sum(|lot| &lot.held)) } td.n { (sum(|lot| &lot.left)) }
        } });
    }
    rows.extend(of(false).map(row));
    rows
}

/// Days are enough to tell a lot, unless it begins and ends on one, or another of the same source has the same days.
fn precision(lot: &LotView, lots: &[LotView], zone: &TimeZone) -> Precision {
    let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
    let days = |lot: &LotView| (day(lot.effective_at), lot.expires_at.map(day));
    let (since, until) = days(lot);
    let like = |other: &&LotView| other.source == lot.source && days(other) == (since, until);
    if until == Some(since) || lots.iter().filter(like).count() > 1 { Precision::Hour } else { Precision::Day }
}

fn lot_row(sight: &Sight<'_>, lot: &LotView, (precision, unit): (Precision, Unit)) -> Markup {
    let amount = |figure: &Decimal| parts::amount(figure, unit);
    // A phone shows only the end, and has room for its hour below its day.
    let until = |at: Timestamp| match precision {
        Precision::Day => sight.clock.in_column(at, precision),
        Precision::Hour => sight.clock.instant(at),
    };
    html! {
        tr {
            td { (source(&lot.source)) @if let Some(note) = &lot.note { br; span.soft { (note) } } }
            td.wide { (sight.clock.in_column(lot.effective_at, precision)) }
            td { @if lot.note.is_some() { "ended" } @else if let Some(end) = lot.expires_at { (until(end)) } @else { "no\u{a0}end" } }
            td.n.wide { @if lot.unlimited { "no limit" } @else { (amount(&lot.amount)) } }
            td.n { (amount(&lot.used)) }
            td.n { (amount(&lot.held)) }
            td.n { @if lot.unlimited { "no limit" } @else { (amount(&lot.left)) } }
        }
    }
}

fn hold_row(sight: &Sight<'_>, hold: &HoldView, unit: Unit) -> Markup {
    let is_seen = sight.visitor.is_some();
    html! {
        tr {
            td {
                @if hold.subject_kind == "ticket" {
                    (sight.ticket(&hold.subject, hold.title.as_deref()))
                    @if is_seen { " " span.id { (hold.subject) } }
                } @else { (hold.subject_kind) @if is_seen { " " (hold.subject) } }
            }
            td.wide { (sight.clock.time(hold.since)) }
            td.n { (parts::amount(&hold.quantity, unit)) }
        }
    }
}

/// Sums of kinds that have one word are one sum: captured and consumed are both used.
fn in_words(totals: &[TotalView], unit: Unit) -> Vec<TotalView> {
    let mut merged: Vec<TotalView> = Vec::new();
    for total in totals {
        let sum =
            |a: &Decimal, b: &Decimal| Decimal::of(Quantity::new(a.rounded_atoms(unit) + b.rounded_atoms(unit), unit));
        match merged.iter_mut().find(|known| kind(&known.kind) == kind(&total.kind)) {
            Some(known) => {
                known.balance = sum(&known.balance, &total.balance);
                known.held = sum(&known.held, &total.held);
            }
            None => merged.push(total.clone()),
        }
    }
    merged
}

fn total_rows(totals: &[TotalView], explanation: &Explanation) -> Vec<Markup> {
    let unit = explanation.allowance.unit;
    let amount = |figure: &Decimal| parts::amount(figure, unit);
    let totals = in_words(totals, unit);
    let steps: Vec<i64> = totals.iter().map(|total| total.balance.rounded_atoms(unit)).collect();
    let falls = Falls::of(&steps);
    let mut sofar = 0;
    let mut rows = Vec::new();
    for (total, step) in totals.iter().zip(&steps) {
        rows.push(html! { tr {
            td { (kind(&total.kind)) } td.fall { (falls.bar(sofar, sofar + step)) }
            td.n { (amount(&total.balance)) } td.n { (amount(&total.held)) }
        } });
        sofar += step;
    }
    let word = if explanation.adds_up { "Together" } else { "Together (this does not add up: please tell us)" };
    let held: i64 = totals.iter().map(|total| total.held.rounded_atoms(unit)).sum();
    let said = |atoms: i64| parts::hours(Quantity::new(atoms, unit));
    rows.push(html! { tr.sum {
        td { (word) } td.fall { (falls.bar(0, sofar)) } td.n { (said(sofar)) } td.n { (said(held)) }
    } });
    if held != 0 && !explanation.allowance.unlimited {
        let left = sofar - held;
        rows.push(html! { tr {
            td { "Of it on hold" } td.fall { (falls.drawn("held", left, sofar)) } td.n { (said(-held)) } td.n {}
        } });
        rows.push(html! { tr.sum { td { "Left" } td.fall { (falls.bar(0, left)) } td.n { (said(left)) } td.n {} } });
    }
    rows
}

/// Entries of one act as one: work may be taken from several lots, and all of them are named. The newest stand first,
/// so what was left after the act is told by the first of them.
fn by_act(entries: &[EntryView], unit: Unit) -> Vec<EntryView> {
    let mut acts: Vec<EntryView> = Vec::new();
    let sum =
        |a: &Decimal, b: &Decimal| Decimal::of(Quantity::new(a.rounded_atoms(unit) + b.rounded_atoms(unit), unit));
    for entry in entries {
        let same = |act: &&mut EntryView| {
            kind(&act.kind) == kind(&entry.kind)
                && act.at == entry.at
                && act.ticket == entry.ticket
                && entry.ticket.is_some()
        };
        match acts.last_mut().filter(same) {
            Some(act) => {
                if let (Some(known), Some(more)) = (&mut act.source, &entry.source)
                    && !known.split(" and ").any(|one| one == more)
                {
                    *known = format!("{known} and {more}");
                }
                act.balance_change = sum(&act.balance_change, &entry.balance_change);
                act.held_change = sum(&act.held_change, &entry.held_change);
            }
            None => acts.push(entry.clone()),
        }
    }
    acts
}

fn entry_row(sight: &Sight<'_>, entry: &EntryView, unit: Unit) -> Markup {
    let amount = |figure: &Decimal| parts::amount(figure, unit);
    // Names and reasons are for those who have signed in: a reason may be a sentence about anybody.
    let is_seen = sight.visitor.is_some();
    html! {
        tr {
            td {
                @match (&entry.ticket, &entry.about) {
                    (Some(number), title) => {
                        @match kind_of(&entry.kind) { Some(word) => (word), None => { (kind(&entry.kind)) ":" } }
                        " " (sight.ticket(number, title.as_deref()))
                    },
                    (None, Some(about)) if is_seen => { (kind(&entry.kind)) ": " (about) },
                    _ => (kind(&entry.kind)),
                }
                @if let Some(reason) = entry.reason.as_ref().filter(|_| is_seen) { " " span.soft { (reason) } }
                @if let Some(source) = &entry.source { " " span.soft { "from " (source) } }
                (moved(entry, unit))
            }
            td.wide { @if is_seen { (parts::actor(&entry.actor)) } }
            td { (sight.clock.time(entry.at)) }
            td.n.wide { (amount(&entry.balance_change)) }
            td.n.wide { (amount(&entry.held_change)) }
            td.n { (amount(&entry.left_after)) }
        }
    }
}

/// What an entry moved, where a phone leaves out the columns that say so.
fn moved(entry: &EntryView, unit: Unit) -> Markup {
    let is_some = |figure: &Decimal| figure.rounded_atoms(unit) != 0;
    let (balance, held) = (is_some(&entry.balance_change), is_some(&entry.held_change));
    html! {
        span.narrow {
            @if balance { "balance " (parts::amount(&entry.balance_change, unit)) }
            @if balance && held { ", " }
            @if held { "on hold " (parts::amount(&entry.held_change, unit)) }
        }
    }
}
