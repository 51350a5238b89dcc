//! A customer's plan: starting, changing, pausing, cancelling it, and what happened to it.

use axum::response::Response;
use jiff::civil::Date;
use kernel::Permission;
use kernel::id::{CustomerId, SubscriptionId};
use maud::{Markup, html};
use runtime::http::At;
use runtime::{Error, Tx};

use super::{facts, open_bill};
use crate::billing::console::below;
use crate::customers::console::staff_only;
use crate::doors::{PageHalt, PageWrite, Visitor};
use crate::pages::parts::{self, Head, Input, Select, once, time, wrong};
use crate::pages::{Form, Room, Shell, again, nothing_here, shell};
use crate::plans::Plan;
use crate::subscriptions::change_plan::has_upgrade;
use crate::subscriptions::find::{self, HistoryLine, Subscription};
use crate::subscriptions::{
    CancelAt, Start, SubscriptionState, TakeOver, cancel, pause, reactivate, resume, start, take_over,
};
use crate::{customers, plans};

pub(super) async fn get_subscription(visitor: Visitor, At(customer): At<CustomerId>) -> Result<Markup, PageHalt> {
    page(&visitor, customer, &Form::blank()).await
}

pub(super) async fn post_start(
    visitor: Visitor,
    At(customer): At<CustomerId>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    staff_only(&visitor)?;
    let Some(plan) = form.choose("plan", "a plan") else { return Ok(again(&page(&visitor, customer, &form).await?)) };
    let tx = visitor.write_once(&form).await?;
    let (to, sentence) = match start(&tx, Start { customer, plan }).await {
        Ok(started) => match started.invoice {
            Some(invoice) => (below(&tx, invoice).await?, "The plan begins when this invoice is paid."),
            None => (format!("/customers/{customer}"), "The plan has begun."),
        },
        Err(error) => return refused(&visitor, customer, form, error).await,
    };
    tx.finish(&to, sentence).await
}

pub(super) async fn post_pause(
    visitor: Visitor,
    At(customer): At<CustomerId>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    let reason = form.read_optional("pause_reason");
    if !form.is_good() {
        return Ok(again(&page(&visitor, customer, &form).await?));
    }
    let (tx, subscription) = begin(&visitor, customer, &form).await?;
    let done = pause(&tx, subscription, reason).await;
    end(&visitor, customer, form, (tx, done, "The plan stands still, and its clock with it.")).await
}

pub(super) async fn post_resume(
    visitor: Visitor,
    At(customer): At<CustomerId>,
    form: Form,
) -> Result<Response, PageHalt> {
    let (tx, subscription) = begin(&visitor, customer, &form).await?;
    let done = resume(&tx, subscription).await;
    end(&visitor, customer, form, (tx, done, "The plan goes on.")).await
}

pub(super) async fn post_cancel(
    visitor: Visitor,
    At(customer): At<CustomerId>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    let (at, reason) = (form.read::<CancelAt>("at"), form.read_optional("cancel_reason"));
    let (Some(at), true) = (at, form.is_good()) else { return Ok(again(&page(&visitor, customer, &form).await?)) };
    let (tx, subscription) = begin(&visitor, customer, &form).await?;
    let done = cancel(&tx, subscription, at, reason).await;
    let sentence = match at {
        CancelAt::Now => "The plan is cancelled. What was paid for can be used until it expires.",
        CancelAt::PeriodEnd => "The plan ends with its period; until then nothing changes.",
    };
    end(&visitor, customer, form, (tx, done, sentence)).await
}

pub(super) async fn post_reactivate(
    visitor: Visitor,
    At(customer): At<CustomerId>,
    form: Form,
) -> Result<Response, PageHalt> {
    let (tx, subscription) = begin(&visitor, customer, &form).await?;
    let done = reactivate(&tx, subscription).await;
    end(&visitor, customer, form, (tx, done, "The plan goes on.")).await
}

pub(super) async fn post_take_over(
    visitor: Visitor,
    At(customer): At<CustomerId>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    let day = form.value("from").trim().to_owned();
    let from = day.parse::<Date>().ok().and_then(|day| day.to_zoned(visitor.zone().clone()).ok());
    if !day.is_empty() && from.is_none() {
        form.refuse("from", "Write the day as 2026-11-20.");
        return Ok(again(&page(&visitor, customer, &form).await?));
    }
    let (tx, subscription) = begin(&visitor, customer, &form).await?;
    let done = take_over(&tx, subscription, TakeOver { from: from.map(|day| day.timestamp()), told_at: None }).await;
    end(&visitor, customer, form, (tx, done, "The plan goes on here: its next period is billed by us.")).await
}

