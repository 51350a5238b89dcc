//! The month as far as it is: what came in, and which hours are owed for it.

use kernel::{Money, Quantity};
use maud::{Markup, html};

use super::{change, compared_closely};
use crate::doors::Visitor;
use crate::pages::parts;
use crate::reports::revenue::Revenue;

/// What came in this month, how that stands to last month, and how many hours customers are owed; each leads to its rows.
pub(crate) fn so_far(visitor: &Visitor, revenue: &Revenue, owed: Quantity) -> Markup {
    let first = revenue.current_month.from.to_zoned(visitor.zone().clone());
    let rows = visitor.path(&format!("/reports/month?of={}&rows=revenue", first.strftime("%Y-%m")));
    let before = revenue.previous_month_to_date.totals.iter();
    html! {
        h2 { (first.strftime("%B")) }
        @for (place, total) in revenue.current_month.totals.iter().enumerate() {
            p {
                "Revenue is " a href=(rows) { b { (parts::money(total.total)) } } " so far"
                @if let Some(then) = before.clone().find(|then| then.total.currency == total.total.currency) {
                    ", " (compared(total.total, then.total))
                }
                "."
                @if place == 0 && owed.atoms > 0 { " You owe customers " a href=(visitor.path("/customers?show=all&sort=most")) { b { (parts::hours_sign(owed)) } } "." }
            }
        }
    }
}

/// How it stands to last month: `12 % more than last month to the same day ($24,125.00)`.
fn compared(now: Money, then: Money) -> Markup {
    html! {
        @match change(now, then) {
            None => "where last month had none by this day",
            Some(0) => (compared_closely(now, then)),
            Some(percent) if percent > 0 => { (percent) " % more than last month to the same day (" (parts::money(then)) ")" }
            Some(percent) => { (-percent) " % less than last month to the same day (" (parts::money(then)) ")" }
        }
    }
}
