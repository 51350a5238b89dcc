//! A customer's statement: it opens on what is billed now, and the time before is a click away.

use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use kernel::id::CustomerId;
use kernel::{Decimal, Permission, Quantity, Unit};
use maud::{Markup, html};
use runtime::http::{At, Query};
use runtime::{Error, Tx};

use crate::doors::{PageHalt, Visitor};
use crate::ledger::console::kind;
use crate::organizations;
use crate::pages::parts::{self, Head};
use crate::pages::{Form, Room, Shell, again, shell};
use crate::reports::api::{DaysWanted, csv_file};
use crate::reports::statement::{Days, Statement, StatementLine, StatementUnit, statement};
use crate::subscriptions::find::{of_customer, periods};

/// How many times are a click away, the present one included.
const SHOWN: usize = 4;

const THIS_PERIOD: &str = "This period";

/// A time that the statement can be opened on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stretch {
    name: String,
    from: Date,
    to: Date,
}

pub(super) async fn get_statement(
    mut visitor: Visitor,
    At(customer): At<CustomerId>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    let tx = visitor.read().await?;
    let stretches = stretches(&visitor, &tx, customer).await?;
    let first = stretches.first().map_or_else(Days::default, |now| Days { from: Some(now.from), to: Some(now.to) });
    let asked = Days { from: day(&mut form, "from"), to: day(&mut form, "to") };
    let days = if form.is_good() && (asked.from.is_some() || asked.to.is_some()) { asked } else { first };
    let statement = match statement(&tx, customer, days).await {
        Ok(statement) => statement,
        Err(error) => {
            form.refused(error)?;
            statement(&tx, customer, first).await?
        }
    };
    visitor.shows("from", &statement.from.to_string());
    visitor.shows("to", &statement.to.to_string());
    let is_good = form.is_good();
    let page = statement_page(&visitor, &form, &statement, &stretches);
    Ok(if is_good { page.into_response() } else { again(&page) })
}

/// A day from a field that may be left empty.
fn day(form: &mut Form, name: &str) -> Option<Date> {
    if form.value(name).trim().is_empty() { None } else { form.choose(name, "a day") }
}

/// The period that runs and those before it; months where none runs, and for staff who are told nothing of billing. The last is
/// always the year.
async fn stretches(visitor: &Visitor, tx: &Tx, customer: CustomerId) -> Result<Vec<Stretch>, Error> {
    let zone = organizations::find::own(tx).await?.zone;
    let (zone, now) = (zone.rules(), tx.now());
    let mut all = Vec::new();
    if !visitor.is_staff() || visitor.may(Permission::BillingRead) {
        let plan = of_customer(tx, customer).await?;
        let lines = match plan.filter(|plan| !plan.has_stopped()) {
            Some(plan) => periods(tx, plan.id).await?,
            None => Vec::new(),
        };
        let begun = lines.iter().filter(|line| line.starts_at <= now).map(|line| (line.starts_at, line.ends_at));
        all = of_periods(&begun.take(SHOWN).collect::<Vec<_>>(), zone, now);
    }
    let today = now.to_zoned(zone.clone()).date();
    if all.is_empty() {
        all = months(today);
    }
    let year = today.checked_sub(jiff::Span::new().years(1)).unwrap_or(today);
    all.push(Stretch { name: "A year".to_owned(), from: year, to: today });
    Ok(all)
}

/// Periods as days, the newest first; none where the newest is over.
fn of_periods(periods: &[(Timestamp, Option<Timestamp>)], zone: &TimeZone, now: Timestamp) -> Vec<Stretch> {
    if periods.first().is_none_or(|(_, end)| end.is_some_and(|end| end <= now)) {
        return Vec::new();
    }
    let today = now.to_zoned(zone.clone()).date();
    let stretch = |(place, (start, end)): (usize, &(Timestamp, Option<Timestamp>))| {
        // A period ends with the instant in which the next begins.
        let last = end.and_then(|end| end.checked_sub(SignedDuration::from_nanos(1)).ok());
        let day = |at: Timestamp| -> Date { Zoned::new(at, zone.clone()).date() };
        let (from, to) = (day(*start), last.map_or(today, day).min(today));
        let name = if place == 0 { THIS_PERIOD.to_owned() } else { format!("From {}", in_words(from, today)) };
        Stretch { name, from, to }
    };
    let mut stretches: Vec<Stretch> = periods.iter().enumerate().map(stretch).collect();
    // Periods begin at any hour. The day on which one begins is told with it alone, or its rows would stand in two sums.
    for place in 1..stretches.len() {
        let before = stretches[place - 1].from.yesterday().unwrap_or(stretches[place].to);
        stretches[place].to = stretches[place].to.min(before);
    }
    stretches.retain(|stretch| stretch.from <= stretch.to);
    stretches
}