/// Opens the transaction of a form about the subscription that the form names, which must be this customer's.
pub(super) async fn begin<'a>(
    visitor: &'a Visitor,
    customer: CustomerId,
    form: &Form,
) -> Result<(PageWrite<'a>, SubscriptionId), PageHalt> {
    staff_only(visitor)?;
    let tx = visitor.write_once(form).await?;
    let subscription = named(&tx, customer, form).await?;
    Ok((tx, subscription))
}

/// The subscription that a form names, if whoever asks may change it and it is this customer's.
pub(super) async fn named(tx: &Tx, customer: CustomerId, form: &Form) -> Result<SubscriptionId, PageHalt> {
    tx.require(Permission::BillingWrite)?;
    let subscription: SubscriptionId = form.value("subscription").parse().map_err(|_| nothing_here())?;
    if find::get(tx, subscription).await?.customer != customer {
        return Err(nothing_here().into());
    }
    Ok(subscription)
}

async fn end(
    visitor: &Visitor,
    customer: CustomerId,
    form: Form,
    (tx, done, sentence): (PageWrite<'_>, Result<(), Error>, &str),
) -> Result<Response, PageHalt> {
    match done {
        Ok(()) => tx.finish(&format!("/customers/{customer}"), sentence).await,
        Err(error) => refused(visitor, customer, form, error).await,
    }
}

pub(super) async fn refused(
    visitor: &Visitor,
    customer: CustomerId,
    mut form: Form,
    error: Error,
) -> Result<Response, PageHalt> {
    form.refused(error)?;
    Ok(again(&page(visitor, customer, &form).await?))
}

pub(super) async fn page(visitor: &Visitor, customer: CustomerId, form: &Form) -> Result<Markup, PageHalt> {
    staff_only(visitor)?;
    let tx = visitor.read().await?;
    let (customer, subscription, plans) = tokio::try_join!(
        customers::find::get(&tx, customer),
        find::of_customer(&tx, customer),
        plans::find::by_price(&tx, plans::find::Shelf::Sold),
    )?;
    let (history, is_arranged) = match &subscription {
        Some(it) => {
            let history = find::history(&tx, it.id).await?;
            (history, it.next_plan_name.is_some() || has_upgrade(&tx, it.id).await?)
        }
        None => (Vec::new(), false),
    };
    let is_waiting = subscription.as_ref().is_some_and(|it| it.is_waiting);
    let bill = open_bill(&tx, subscription.as_ref()).await?;
    let home = visitor.path(&format!("/customers/{}", customer.id));
    let path = format!("{home}/subscription");
    let title = format!("Plan of {}", customer.name);
    let frame = Shell { visitor, room: Room::Customers, title: &title, actions: html! {} };
    let may = visitor.may(Permission::BillingWrite) && customer.archived_at.is_none();
    Ok(shell(
        &frame,
        &html! {
            (wrong(form))
            div.two.aside-last {
                div {
                    @match &subscription {
                        Some(subscription) => {
                            (facts(visitor, subscription, bill.as_ref()))
                            @if may { (steps(&path, form, subscription, &Offered { plans: &plans, is_arranged, is_waiting })) }
                        }
                        None => { p { "No plan runs for " (customer.name) "." } }
                    }
                    @if may && subscription.as_ref().is_none_or(Subscription::has_stopped) { (start_form(visitor, &path, form, &plans)) }
                }
                aside { @if !history.is_empty() { h2 { "What happened" } (history_list(visitor, &history)) } }
            }
        },
    ))
}

fn start_form(visitor: &Visitor, path: &str, form: &Form, plans: &[Plan]) -> Markup {
    html! {
        h2 { "Start a plan" }
        @if plans.is_empty() {
            p { "There is no plan on the shelf. " a href=(visitor.path("/plans")) { "To the plans" } }
        } @else {
            form method="post" action={ (path) "/start" } {
                (once(form))
                (Select { form, name: "plan", label: "Plan", choices: &choices(plans) })
                p.hint { "It begins when its first invoice is paid; at once, where it costs nothing or may be tried." }
                p.submit { button.go type="submit" { "Start the plan" } }
            }
        }
    }
}

fn choices(plans: &[Plan]) -> Vec<(String, String)> {
    let wording = |plan: &Plan| {
        let terms = &plan.current.terms;
        format!("{}: {} for {}", plan.name, terms.summary(), terms.price)
    };
    plans.iter().map(|plan| (plan.id.to_string(), wording(plan))).collect()
}

/// What a plan may be changed to.
struct Offered<'a> {
    plans: &'a [Plan],
    /// Whether another plan was chosen already, which choosing the present one drops.
    is_arranged: bool,
    /// Whether the plan was brought along and does not go on here yet.
    is_waiting: bool,
}

