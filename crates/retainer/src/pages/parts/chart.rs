//! Charts, drawn on the server as SVG: a title that says what happened, axes with their unit, values on hover, and the
//! table that they are drawn from behind them. Places across are shares of the width and letters have the page's size, so
//! a chart is as sharp on a phone as on a wide screen.

use maud::{Markup, html};

/// How the values of a chart are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bars {
    /// Bars beside each other, for amounts.
    Beside,
    /// Lines from point to point, for counts that go up and down.
    Lines,
}

/// One row of values, one for each column of the chart.
#[derive(Debug, Clone)]
pub struct Series<'a> {
    /// What they are.
    pub name: &'a str,
    /// In the smallest part of their unit: seconds, cents.
    pub values: Vec<i64>,
}

/// A chart.
pub struct Chart<'a> {
    /// What happened, in a sentence.
    pub title: &'a str,
    /// A figure of the title, and where the rows are that make it up.
    pub asks: Option<(&'a str, &'a str)>,
    /// How it is drawn.
    pub bars: Bars,
    /// What the axis counts: `hours`, `USD`, `tickets`.
    pub unit: &'a str,
    /// How many of the smallest part are one of the unit.
    pub per: i64,
    /// The columns: a short word for the axis, the whole one for the table, and where the rows behind it are.
    pub columns: Vec<(String, String, Option<String>)>,
    /// At most three rows of values.
    pub series: Vec<Series<'a>>,
    /// How a value is written.
    pub said: &'a dyn Fn(i64) -> String,
    /// Whether the last column is not over yet.
    pub goes_on: bool,
}

/// How high the drawing is, and what it leaves above and below.
const HEIGHT: i64 = 190;
const TOP: i64 = 16;
const BOTTOM: i64 = 24;

const CLASSES: [&str; 3] = ["first", "second", "third"];

/// What the axis shows: its lowest and highest value, and the step between its lines, in the smallest part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Scale {
    low: i64,
    high: i64,
    step: i64,
}

impl Scale {
    /// The scale that holds all values with a handful of lines, at round numbers of the unit.
    fn of(values: impl Iterator<Item = i64>, per: i64) -> Self {
        let (low, high) = values.fold((0, 0), |(low, high), value| (value.min(low), value.max(high)));
        let mut step = per.max(1);
        for factor in [2, 5, 10].into_iter().cycle() {
            if (high - low) / step <= 4 {
                break;
            }
            let power = step / per.max(1);
            let decade = 10i64.pow(power.ilog10());
            step = decade.saturating_mul(factor).saturating_mul(per.max(1));
        }
        let down = low.div_euclid(step) * step;
        let up = (high + step - 1).div_euclid(step).max(1) * step;
        Self { low: down, high: up, step }
    }

    fn y(self, value: i64) -> i64 {
        let room = i128::from(HEIGHT - TOP - BOTTOM);
        let share = i128::from(self.high - value) * room / i128::from(self.high - self.low);
        TOP + i64::try_from(share).unwrap_or(0)
    }

    fn lines(self) -> impl Iterator<Item = i64> {
        (0..=(self.high - self.low) / self.step).map(move |line| self.low + line * self.step)
    }
}

/// The chart with its title, its key and its table.
pub fn chart(chart: &Chart<'_>) -> Markup {
    let scale = Scale::of(chart.series.iter().flat_map(|series| series.values.iter().copied()), chart.per);
    html! {
        figure.chart {
            figcaption { (title(chart)) }
            p.keys {
                @if chart.series.len() > 1 {
                    @for (series, class) in chart.series.iter().zip(CLASSES) { span { i.key.(class) {} (series.name) } }
                }
                span { "in " (chart.unit) ", by month" @if chart.goes_on { "; the last one is not over" } }
            }
            div.plot aria-hidden="true" {
                svg width="100%" height=(HEIGHT) {
                    @for line in scale.lines() {
                        text x="44" y=(scale.y(line) + 4) text-anchor="end" { (grouped(line / chart.per.max(1))) }
                    }
                }
                svg width="100%" height=(HEIGHT) {
                    @for line in scale.lines() {
                        line class=(if line == 0 { "base" } else { "grid" }) x1="0" x2="100%" y1=(scale.y(line)) y2=(scale.y(line)) {}
                    }
                    @if chart.bars == Bars::Lines { (lines(chart, scale)) }
                    @for place in 0..chart.columns.len() { (column(chart, scale, place)) }
                }
            }
            (behind(chart))
        }
    }
}

/// The title, whose figure can be asked for what makes it up.
fn title(chart: &Chart<'_>) -> Markup {
    let parts = chart.asks.and_then(|(figure, to)| Some((chart.title.split_once(figure)?, figure, to)));
    html! {
        @match parts {
            Some(((before, after), figure, to)) => { (before) a href=(to) { (figure) } (after) },
            None => (chart.title),
        }
    }
}

/// Hundredths of a percent of the width where a column begins.
fn place_of(chart: &Chart<'_>, place: usize) -> i64 {
    let (place, columns) = (i64::try_from(place).unwrap_or(0), i64::try_from(chart.columns.len().max(1)).unwrap_or(1));
    place * 10_000 / columns
}