fn in_words(day: Date, today: Date) -> String {
    day.strftime(if day.year() == today.year() { "%-d %b" } else { "%-d %b %Y" }).to_string()
}

/// This month and those before it.
fn months(today: Date) -> Vec<Stretch> {
    let first = today.first_of_month();
    let begins =
        (0..SHOWN).filter_map(|back| first.checked_sub(jiff::Span::new().months(i32::try_from(back).ok()?)).ok());
    let stretch = |from: Date| {
        let name = if from == first { "This month".to_owned() } else { from.strftime("%B").to_string() };
        Stretch { name, from, to: from.last_of_month().min(today) }
    };
    begins.map(stretch).collect()
}

fn statement_page(visitor: &Visitor, form: &Form, statement: &Statement, stretches: &[Stretch]) -> Markup {
    let title = format!("Statement of {}", statement.name);
    let path = visitor.path(&format!("/customers/{}/statement", statement.customer));
    let file = format!("{path}.csv?from={}&to={}", statement.from, statement.to);
    let actions = html! { a.btn href=(file) { "CSV" } };
    let room = if visitor.is_staff() { Room::Customers } else { Room::Balance };
    let frame = Shell { visitor, room, title: &title, actions };
    let shown = Form::blank().with("from", statement.from.to_string()).with("to", statement.to.to_string());
    let form = if form.is_good() { &shown } else { form };
    let fields = html! { (parts::Input::date(form, "from", "From")) (parts::Input::date(form, "to", "To")) };
    shell(
        &frame,
        &html! {
            (parts::wrong(form))
            nav.states aria-label="Time" {
                @for Stretch { name, from, to } in stretches {
                    a href={ (path) "?from=" (from) "&to=" (to) } aria-current=[((*from, *to) == (statement.from, statement.to)).then_some("page")] { (name) }
                }
            }
            (parts::filters(&path, form, &fields))
            @if stretches.first().is_some_and(|now| now.name == THIS_PERIOD) {
                p.soft { "Days are whole: the one on which a period begins stands with that period." }
            }
            @if statement.units.is_empty() { p.soft { "Nothing was ever granted or used." } }
            @for unit in &statement.units { (unit_part(visitor, unit)) }
            (payments_part(visitor, statement))
        },
    )
}

pub(super) async fn get_statement_csv(
    visitor: Visitor,
    At(customer): At<CustomerId>,
    Query(wanted): Query<DaysWanted>,
) -> Result<Response, PageHalt> {
    let tx = visitor.read().await?;
    Ok(csv_file(&statement(&tx, customer, wanted.days()).await?)?)
}

/// What came and went, by what it was, in the order in which it first happened.
fn sums(unit: &StatementUnit) -> Vec<(String, i64)> {
    let mut sums: Vec<(String, i64)> = Vec::new();
    for line in &unit.lines {
        let (word, change) = (kind(&line.kind), line.change.rounded_atoms(unit.unit));
        match sums.iter_mut().find(|(known, _)| known == word) {
            Some((_, sum)) => *sum += change,
            None => sums.push((word.to_owned(), change)),
        }
    }
    sums
}

/// The sums above the rows: from what was there to what is there.
fn together(unit: &StatementUnit) -> Markup {
    let said = |atoms: i64| parts::hours_sign(Quantity::new(atoms, unit.unit));
    let end = |figure: &Decimal| said(figure.rounded_atoms(unit.unit));
    html! {
        p.together {
            "From " b { (end(&unit.opening)) } " to " b { (end(&unit.closing)) } ": "
            @for (place, (word, sum)) in sums(unit).iter().enumerate() {
                @if place > 0 { ", " } (word.to_lowercase()) " " b { (said(*sum)) }
            }
            @if unit.lines.is_empty() { "nothing came and nothing went" } "."
        }
    }
}

/// What a unit's section is called.
const fn heading(unit: Unit) -> &'static str {
    match unit {
        Unit::Hour => "Hours",
        Unit::Session => "Sessions",
        Unit::Message => "Messages",
        Unit::Token => "Tokens",
        Unit::Seat => "Seats",
        Unit::Money(_) => "Money",
    }
}

