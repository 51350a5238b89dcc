//! Money at a glance: what is owed, what is to be paid first, what comes by itself.

use axum::response::{IntoResponse, Redirect, Response};
use kernel::Permission;
use maud::{Markup, html};

use super::list::{Names, Way, invoice_table, ways};
use crate::billing::standing::{self, Coming, Owed};
use crate::doors::{PageHalt, Visitor};
use crate::invoices::InvoiceStage;
use crate::pages::form::query;
use crate::pages::parts::{self, Empty, Head, date, money};
use crate::pages::{Room, Shell, shell};
use crate::reports::console::so_far;
use crate::reports::hours;
use crate::reports::plans::{PlansReport, plans};
use crate::reports::revenue::{RevenueTotal, revenue};
use crate::sample;

pub(super) async fn get_money(visitor: Visitor) -> Result<Response, PageHalt> {
    if !visitor.is_staff() {
        return Ok(Redirect::to(&visitor.path("/invoices")).into_response());
    }
    let tx = visitor.read().await?;
    tx.require(Permission::BillingRead)?;
    let figures = async {
        if !visitor.may(Permission::ReportsRead) {
            return Ok(None);
        }
        tokio::try_join!(plans(&tx), revenue(&tx), hours::owed(&tx)).map(Some)
    };
    let (owed, unpaid, coming, figures) =
        tokio::try_join!(standing::owed(&tx), standing::due_first(&tx, SHOWN), standing::coming(&tx, SHOWN), figures)?;
    let moved = |total: &RevenueTotal| total.payments > 0 || total.total.minor != 0;
    let came = figures.as_ref().is_some_and(|(_, revenue, _)| revenue.current_month.totals.iter().any(moved));
    let nothing = coming.is_empty() && unpaid.is_empty() && !came;
    let offer = sample::console::offer(&visitor, &tx, nothing).await?;
    let frame = Shell { visitor: &visitor, room: Room::Money, title: "Money", actions: html! {} };
    let page = shell(
        &frame,
        &html! {
            (ways(&visitor, Way::Overview))
            div #money data-hears="invoice.changed, payment.changed, subscription.changed" {
                @if nothing { (nothing_yet(&visitor, &offer)) } @else {
                    (sentence(&visitor, &owed, figures.as_ref().map(|(plans, ..)| plans)))
                    @if let Some((_, revenue, hours)) = &figures { (so_far(&visitor, revenue, *hours)) }
                    h2 { "To be paid" }
                    @if unpaid.is_empty() { p.soft { "Nobody owes anything." } } @else {
                        (invoice_table(&visitor, &unpaid, Names::Shown))
                        @if is_full(&unpaid) { p.more { a href={ (visitor.path("/invoices")) "?" (query(&[("state", "open"), ("sort", "due")])) } { "All unpaid invoices" } } }
                    }
                    h2 { "Next periods" }
                    @if coming.is_empty() { p.soft { "No plan goes on by itself. Start one on a customer's page." } } @else {
                        (coming_table(&visitor, &coming))
                        @if is_full(&coming) { p.more { a href=(visitor.path("/subscriptions")) { "All subscriptions" } } }
                    }
                }
            }
        },
    );
    Ok(page.into_response())
}

/// How many of each the page shows; the rest is a click away.
const SHOWN: i64 = 15;

fn is_full<T>(items: &[T]) -> bool {
    i64::try_from(items.len()).is_ok_and(|count| count >= SHOWN)
}

/// How money stands, in a sentence.
fn sentence(visitor: &Visitor, owed: &[Owed], plans: Option<&PlansReport>) -> Markup {
    let [open, late] = [InvoiceStage::Open, InvoiceStage::Overdue]
        .map(|it| format!("{}?state={it}&sort=due", visitor.path("/invoices")));
    html! {
        p.lead {
            @for owed in owed {
                "Customers owe you " a href=(open) { b { (money(owed.total)) } } " on " (owed.invoices)
                @if owed.invoices == 1 { " invoice" } @else { " invoices" }
                @if owed.overdue == owed.total { ", " a.red href=(late) { "all of it overdue" } }
                @else if owed.overdue.minor > 0 { ", " a.red href=(late) { (money(owed.overdue)) " of it overdue" } }
                ". "
            }
            @if let Some(plans) = plans.filter(|plans| !plans.mrr.is_empty()) {
                "Running plans bring " @for (place, amount) in plans.mrr.iter().enumerate() {
                    @if place > 0 { " and " } a href=(visitor.path("/subscriptions")) { b { (money(*amount)) } }
                } " a month."
            }
        }
    }
}

fn coming_table(visitor: &Visitor, coming: &[Coming]) -> Markup {
    let row = |it: &Coming| {
        html! {
            tr {
                td { a href=(visitor.path(&format!("/customers/{}/subscription", it.customer))) { (it.customer_name) } }
                td.wide { (it.plan_name) }
                td { (date(visitor, it.at)) }
                td.n { @if let Some(price) = it.price { (money(price)) } @else { span.soft { "ends" } } }
            }
        }
    };
    let heads = [Head::Text("Customer"), Head::Wide("Plan"), Head::Text("When"), Head::Number("Price")];
    parts::table("Next periods", &heads, &coming.iter().map(row).collect::<Vec<_>>())
}

fn nothing_yet(visitor: &Visitor, offer: &Markup) -> Markup {
    let to = visitor.path("/customers");
    let what = Empty {
        title: "No money yet",
        text: "When a customer starts a plan or buys hours, an invoice is written. Record its payment here, and the hours come \
               by themselves.",
        action: Some((&to, "To the customers")),
    };
    parts::empty_with(what, offer)
}
