//! The waterfall of a balance: its steps as bars.

use maud::{Markup, html};

/// What a balance went through, from the least that it was to the most: where its steps are drawn.
pub(super) struct Falls {
    least: i64,
    whole: i64,
}

impl Falls {
    /// Of the steps, each by how much it moved the balance.
    pub(super) fn of(steps: &[i64]) -> Self {
        let (mut sofar, mut least, mut most) = (0i64, 0i64, 0i64);
        for step in steps {
            sofar += step;
            (least, most) = (least.min(sofar), most.max(sofar));
        }
        Self { least, whole: (most - least).max(1) }
    }

    /// A step from one balance to another; what came is light and what went is dark, and the numbers stand beside it.
    pub(super) fn bar(&self, from: i64, to: i64) -> Markup {
        // What only went on hold or came back from it moved no balance.
        if from == to {
            return html! {};
        }
        self.drawn(if to >= from { "left" } else { "used" }, from, to)
    }

    /// From one balance to another, in the colours of a class of the balance bar.
    pub(super) fn drawn(&self, class: &str, from: i64, to: i64) -> Markup {
        let share = |atoms: i64| {
            let hundredths = i128::from(atoms) * 10_000 / i128::from(self.whole);
            format!("{}.{:02}%", hundredths / 100, hundredths % 100)
        };
        html! {
            svg.bar width="100%" height="10" aria-hidden="true" {
                rect class=(class) x=(share(from.min(to) - self.least)) width=(share((to - from).abs())) height="10" fill=[(class == "held").then_some("url(#held)")] {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_of_a_balance_are_drawn_between_the_least_and_the_most_that_it_was() {
        let falls = Falls::of(&[600, -900, 400]);
        assert_eq!((falls.least, falls.whole), (-300, 900));
        let drawn = falls.bar(600, -300).into_string();
        assert!(drawn.contains("class=\"used\" x=\"0.00%\" width=\"100.00%\""), "{drawn}");
        let drawn = falls.bar(-300, 100).into_string();
        assert!(drawn.contains("class=\"left\" x=\"0.00%\" width=\"44.44%\""), "{drawn}");
        assert_eq!(Falls::of(&[]).whole, 1);
    }
}