fn unit_part(visitor: &Visitor, unit: &StatementUnit) -> Markup {
    let amount = |figure: &Decimal| parts::amount(figure, unit.unit);
    let mut rows =
        vec![html! { tr { td { "Opening balance" } td.wide {} td {} td.n {} td.n { (amount(&unit.opening)) } } }];
    rows.extend(by_act(unit).iter().map(|line| {
        html! {
            tr {
                td { (line.what) }
                td.wide { @if let Some(number) = &line.ticket { a href=(visitor.path(&format!("/tickets/{number}"))) { (number) } } }
                td { (parts::date(visitor, line.at)) }
                td.n { (amount(&line.change)) }
                td.n { (amount(&line.balance)) }
            }
        }
    }));
    rows.push(html! { tr.sum { td { "Closing balance" } td.wide {} td {} td.n {} td.n { (amount(&unit.closing)) } } });
    let heads =
        [Head::Text("What"), Head::Wide("Ticket"), Head::Text("When"), Head::Number("Change"), Head::Number("Balance")];
    html! {
        section {
            h2 { (heading(unit.unit)) }
            (together(unit))
            (parts::table("Statement", &heads, &rows))
            p.soft { "Of the closing balance " (parts::hours_sign(unit.held.quantity(unit.unit))) " are held by open work." }
        }
    }
}

/// Lines of one act as one: work may be taken from several lots, which is the ledger's affair. The oldest stand first, so
/// what was there after the act is told by the last of them.
fn by_act(unit: &StatementUnit) -> Vec<StatementLine> {
    let mut acts: Vec<StatementLine> = Vec::new();
    for line in &unit.lines {
        let same = |act: &&mut StatementLine| {
            act.ticket.is_some() && act.ticket == line.ticket && act.what == line.what && act.at == line.at
        };
        match acts.last_mut().filter(same) {
            Some(act) => {
                let sum = act.change.rounded_atoms(unit.unit) + line.change.rounded_atoms(unit.unit);
                act.change = Decimal::of(Quantity::new(sum, unit.unit));
                act.balance = line.balance.clone();
            }
            None => acts.push(line.clone()),
        }
    }
    acts
}

fn payments_part(visitor: &Visitor, statement: &Statement) -> Markup {
    let rows: Vec<Markup> = statement
        .payments
        .iter()
        .flatten()
        .map(|payment| {
            let what = if payment.amount.minor < 0 { "Given back" } else { "Paid" };
            html! {
                tr {
                    td { (what) }
                    td { (payment.invoice.as_deref().unwrap_or_default()) }
                    td { (parts::date(visitor, payment.at)) }
                    td.n { (parts::money(payment.amount)) }
                }
            }
        })
        .collect();
    html! {
        @if !rows.is_empty() {
            section {
                h2 { "Payments" }
                (parts::table("Payments", &[Head::Text("What"), Head::Text("Invoice"), Head::Text("When"), Head::Number("Amount")], &rows))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().expect("a day")
    }

    #[test]
    fn without_a_plan_the_months_are_those_of_the_calendar() {
        let months = months(date("2026-11-20"));
        let said: Vec<_> = months.iter().map(|month| (month.name.as_str(), month.from, month.to)).collect();
        assert_eq!(said[0], ("This month", date("2026-11-01"), date("2026-11-20")));
        assert_eq!(said[1], ("October", date("2026-10-01"), date("2026-10-31")));
        assert_eq!(said.len(), SHOWN);
    }

    #[test]
    fn a_period_ends_on_the_day_before_the_next_begins() {
        let zone = TimeZone::get("Europe/Stockholm").expect("bundled");
        let at = |text: &str| text.parse::<Timestamp>().expect("an instant");
        let begun = [
            (at("2026-10-31T23:00:00Z"), Some(at("2026-11-30T23:00:00Z"))),
            (at("2026-09-30T22:00:00Z"), Some(at("2026-10-31T23:00:00Z"))),
        ];
        let stretches = of_periods(&begun, &zone, at("2026-11-20T09:00:00Z"));
        assert_eq!((stretches[0].from, stretches[0].to), (date("2026-11-01"), date("2026-11-20")));
        assert_eq!((stretches[1].from, stretches[1].to), (date("2026-10-01"), date("2026-10-31")));
        assert_eq!((&*stretches[0].name, &*stretches[1].name), ("This period", "From 1 Oct"));
        assert_eq!(of_periods(&begun, &zone, at("2026-12-20T09:00:00Z")), []);
        // One that begins in the afternoon has that day to itself.
        let sold = [
            (at("2026-11-12T14:30:00Z"), Some(at("2026-12-12T14:30:00Z"))),
            (at("2026-10-12T13:30:00Z"), Some(at("2026-11-12T14:30:00Z"))),
        ];
        let stretches = of_periods(&sold, &zone, at("2026-11-20T09:00:00Z"));
        assert_eq!((stretches[0].from, stretches[0].to), (date("2026-11-12"), date("2026-11-20")));
        assert_eq!((stretches[1].from, stretches[1].to), (date("2026-10-12"), date("2026-11-11")));
    }
}
