//! The start page of customers: what is asked of them, their balance, their tickets.

use kernel::Unit;
use kernel::id::CustomerId;
use maud::{Markup, html};
use runtime::http::Paging;

use super::asked::{asked, needs};
use super::find::LOW;
use crate::customers;
use crate::doors::{PageHalt, Visitor};
use crate::ledger::allowance::{Allowance, allowances};
use crate::ledger::console::bar;
use crate::pages::parts::{self, Dot, Head};
use crate::pages::{Room, Shell, shell};
use crate::subscriptions::find::Subscription;
use crate::subscriptions::{self, SubscriptionState};
use crate::tickets::{self, Status, Ticket};

/// What may change what the page says. Of hours that are added customers are told as a notification.
const HEARS: &str = "ticket.changed, notifications.changed";

/// How many tickets the page shows; the rest is a click away.
const SHOWN: u16 = 8;

pub(super) async fn portal(visitor: &Visitor, customer: CustomerId) -> Result<Markup, PageHalt> {
    let tx = visitor.read().await?;
    let some = Paging { after: None, limit: Some(SHOWN) };
    let wanted = tickets::find::Wanted::default();
    let (allowances, plan, tickets, asked, customer) = tokio::try_join!(
        allowances(&tx, customer),
        subscriptions::find::of_customer(&tx, customer),
        tickets::find::list(&tx, &wanted, some),
        asked(&tx, customer),
        customers::find::get(&tx, customer)
    )?;
    let page = Shell { visitor, room: Room::Today, title: &customer.name, actions: html! {} };
    let hours = allowances.iter().find(|allowance| allowance.unit == Unit::Hour);
    Ok(shell(
        &page,
        &html! {
            div #home data-hears=(HEARS) {
                @for allowance in &allowances { (standing(visitor, allowance, plan.as_ref())) }
                @if allowances.is_empty() {
                    p.lead { "You have no hours yet." }
                    p.soft { "Choose a plan, and your balance stands here. You can ask for something without one: it is estimated first." }
                    p { a.btn href=(visitor.path("/plan")) { "See the plans" } }
                }
                (needs(visitor, &asked, hours))
                p.submit { a.btn.go.main href=(visitor.path("/tickets/new")) { "Ask for something" } }
                h2 { "Your tickets" }
                @if tickets.items.is_empty() { p.soft { "None yet. What you ask for appears here, with its answers." } }
                @else {
                    (own_tickets(visitor, &tickets.items))
                    @if tickets.next.is_some() { p.more { a href=(visitor.path("/tickets")) { "All your tickets" } } }
                }
            }
        },
    ))
}

/// That the hours are nearly out, by the rule that tells staff of it, and where more come from.
fn nearly_out(visitor: &Visitor, allowance: &Allowance) -> Markup {
    let left = allowance.left.quantity(allowance.unit);
    let is_low = allowance.unit == Unit::Hour && !allowance.unlimited && left.atoms < LOW;
    let asked = crate::pages::form::query(&[("title", "More hours, please")]);
    html! {
        @if is_low {
            p.amber { @if left.atoms > 0 { "Your hours are nearly out. " } @else { "Your hours are out. " }
                a href={ (visitor.path("/tickets/new")) "?" (asked) } { "Ask for more" } " or " a href=(visitor.path("/plan")) { "look at your plan" } "." }
        }
    }
}

fn standing(visitor: &Visitor, allowance: &Allowance, plan: Option<&Subscription>) -> Markup {
    // What comes next is the plan's to say; a plan that ends, stands or is not paid promises nothing.
    let next = plan
        .filter(|plan| plan.state == SubscriptionState::Active && plan.renews)
        .and_then(|plan| plan.period_end)
        .filter(|_| allowance.unit == Unit::Hour);
    let paused = plan.and_then(|plan| plan.paused_at);
    html! {
        section.standing {
            @if let Some(since) = paused {
                p.amber { "Your plan is paused since " (parts::date(visitor, since)) ": nothing is used and nothing expires until it goes on." }
            }
            p.soft { "You have" }
            p.big { @if allowance.unlimited { "No limit" } @else { (parts::hours_sign(allowance.left.quantity(allowance.unit))) } }
            @if let Some(end) = allowance.next_expiry.as_ref().filter(|_| paused.is_none()) {
                p.soft {
                    @if end.quantity != allowance.left { (parts::hours_sign(end.quantity.quantity(allowance.unit))) " of it " }
                    "until " (parts::end(visitor, end.at))
                    @if next.is_some_and(|next| next <= end.at) { ", when your plan brings more" }
                    @if end.quantity != allowance.left { "; the rest lasts longer" }
                }
            } @else if let Some(next) = next {
                p.soft { "Your plan brings more on " (parts::date(visitor, next)) }
            }
            @if allowance.debt.rounded_atoms(allowance.unit) > 0 {
                p.amber { (parts::hours_sign(allowance.debt.quantity(allowance.unit))) " were used beyond that and are owed: what comes next pays them first." }
            }
            @if !allowance.unlimited { (bar(allowance, Some(&visitor.path("/balance")))) }
            @if paused.is_none() { (nearly_out(visitor, allowance)) }
        }
    }
}

fn own_tickets(visitor: &Visitor, tickets: &[Ticket]) -> Markup {
    let rows = tickets.iter().map(|ticket| {
        let dot = match ticket.status {
            Status::Pending | Status::InProgress if ticket.hours_asked.is_some() => Dot::Waiting,
            Status::Pending => Dot::New,
            Status::InProgress => Dot::Open,
            Status::Completed => Dot::Done,
            Status::Rejected => Dot::Off,
        };
        let is_done = ticket.status == Status::Completed;
        let hours = if is_done { ticket.hours_used } else { ticket.hours_held };
        html! {
            tr {
                td { a href=(visitor.path(&format!("/tickets/{}", ticket.id))) { (ticket.title) } }
                td { (parts::dot(dot, if ticket.hours_asked.is_some() { "Asks you" } else { ticket.status.label() })) }
                td.n { (parts::hours(hours.0)) }
            }
        }
    });
    let heads = [Head::Text("Ticket"), Head::Text("State"), Head::Number("Hours")];
    parts::table("Your tickets", &heads, &rows.collect::<Vec<_>>())
}