/// The plans to change to, below the present one, which stands first and changes nothing: choosing it is refused, unless
/// its terms are others by now, or something else was arranged that it would drop.
fn others(subscription: &Subscription, offered: &Offered<'_>) -> Vec<(String, String)> {
    let Offered { plans, is_arranged, .. } = offered;
    let is_present = |plan: &&Plan| plan.current.id == subscription.plan_version;
    let present = plans.iter().find(is_present).filter(|_| *is_arranged);
    let first = present.map_or_else(
        || (String::new(), format!("{}, as it is", subscription.plan_name)),
        |plan| (plan.id.to_string(), format!("{}, as it is: drop the change that was arranged", plan.name)),
    );
    let rest: Vec<Plan> = plans.iter().filter(|plan| !is_present(plan)).cloned().collect();
    std::iter::once(first).chain(choices(&rest)).collect()
}

/// The forms that fit how the subscription stands.
fn steps(path: &str, form: &Form, subscription: &Subscription, offered: &Offered<'_>) -> Markup {
    let named = html! { input type="hidden" name="subscription" value=(subscription.id); (once(form)) };
    let button = |to: &str, label: &str| {
        html! { form.inline method="post" action={ (path) "/" (to) } { (named) button type="submit" { (label) } } " " }
    };
    let is_over = subscription.has_stopped();
    let takes_back = subscription.cancel_at_period_end || subscription.state == SubscriptionState::Cancelled;
    html! {
        @if offered.is_waiting { (take_over_form(path, form, &named)) }
        @if takes_back { p { (button("reactivate", "Take the cancellation back")) } }
        @if subscription.state == SubscriptionState::Paused { p { (button("resume", "Go on")) } }
        @if subscription.state == SubscriptionState::Active {
            details.drawer open[form.error("plan").is_some()] {
                summary { "Change the plan" }
                form method="get" action={ (path) "/change" } {
                    input type="hidden" name="subscription" value=(subscription.id);
                    (Select { form, name: "plan", label: "To", choices: &others(subscription, offered) })
                    p.hint { "Nothing is done yet: first you see what is billed, what comes and when it ends." }
                    p.submit { button type="submit" { "Look at the change" } }
                }
            }
        }
        @if subscription.state == SubscriptionState::Active {
            details.drawer open[form.error("pause_reason").is_some()] {
                summary { "Pause it" }
                form method="post" action={ (path) "/pause" } {
                    (named)
                    (Input::text(form, "pause_reason", "Why").optional().hint("Nothing is granted, used or lost until it goes on."))
                    p.submit { button type="submit" { "Pause" } }
                }
            }
        }
        @if !is_over {
            details.drawer open[form.error("cancel_reason").is_some() || form.error("at").is_some()] {
                summary { "Cancel it" }
                form method="post" action={ (path) "/cancel" } data-confirm="Cancel the plan, at the time chosen above?" {
                    (named)
                    (Select { form, name: "at", label: "When", choices: &[
                        (CancelAt::PeriodEnd.word().to_owned(), "when its period ends".to_owned()),
                        (CancelAt::Now.word().to_owned(), "now".to_owned()),
                    ] })
                    (Input::text(form, "cancel_reason", "Why").optional())
                    p.submit { button.danger type="submit" { "Cancel the plan" } }
                }
            }
        }
    }
}

fn take_over_form(path: &str, form: &Form, named: &Markup) -> Markup {
    html! {
        section {
            h2 { "Bill it here" }
            p { "This plan was brought along from another system, which bills it still: here no period follows the present one. \
                 Once you have stopped it there, take it over. From the day below its periods are billed and granted here; \
                 what is left of the present one stays until then." }
            form method="post" action={ (path) "/takeover" } data-confirm="Bill this plan here from now on?" {
                (named)
                (Input::date(form, "from", "The next period begins on").optional().hint("Empty is the day on which the present one ends."))
                p.submit { button.go type="submit" { "Take it over" } }
            }
        }
    }
}

fn history_list(visitor: &Visitor, history: &[HistoryLine]) -> Markup {
    let row = |line: &HistoryLine| {
        let what = happened(line);
        html! {
            tr {
                td { (what) br; span.soft { (parts::actor(&line.by)) @if let Some(reason) = &line.reason { ": " (reason) } } }
                td.n { (time(visitor, line.at)) }
            }
        }
    };
    let rows: Vec<Markup> = history.iter().map(row).collect();
    parts::table("What happened", &[Head::Text("What"), Head::Number("When")], &rows)
}

/// What happened to a subscription, in words.
fn happened(line: &HistoryLine) -> String {
    let is_past_due = line.to == SubscriptionState::PastDue;
    match line.what.as_str() {
        "subscription.renewed" if is_past_due => "period passed, not billed: past due".to_owned(),
        "subscription.upgrade_undone" => "went back to the plan before".to_owned(),
        "subscription.plan_kept" => "plan kept after a refund".to_owned(),
        what => what.rsplit('.').next().unwrap_or_default().replace('_', " "),
    }
}
