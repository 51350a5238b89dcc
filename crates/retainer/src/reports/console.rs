//! The pages of reports.

mod charts;
mod month;
mod so_far;
mod statement;

pub(crate) use so_far::so_far;

use std::cmp::Ordering;

use axum::Router;
use axum::routing::get;
use kernel::{Decimal, Money, Unit};
use maud::{Markup, html};

use super::hours::{HoursReport, hours};
use super::months::{MonthFigures, months};
use super::plans::{PlanCount, PlansReport, plans};
use super::revenue::{Revenue, RevenueMonth, revenue};
use super::tickets::{TicketsReport, tickets};
use crate::App;
use crate::doors::{PageHalt, Visitor};
use crate::pages::parts::{self, Head};
use crate::pages::{Room, Shell, shell};
use crate::sample;

/// The pages of reports.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/reports", get(get_reports))
        .route("/{organization}/reports/month", get(month::get_month))
        .route("/{organization}/customers/{id}/statement", get(statement::get_statement))
        .route("/{organization}/customers/{id}/statement.csv", get(statement::get_statement_csv))
}

async fn get_reports(visitor: Visitor) -> Result<Markup, PageHalt> {
    let tx = visitor.read().await?;
    let (revenue, plans, tickets, hours, months) =
        tokio::try_join!(revenue(&tx), plans(&tx), tickets(&tx), hours(&tx), months(&tx))?;
    let is_empty = tickets.total == 0 && plans.items.is_empty() && months.iter().all(|month| month.revenue.minor == 0);
    let begin = visitor.path("/customers");
    let offer = sample::console::offer(&visitor, &tx, is_empty).await?;
    let frame = Shell { visitor: &visitor, room: Room::Reports, title: "Reports", actions: html! {} };
    Ok(shell(
        &frame,
        &html! {
            @if is_empty {
                (parts::empty_with(parts::Empty {
                    title: "No figures yet",
                    text: "What is paid, which hours are sold, used and lost, and how many tickets come and go is drawn here, \
                           month by month. It begins with a customer who has a plan.",
                    action: Some((&begin, "To the customers")),
                }, &offer))
            } @else {
                (revenue_part(&visitor, &revenue, &months))
                (hours_part(&visitor, &hours, &months))
                (tickets_part(&visitor, &tickets, &months))
                (plans_part(&visitor, &plans))
            }
        },
    ))
}

/// What happened, in a sentence: "Revenue is $450.00 so far, 12 % more than last month to the same day."
fn revenue_sentence(revenue: &Revenue) -> String {
    let first = |month: &RevenueMonth| month.totals.first().map(|total| total.total);
    let (Some(now), Some(then)) = (first(&revenue.current_month), first(&revenue.previous_month_to_date)) else {
        return String::new();
    };
    let compared = match change(now, then) {
        None => "there was none last month to the same day".to_owned(),
        Some(0) => compared_closely(now, then),
        Some(percent) if percent > 0 => format!("{percent} % more than last month to the same day"),
        Some(percent) => format!("{} % less than last month to the same day", -percent),
    };
    format!("Revenue is {now} so far, {compared}.")
}

/// Two amounts that are no percent apart: by how much they differ, if they do.
fn compared_closely(now: Money, then: Money) -> String {
    let apart = Money::new((now.minor - then.minor).abs(), now.currency);
    match now.minor.cmp(&then.minor) {
        Ordering::Equal => "as much as last month to the same day".to_owned(),
        Ordering::Greater => format!("{apart} more than last month to the same day"),
        Ordering::Less => format!("{apart} less than last month to the same day"),
    }
}

/// By how many percent an amount differs from another, rounded; none where the other is nothing.
fn change(now: Money, then: Money) -> Option<i64> {
    (then.minor > 0).then(|| {
        let difference = i128::from(now.minor - then.minor) * 200 / i128::from(then.minor);
        i64::try_from((difference + difference.signum()) / 2).unwrap_or(0)
    })
}

fn revenue_part(visitor: &Visitor, revenue: &Revenue, months: &[MonthFigures]) -> Markup {
    let others: Vec<_> = [("this month", &revenue.current_month), ("last month", &revenue.previous_month)]
        .into_iter()
        .flat_map(|(name, month)| month.totals.iter().skip(1).map(move |total| (name, total)))
        .collect();
    let total = revenue.current_month.totals.first();
    html! {
        section {
            h2 { "Revenue" }
            (charts::revenue_chart(visitor, revenue, months))
            p.soft {
                @if let Some(total) = total {
                    "This month " (total.payments) @if total.payments == 1 { " payment" } @else { " payments" } " came to " (total.received)
                    @if total.refunded.minor > 0 { "; " (total.refunded) " was refunded" } ". "
                }
                @for (name, total) in others { "In another currency " (name) ": " (total.total) ". " }
                "Months are those of " (revenue.time_zone.name()) "."
            }
        }
    }
}

