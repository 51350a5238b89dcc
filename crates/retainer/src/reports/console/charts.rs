//! The charts of the reports, each with a sentence that says what happened.

use kernel::{Quantity, Unit};
use maud::Markup;

use super::revenue_sentence;
use crate::doors::Visitor;
use crate::pages::parts::{Bars, Chart, Series, chart};
use crate::reports::hours::HoursReport;
use crate::reports::months::MonthFigures;
use crate::reports::revenue::Revenue;

/// The columns of the months, leading to the rows of one kind.
fn columns(visitor: &Visitor, months: &[MonthFigures], rows: &str) -> Vec<(String, String, Option<String>)> {
    let column = |figures: &MonthFigures| {
        let first = figures.month.first;
        let to = visitor.path(&format!("/reports/month?of={}&rows={rows}", first.strftime("%Y-%m")));
        (first.strftime("%b").to_string(), first.strftime("%B %Y").to_string(), Some(to))
    };
    months.iter().map(column).collect()
}

pub(super) fn revenue_chart(visitor: &Visitor, revenue: &Revenue, months: &[MonthFigures]) -> Markup {
    let Some(currency) = months.first().map(|first| first.revenue.currency) else { return Markup::default() };
    let said = |minor: i64| kernel::Money::new(minor, currency).to_string();
    let figure = revenue.current_month.totals.first().map(|total| total.total.to_string());
    let columns = columns(visitor, months, "revenue");
    let to = columns.last().and_then(|(_, _, to)| to.clone());
    chart(&Chart {
        title: &revenue_sentence(revenue),
        asks: figure.as_deref().zip(to.as_deref()),
        bars: Bars::Beside,
        unit: &currency.to_string(),
        per: 10i64.pow(currency.exponent()),
        columns,
        series: vec![Series { name: "Revenue", values: months.iter().map(|month| month.revenue.minor).collect() }],
        said: &said,
        goes_on: true,
    })
}

pub(super) fn hours_chart(visitor: &Visitor, hours: &HoursReport, months: &[MonthFigures]) -> Markup {
    let atoms = |pick: fn(&crate::reports::hours::HoursMonth) -> i64| hours.months.iter().rev().map(pick).collect();
    let series = vec![
        Series { name: "Sold", values: atoms(|month| month.sold.rounded_atoms(Unit::Hour)) },
        Series {
            name: "Used",
            values: atoms(|month| month.used.rounded_atoms(Unit::Hour) + month.overage.rounded_atoms(Unit::Hour)),
        },
        Series { name: "Expired", values: atoms(|month| month.expired.rounded_atoms(Unit::Hour)) },
    ];
    let sum = |place: usize| series.get(place).map_or(0, |row: &Series<'_>| row.values.iter().sum());
    let title = hours_sentence(sum(0), sum(1), sum(2));
    chart(&Chart {
        title: &title,
        asks: None,
        bars: Bars::Beside,
        unit: "hours",
        per: Unit::Hour.atoms(),
        columns: columns(visitor, months, "hours"),
        series,
        said: &|atoms| format!("{} h", Quantity::new(atoms, Unit::Hour).told()),
        goes_on: true,
    })
}

/// "Of 538:00 h sold in twelve months 41 % were used and 52 % expired."
fn hours_sentence(sold: i64, used: i64, expired: i64) -> String {
    if sold <= 0 {
        return "No hours were sold in the last twelve months.".to_owned();
    }
    let share = |part: i64| (i128::from(part) * 200 / i128::from(sold) + 1) / 2;
    let used_words = match share(used) {
        0 if used == 0 => "none were".to_owned(),
        percent => format!("{percent}\u{a0}% were"),
    };
    let sold_words = Quantity::new(sold, Unit::Hour).told();
    let end = match share(expired) {
        0 if expired == 0 => "none expired".to_owned(),
        percent => format!("{percent}\u{a0}% expired"),
    };
    format!("Of {sold_words} h sold in the last twelve months {used_words} used and {end}.")
}

pub(super) fn tickets_chart(visitor: &Visitor, months: &[MonthFigures]) -> Markup {
    let title = tickets_sentence(months);
    chart(&Chart {
        title: &title,
        asks: None,
        bars: Bars::Lines,
        unit: "tickets",
        per: 1,
        columns: columns(visitor, months, "tickets"),
        series: vec![
            Series { name: "Opened", values: months.iter().map(|month| month.opened).collect() },
            Series { name: "Completed", values: months.iter().map(|month| month.completed).collect() },
        ],
        said: &|count| count.to_string(),
        goes_on: true,
    })
}

/// "42 tickets were opened in November so far, and 37 completed; in October 60 were opened and 58 completed."
fn tickets_sentence(months: &[MonthFigures]) -> String {
    let [.., before, now] = months else { return String::new() };
    let word = |figures: &MonthFigures| figures.month.first.strftime("%B").to_string();
    let tickets = |count: i64| if count == 1 { "One ticket was".to_owned() } else { format!("{count} tickets were") };
    let then = match (before.opened, before.completed) {
        (0, 0) => "none were".to_owned(),
        (opened, completed) => format!("{opened} were opened and {completed} completed"),
    };
    let (now, completed, before) =
        (format!("{} opened in {}", tickets(now.opened), word(now)), now.completed, word(before));
    format!("{now} so far, and {completed} completed; in {before} {then}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_the_hours_is_told_in_whole_percent() {
        let hours = |hours: i64| hours * 3600;
        assert_eq!(
            hours_sentence(hours(1200), hours(498), hours(6)),
            "Of 1,200:00 h sold in the last twelve months 42\u{a0}% were used and 1\u{a0}% expired."
        );
        assert!(hours_sentence(hours(10), 0, 0).ends_with("none were used and none expired."));
        assert_eq!(hours_sentence(0, 0, 0), "No hours were sold in the last twelve months.");
    }
}
