//! The pages of subscriptions: a customer's plan for staff, one's own plan in the portal, and all that run.

mod change;
mod list;
mod manage;
mod own;

use axum::Router;
use axum::routing::{get, post};
use kernel::{Period, Permission};
use maud::{Markup, html};
use runtime::{Error, Tx};

use super::SubscriptionState;
use super::find::Subscription;
use crate::App;
use crate::billing::console::invoice_path;
use crate::customers::Customer;
use crate::doors::Visitor;
use crate::invoices::{self, Invoice};
use crate::pages::parts::{Dot, date, defs, dot, money};

/// The pages of subscriptions.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/plan", get(own::get_plan))
        .route("/{organization}/subscriptions", get(list::get_subscriptions))
        .route("/{organization}/customers/{customer}/subscription", get(manage::get_subscription))
        .route("/{organization}/customers/{customer}/subscription/start", post(manage::post_start))
        .route(
            "/{organization}/customers/{customer}/subscription/change",
            get(change::get_change).post(change::post_change),
        )
        .route("/{organization}/customers/{customer}/subscription/pause", post(manage::post_pause))
        .route("/{organization}/customers/{customer}/subscription/resume", post(manage::post_resume))
        .route("/{organization}/customers/{customer}/subscription/cancel", post(manage::post_cancel))
        .route("/{organization}/customers/{customer}/subscription/reactivate", post(manage::post_reactivate))
        .route("/{organization}/customers/{customer}/subscription/takeover", post(manage::post_take_over))
}

/// The oldest invoice of a subscription that waits for its payment.
///
/// # Errors
/// A fault.
pub async fn open_bill(tx: &Tx, subscription: Option<&Subscription>) -> Result<Option<Invoice>, Error> {
    match subscription.and_then(|subscription| subscription.open_invoice) {
        Some(invoice) => invoices::find::get(tx, invoice).await.map(Some),
        None => Ok(None),
    }
}

/// Whether its clock does not run, so that no next period is near.
pub(super) const fn stands(subscription: &Subscription) -> bool {
    subscription.has_stopped() || matches!(subscription.state, SubscriptionState::Paused)
}

/// How a subscription stands.
pub(super) fn state(subscription: &Subscription) -> Markup {
    match subscription.state {
        SubscriptionState::Incomplete => dot(Dot::New, "unpaid"),
        SubscriptionState::Active if subscription.cancel_at_period_end => dot(Dot::Waiting, "ending"),
        SubscriptionState::Active => dot(Dot::Done, "active"),
        SubscriptionState::PastDue => dot(Dot::Failed, "past due"),
        SubscriptionState::Paused => dot(Dot::Waiting, "paused"),
        SubscriptionState::Cancelled => dot(Dot::Off, "cancelled"),
        SubscriptionState::Ended => dot(Dot::Off, "ended"),
    }
}

/// What a subscription is, by name; `bill` waits for its payment.
pub(super) fn facts(visitor: &Visitor, subscription: &Subscription, bill: Option<&Invoice>) -> Markup {
    let mut facts = vec![("Plan", html! { (subscription.plan_name) })];
    // What one costs that was brought along is told before its next period begins.
    if !subscription.is_waiting {
        let period = subscription.period;
        facts.push(("Price", html! { (money(subscription.price)) @if period != Period::Once { " a " (period) } }));
    }
    facts.push(("State", state(subscription)));
    if let Some(at) = subscription.trial_ends_at.filter(|at| *at > visitor.now()) {
        facts.push(("Trial until", date(visitor, at)));
    }
    if let Some(at) = subscription.period_start {
        facts.push(("This period since", date(visitor, at)));
    }
    if let Some(at) = subscription.period_end.filter(|_| !stands(subscription)) {
        let label = if subscription.renews { "Next period" } else { "Ends" };
        facts.push((label, date(visitor, at)));
    }
    if let Some(next) = &subscription.next_plan_name {
        facts.push(("Then", html! { (next) }));
    }
    if let Some(at) = subscription.paused_at {
        facts.push(("Paused since", date(visitor, at)));
    }
    if let Some(at) = subscription.ended_at {
        facts.push(("Stopped", date(visitor, at)));
    }
    if let Some(bill) = bill {
        let is_late = bill.due_at.is_some_and(|due| due < visitor.now());
        facts.push((
            "To be paid",
            html! {
                a.amber[!is_late].red[is_late] href=(invoice_path(visitor, bill)) { (money(bill.total)) " on " (bill.number) }
                @if let Some(due) = bill.due_at { @if is_late { ", overdue since " } @else { ", due " } (date(visitor, due)) }
            },
        ));
    }
    defs(&facts)
}

/// The plan of a customer as the customer's page shows it.
pub fn summary(
    visitor: &Visitor,
    customer: &Customer,
    (subscription, bill): (Option<&Subscription>, Option<&Invoice>),
) -> Markup {
    let to = visitor.path(&format!("/customers/{}/subscription", customer.id));
    let may = visitor.may(Permission::BillingWrite) && customer.archived_at.is_none();
    html! {
        @match subscription {
            Some(subscription) => {
                (facts(visitor, subscription, bill))
                p { a.btn href=(to) { @if may { "Change, pause or cancel" } @else { "History" } } }
            }
            None => {
                p.soft { "No plan yet." }
                @if may { p { a.btn.go href=(to) { "Start a plan" } } }
            }
        }
    }
}
