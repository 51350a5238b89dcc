//! The portal's page of one's own plan.

use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::{facts, open_bill};
use crate::doors::{PageHalt, Visitor};
use crate::pages::form::query;
use crate::pages::parts::{self, Head, defs};
use crate::pages::{Room, Shell, nothing_here, shell};
use crate::plans::find::Shelf;
use crate::plans::{Plan, Terms};
use crate::subscriptions::find;
use crate::{ledger, plans};

/// What a plan promises beside its price, which stands above.
fn promises(terms: &Terms) -> Vec<(&'static str, Markup)> {
    plans::console::facts(terms).into_iter().filter(|(name, _)| *name != "Price").collect()
}

/// The form of a request with these words in it.
fn asking(visitor: &Visitor, title: &str, details: &str) -> String {
    format!("{}?{}", visitor.path("/tickets/new"), query(&[("title", title), ("details", details)]))
}

/// What is sold, each with a button that asks for it.
fn shelf(visitor: &Visitor, offers: &[Plan]) -> Markup {
    let rows: Vec<Markup> = offers
        .iter()
        .map(|plan| {
            let terms = &plan.current.terms;
            let words = format!("{}: {} for {}.", plan.name, terms.summary(), terms.price);
            let wish = asking(visitor, &format!("I would like the plan {}", plan.name), &words);
            html! {
                tr {
                    td { b { (plan.name) } br; span.soft { (plan.current.terms.summary()) } }
                    td.n { (plans::console::price(&plan.current.terms)) }
                    td.n { a.btn href=(wish) { "Ask for it" } }
                }
            }
        })
        .collect();
    parts::table("Plans", &[Head::Text("Plan"), Head::Number("Price"), Head::Actions], &rows)
}

pub(super) async fn get_plan(visitor: Visitor) -> Result<Response, PageHalt> {
    if visitor.is_staff() {
        return Ok(Redirect::to(&visitor.path("/plans")).into_response());
    }
    let customer = visitor.actor().customer().ok_or_else(nothing_here)?;
    let tx = visitor.read().await?;
    let (subscription, allowances) =
        tokio::try_join!(find::of_customer(&tx, customer), ledger::allowance::allowances(&tx, customer))?;
    let bill = open_bill(&tx, subscription.as_ref()).await?;
    let version = match &subscription {
        Some(subscription) => Some(plans::find::version(&tx, subscription.plan_version).await?.version),
        None => None,
    };
    let mut offers = plans::find::by_price(&tx, Shelf::Sold).await?;
    offers.retain(|offer| subscription.as_ref().is_none_or(|own| own.plan != offer.id));
    let why = visitor.path("/balance");
    let frame = Shell { visitor: &visitor, room: Room::Plans, title: "Your plan", actions: html! {} };
    let page = shell(
        &frame,
        &html! {
            @if let (Some(subscription), Some(version)) = (&subscription, &version) {
                (facts(&visitor, subscription, bill.as_ref()))
                @if !subscription.has_stopped() {
                    h2 { "What is left" }
                    @for allowance in &allowances { @if !allowance.unlimited { (ledger::console::bar(allowance, Some(&why))) } }
                }
                @if subscription.is_waiting {
                    p.soft { "It was brought along from the system that we used before. You are told what it brings and costs before its next period begins." }
                } @else {
                    h2 { "What it promises" }
                    (defs(&promises(&version.terms)))
                }
                h2 { "Ask for something" }
                p.soft { "Each opens a request that you can add to before you send it. Nothing changes until it is answered." }
                p {
                    a.btn href=(asking(&visitor, "More hours, please", &format!("We would like to have more hours beside our plan {}: ", subscription.plan_name))) { "More hours" }
                    @if !subscription.has_stopped() && !subscription.cancel_at_period_end {
                        " " a.btn href=(asking(&visitor, &format!("End our plan {}", subscription.plan_name), "We would like to end our plan when its period ends.")) { "End the plan" }
                    }
                }
                @if !offers.is_empty() { h2 { "Another plan" } (shelf(&visitor, &offers)) }
            } @else {
                p.lead { "You have no plan yet." }
                @if offers.is_empty() {
                    p.soft { "When a plan is started for you, it stands here with what it brings and when its next period begins." }
                } @else {
                    p.soft { "Ask for the one that suits you. It begins when we have answered, and nothing is charged before." }
                    (shelf(&visitor, &offers))
                }
            }
        },
    );
    Ok(page.into_response())
}
