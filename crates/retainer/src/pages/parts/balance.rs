//! The balance bar: used, held, left. The product's signature, wherever an allowance appears.

use kernel::Quantity;
use maud::{Markup, html};

use super::values::hours_sign;

/// An allowance in one unit.
#[derive(Debug, Clone, Copy)]
pub struct Balance<'a> {
    /// Used for good.
    pub used: Quantity,
    /// Promised to open work.
    pub held: Quantity,
    /// What is left to spend; negative when more was used than there was.
    pub left: Quantity,
    /// The page that tells why.
    pub why: Option<&'a str>,
    /// What the three are called.
    pub words: [&'a str; 3],
}

/// What the figures of an allowance are called.
pub const ALLOWANCE: [&str; 3] = ["used", "held", "left"];

/// What they are called where they are those of one ticket: what is left is what would be when it ends as it stands.
pub const TICKET: [&str; 3] = ["worked", "still held", "left after"];

/// The bar with its words below; clicking either leads to the "why".
pub fn balance(balance: &Balance<'_>) -> Markup {
    let Balance { used, held, left, why, words: [first, second, third] } = *balance;
    let [a, b] = shares(used.atoms, held.atoms, left.atoms);
    let words = format!("{} {first}, {} {second}, {} {third}", used.told(), held.told(), left.told());
    let bar = html! {
        svg.bar role="img" aria-label=(words) width="100%" height="14" {
            rect.left width="100%" height="14" rx="3" {}
            rect.used width=(percent(a)) height="14" rx="3" {}
            rect.held x=(percent(a)) width=(percent(b)) height="14" fill="url(#held)" {}
        }
    };
    html! {
        div.balance .over[left.atoms < 0] {
            @if let Some(why) = why { a.plain href=(why) title="Why?" { (bar) } } @else { (bar) }
            p.legend {
                span { b { (hours_sign(used)) } " " (first) }
                span { b { (hours_sign(held)) } " " (second) }
                span { b { (hours_sign(left)) } " " (third) }
                @if let Some(why) = why { a.why href=(why) { "Why?" } }
            }
        }
    }
}

/// Hundredths of a percent of the bar that used and held take.
fn shares(used: i64, held: i64, left: i64) -> [i64; 2] {
    let (used, held, left) = (i128::from(used.max(0)), i128::from(held.max(0)), i128::from(left.max(0)));
    let whole = used + held + left;
    let share = |part: i128| if whole == 0 { 0 } else { i64::try_from(part * 10_000 / whole).unwrap_or(10_000) };
    [share(used), share(held)]
}

fn percent(hundredths: i64) -> String {
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_fill_the_bar_and_no_more() {
        assert_eq!(shares(5400, 5400, 25200), [1500, 1500]);
        assert_eq!(shares(0, 0, 0), [0, 0]);
        assert_eq!(shares(3600, 0, -3600), [10_000, 0]);
        assert_eq!(percent(1505), "15.05%");
    }
}
