//! The portal's page of one's own plan.

use axum::response::{IntoResponse, Redirect, Response};
use maud::html;

use super::{facts, has_stopped, newest};
use crate::doors::{PageHalt, Visitor};
use crate::pages::parts::{self, Empty, defs};
use crate::pages::{Room, Shell, nothing_here, shell};
use crate::{ledger, plans};

pub(super) async fn get_plan(visitor: Visitor) -> Result<Response, PageHalt> {
    if visitor.is_staff() {
        return Ok(Redirect::to(&visitor.path("/plans")).into_response());
    }
    let customer = visitor.actor().customer().ok_or_else(nothing_here)?;
    let tx = visitor.read().await?;
    let (subscription, allowances) =
        tokio::try_join!(newest(&tx, customer), ledger::allowance::allowances(&tx, customer))?;
    let version = match &subscription {
        Some(subscription) => Some(plans::find::version(&tx, subscription.plan_version).await?.version),
        None => None,
    };
    let why = visitor.path("/balance");
    let frame = Shell { visitor: &visitor, room: Room::Plans, title: "Your plan", actions: html! {} };
    let page = shell(
        &frame,
        &html! {
            @if let (Some(subscription), Some(version)) = (&subscription, &version) {
                (facts(&visitor, subscription))
                @if !has_stopped(subscription) {
                    h2 { "What is left" }
                    @for allowance in &allowances { @if !allowance.unlimited { (ledger::console::bar(allowance, Some(&why))) } }
                }
                h2 { "What it promises" }
                (defs(&plans::console::facts(&version.terms)))
            } @else {
                (parts::empty(Empty {
                    title: "No plan yet",
                    text: "When a plan is started for you, it stands here with what it brings and when its next period begins.",
                    action: None,
                }))
            }
        },
    );
    Ok(page.into_response())
}
