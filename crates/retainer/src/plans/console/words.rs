//! Terms in words that a person would use.

use kernel::{Period, Quantity};
use maud::{Markup, html};

use crate::pages::parts::{hours_sign, money};
use crate::plans::Terms;
use crate::plans::terms::{CreditClose, ExpiryRule, OverageRule, RolloverRule, UpgradeRule};

/// What a period costs: `$450.00 a month`.
pub fn price(terms: &Terms) -> Markup {
    html! { (money(terms.price)) @if terms.period != Period::Once { " a " (terms.period) } }
}

/// What a period grants.
pub(super) fn allowance(terms: &Terms) -> Markup {
    html! { @match terms.allowance() { Some(amount) => (hours_sign(amount)), None => "no limit" } }
}

/// What happens to units that are left.
pub(super) fn left_over(terms: &Terms) -> Markup {
    let amount = |atoms: i64| hours_sign(Quantity::new(atoms, terms.unit));
    html! {
        @match terms.rollover {
            RolloverRule::None if terms.expiry == ExpiryRule::Never => { "stays usable" }
            RolloverRule::None => { "is lost" }
            RolloverRule::All => { "moves on" }
            RolloverRule::Cap => { "up to " (amount(terms.rollover_cap.unwrap_or_default())) " moves on" }
        }
        @if let Some(count) = terms.rollover_periods { ", for " (counted(count, terms.period.word())) " more" }
    }
}

/// When units expire.
pub(super) fn expiry(terms: &Terms) -> String {
    let count = terms.expiry_count.unwrap_or(1);
    match terms.expiry {
        ExpiryRule::PeriodEnd => format!("with the {}", terms.period),
        ExpiryRule::Periods => format!("after {}", counted(count, terms.period.word())),
        ExpiryRule::Days => format!("after {}", counted(count, "day")),
        ExpiryRule::Never => "never".to_owned(),
    }
}

/// What happens when work needs more than is left.
pub(super) fn overage(terms: &Terms) -> Markup {
    html! {
        @match (terms.overage, terms.credit) {
            (OverageRule::Credit, Some(credit)) => {
                "up to " (hours_sign(Quantity::new(credit.limit, terms.unit))) " more at " (money(credit.rate)) " each, "
                (match credit.close {
                    CreditClose::Bill => "billed when the period closes",
                    CreditClose::Carry => "paid with the next period's units",
                    CreditClose::Forgive => "forgiven when the period closes",
                })
            }
            (OverageRule::Ask, _) => { "the customer is asked first" }
            _ => { "no more until there are new ones" }
        }
    }
}

/// All of it, by name.
pub fn facts(terms: &Terms) -> Vec<(&'static str, Markup)> {
    let trial = match terms.trial_days {
        0 => "none".to_owned(),
        days => counted(days, "day"),
    };
    let upgrade = match terms.upgrade {
        UpgradeRule::Replace => {
            "replaces the plan before: the whole difference in price is billed, and the units that it has more come at once"
        }
        UpgradeRule::Stack => {
            "leaves the plan before beside it: the whole difference in price is billed, and all its units come at once"
        }
    };
    vec![
        ("Price", price(terms)),
        ("Allowance", allowance(terms)),
        ("Expires", html! { (expiry(terms)) }),
        ("Unused at the end", left_over(terms)),
        ("When it is used up", overage(terms)),
        ("Trial", html! { (trial) }),
        ("Changing to it in mid-period", html! { (upgrade) }),
    ]
}

fn counted(count: i16, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}