fn percent(hundredths: i64) -> String {
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

fn column(chart: &Chart<'_>, scale: Scale, place: usize) -> Markup {
    let (from, to) = (place_of(chart, place), place_of(chart, place + 1));
    let middle = i64::midpoint(from, to);
    let (short, _, link) = &chart.columns[place];
    let drawn = html! {
        title { (heard(chart, place)) }
        rect.hover x=(percent(from)) width=(percent(to - from)) y="0" height=(HEIGHT - BOTTOM) {}
        @if chart.bars == Bars::Beside { (bars(chart, scale, place)) }
        @else { (points(chart, scale, place)) }
        text .odd[(chart.columns.len() - place).is_multiple_of(2)] x=(percent(middle)) y=(HEIGHT - 6) text-anchor="middle" { (short) }
    };
    html! {
        g .unfinished[chart.goes_on && chart.bars == Bars::Beside && place + 1 == chart.columns.len()] {
            @if let Some(link) = link { a href=(link) tabindex="-1" { (drawn) } } @else { (drawn) }
        }
    }
}

/// The words of a column: `November 2026: sold 538:00 h, used 138:36 h`.
fn heard(chart: &Chart<'_>, place: usize) -> String {
    let values: Vec<_> = chart
        .series
        .iter()
        .map(|series| format!("{} {}", series.name.to_lowercase(), (chart.said)(value(series, place))))
        .collect();
    format!("{}: {}", chart.columns[place].1, values.join(", "))
}

fn value(series: &Series<'_>, place: usize) -> i64 {
    series.values.get(place).copied().unwrap_or(0)
}

fn bars(chart: &Chart<'_>, scale: Scale, place: usize) -> Markup {
    let (from, to) = (place_of(chart, place), place_of(chart, place + 1));
    let edge = (to - from) / 7;
    let width = (to - from - 2 * edge) / i64::try_from(chart.series.len().max(1)).unwrap_or(1);
    html! {
        @for ((series, class), left) in chart.series.iter().zip(CLASSES).zip((0..).map(|number| from + edge + number * width)) {
            @let (value, zero) = (scale.y(value(series, place)), scale.y(0));
            rect class=(class) x=(percent(left)) width=(percent(width - width / 12)) y=(value.min(zero)) height=((value - zero).abs()) rx="1.5" {}
        }
    }
}

fn middle_of(chart: &Chart<'_>, place: usize) -> String {
    percent(i64::midpoint(place_of(chart, place), place_of(chart, place + 1)))
}

fn points(chart: &Chart<'_>, scale: Scale, place: usize) -> Markup {
    html! {
        @for (series, class) in chart.series.iter().zip(CLASSES) {
            circle class=(class) cx=(middle_of(chart, place)) cy=(scale.y(value(series, place))) r="2.5" {}
        }
    }
}

fn lines(chart: &Chart<'_>, scale: Scale) -> Markup {
    html! {
        @for (series, class) in chart.series.iter().zip(CLASSES) {
            @for place in 1..chart.columns.len() {
                line class=(class) x1=(middle_of(chart, place - 1)) y1=(scale.y(value(series, place - 1)))
                    x2=(middle_of(chart, place)) y2=(scale.y(value(series, place))) {}
            }
        }
    }
}

/// The table that the chart is drawn from, the newest first.
fn behind(chart: &Chart<'_>) -> Markup {
    html! {
        details {
            summary { "The figures" }
            div.scroll {
                table {
                    caption.heard { (chart.title) }
                    thead { tr { th scope="col" { "Month" } @for series in &chart.series { th.n scope="col" { (series.name) } } } }
                    tbody {
                        @for place in (0..chart.columns.len()).rev() {
                            @let (_, name, link) = &chart.columns[place];
                            tr {
                                td.whole { @if let Some(link) = link { a href=(link) { (name) } } @else { (name) } }
                                @for series in &chart.series {
                                    td.n { @if let Some(link) = link { a href=(link) { ((chart.said)(value(series, place))) } } @else { ((chart.said)(value(series, place))) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A whole number with its thousands parted.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::from(if number < 0 { "−" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_round_numbers_and_holds_every_value() {
        let scale = |values: &[i64], per| Scale::of(values.iter().copied(), per);
        assert_eq!(scale(&[], 1), Scale { low: 0, high: 1, step: 1 });
        assert_eq!(scale(&[3, 7], 1), Scale { low: 0, high: 8, step: 2 });
        assert_eq!(scale(&[2_973_000], 100), Scale { low: 0, high: 3_000_000, step: 1_000_000 });
        assert_eq!(scale(&[-150, 240], 1), Scale { low: -200, high: 300, step: 100 });
        assert!(scale(&[i64::MAX / 4], 3600).lines().count() <= 6);
    }

    #[test]
    fn the_highest_value_is_at_the_top_and_nothing_at_the_bottom() {
        let scale = Scale::of([8].into_iter(), 1);
        assert_eq!((scale.y(8), scale.y(0)), (TOP, HEIGHT - BOTTOM));
        assert_eq!((grouped(1234567), grouped(-900), grouped(0)), ("1,234,567".into(), "−900".into(), "0".into()));
    }
}
