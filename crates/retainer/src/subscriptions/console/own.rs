//! The portal's page of one's own plan.

use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::{facts, has_stopped, newest, open_bill};
use crate::doors::{PageHalt, Visitor};
use crate::pages::form::query;
use crate::pages::parts::{self, Head, defs};
use crate::pages::{Room, Shell, nothing_here, shell};
use crate::plans::Plan;
use crate::plans::find::Shelf;
use crate::{ledger, plans};

/// What is sold, each with a button that asks for it.
fn shelf(visitor: &Visitor, offers: &[Plan]) -> Markup {
    let rows: Vec<Markup> = offers
        .iter()
        .map(|plan| {
            let words = format!("I would like the plan {}", plan.name);
            let wish = format!(
                "{}?{}",
                visitor.path("/tickets/new"),
                query(&[
                    ("title", words.as_str()),
                    (
                        "details",
                        &format!("{}: {} for {}.", plan.name, plan.current.terms.summary(), plan.current.terms.price)
                    )
                ])
            );
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
        tokio::try_join!(newest(&tx, customer), ledger::allowance::allowances(&tx, customer))?;
    let bill = open_bill(&tx, subscription.as_ref()).await?;
    let version = match &subscription {
        Some(subscription) => Some(plans::find::version(&tx, subscription.plan_version).await?.version),
        None => None,
    };
    let offers = if subscription.is_some() { Vec::new() } else { plans::find::by_price(&tx, Shelf::Sold).await? };
    let why = visitor.path("/balance");
    let frame = Shell { visitor: &visitor, room: Room::Plans, title: "Your plan", actions: html! {} };
    let page = shell(
        &frame,
        &html! {
            @if let (Some(subscription), Some(version)) = (&subscription, &version) {
                (facts(&visitor, subscription, bill.as_ref()))
                @if !has_stopped(subscription) {
                    h2 { "What is left" }
                    @for allowance in &allowances { @if !allowance.unlimited { (ledger::console::bar(allowance, Some(&why))) } }
                }
                @if subscription.comes_along() {
                    p.soft { "It was brought along from the system that we used before. You are told what it brings and costs before its next period begins." }
                } @else {
                    h2 { "What it promises" }
                    (defs(&plans::console::facts(&version.terms)))
                }
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