fn hours_part(visitor: &Visitor, hours: &HoursReport, months: &[MonthFigures]) -> Markup {
    let said = |figure: &Decimal| parts::hours_sign(figure.quantity(Unit::Hour));
    html! {
        section {
            h2 { "Hours" }
            (charts::hours_chart(visitor, hours, months))
            p { "You owe customers " a href=(visitor.path("/customers?show=all&sort=most")) { b { (said(&hours.left)) } } ", and open work holds "
                a href=(visitor.path("/tickets?status=open&sort=held")) { b { (said(&hours.held)) } } " more."
                @if hours.debt.rounded_atoms(Unit::Hour) > 0 { " Customers owe you " a href=(visitor.path("/customers?show=all&sort=left")) { b { (said(&hours.debt)) } } "." } }
        }
    }
}

fn plans_part(visitor: &Visitor, plans: &PlansReport) -> Markup {
    let rows = |plan: &PlanCount, state: &str, count: i64| {
        let to = visitor.path(&format!("/subscriptions?plan={}&state={state}", plan.plan));
        html! { @if count > 0 { a href=(to) { (count) } } @else { (count) } }
    };
    let lines: Vec<Markup> = plans
        .items
        .iter()
        .map(|plan| {
            html! {
                tr { td { a href=(visitor.path(&format!("/plans/{}", plan.plan))) { (plan.name) } } td.n { (rows(plan, "active", plan.active)) } td.n { (rows(plan, "past_due", plan.past_due)) } td.n { (rows(plan, "paused", plan.paused)) } td.n { (plan.live) } }
            }
        })
        .collect();
    let heads = [
        Head::Text("Plan"),
        Head::Number("Active"),
        Head::Number("Past due"),
        Head::Number("Paused"),
        Head::Number("Live"),
    ];
    html! {
        section {
            h2 { "Plans" }
            @if plans.items.is_empty() { p.soft { "No plan runs yet." } } @else {
                p { "Running plans bring " @for (place, amount) in plans.mrr.iter().enumerate() { @if place > 0 { " and " } a href=(visitor.path("/subscriptions?state=running")) { b { (parts::money(*amount)) } } } " a month (MRR, from their prices)." }
                (parts::table("Plans", &heads, &lines))
            }
        }
    }
}

fn tickets_part(visitor: &Visitor, tickets: &TicketsReport, months: &[MonthFigures]) -> Markup {
    let items: Vec<Markup> = tickets
        .items
        .iter()
        .filter(|item| item.count > 0)
        .map(|item| {
            let to = visitor.path(&format!("/tickets?status={}", item.status));
            let word = item.status.replace('_', " ");
            html! { a href=(to) { (item.count) " " (word) } }
        })
        .collect();
    html! {
        section {
            h2 { "Tickets" }
            (charts::tickets_chart(visitor, months))
            p.soft { (rows_of(visitor, months)) }
            p { (tickets.total) @if tickets.total == 1 { " ticket" } @else { " tickets" } " in all"
                @for (place, item) in items.iter().enumerate() { @if place == 0 { ": " } @else { ", " } (item) } "." }
        }
    }
}

/// The ways to the tickets that this month and the one before are counted from: a column of the chart leads only to one.
fn rows_of(visitor: &Visitor, months: &[MonthFigures]) -> Markup {
    let to = |figures: &MonthFigures, rows: &str| {
        visitor.path(&format!("/reports/month?of={}&rows={rows}", figures.month.first.strftime("%Y-%m")))
    };
    html! {
        @for (place, figures) in months.iter().rev().take(2).enumerate() {
            @if place > 0 { "; " }
            (figures.month.first.strftime("%B").to_string()) ": "
            a href=(to(figures, "tickets")) { (figures.opened) " opened" } ", "
            a href=(to(figures, "completed")) { (figures.completed) " completed" }
        }
        "."
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Currency;

    #[test]
    fn a_change_is_told_in_whole_percent() {
        let dollars = |minor| Money::new(minor, Currency::USD);
        assert_eq!(change(dollars(112), dollars(100)), Some(12));
        assert_eq!(change(dollars(50), dollars(100)), Some(-50));
        assert_eq!(change(dollars(2005), dollars(1000)), Some(101));
        assert_eq!(change(dollars(5), dollars(0)), None);
        assert_eq!(change(dollars(996_500), dollars(1_000_000)), Some(0));
    }

    #[test]
    fn what_differs_by_less_than_a_percent_is_not_said_to_be_as_much() {
        let said = |now, then| compared_closely(Money::new(now, Currency::USD), Money::new(then, Currency::USD));
        assert_eq!(said(996_500, 1_000_000), "$35.00 less than last month to the same day");
        assert_eq!(said(1_000_050, 1_000_000), "$0.50 more than last month to the same day");
        assert_eq!(said(1_000_000, 1_000_000), "as much as last month to the same day");
    }
}
