//! Going over to another plan, in two steps: what it comes to, then the deed.

use axum::response::{IntoResponse, Redirect, Response};
use kernel::id::{CustomerId, PlanId, SubscriptionId};
use kernel::{Decimal, Unit};
use maud::{Markup, html};
use runtime::Tx;
use runtime::http::At;

use super::manage::{begin, named, page, refused};
use crate::billing::console::below;
use crate::customers;
use crate::customers::console::staff_only;
use crate::doors::{PageHalt, Visitor};
use crate::pages::form::query;
use crate::pages::parts::{date, instant, money, once, wrong};
use crate::pages::{Form, Room, Shell, again, shell};
use crate::subscriptions::{ChangePlan, PlanChange, Preview, TakenNext, TakenNow, When, change_plan, preview_change};

/// What the change would come to, with a button for each way.
pub(super) async fn get_change(
    visitor: Visitor,
    At(customer): At<CustomerId>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    if form.value("subscription").is_empty() {
        let to = visitor.path(&format!("/customers/{customer}/subscription"));
        return Ok(Redirect::to(&to).into_response());
    }
    ask(&visitor, customer, &mut form).await
}

/// Shows what the change comes to now; once more, with what was wrong, where that is not what was shown before.
async fn ask(visitor: &Visitor, customer: CustomerId, form: &mut Form) -> Result<Response, PageHalt> {
    let (tx, subscription) = look_up(visitor, customer, form).await?;
    let Some(plan) = form.choose("plan", "another plan") else {
        drop(tx);
        return Ok(again(&page(visitor, customer, form).await?));
    };
    let known = customers::find::get(&tx, customer).await?;
    match preview_change(&tx, subscription, plan).await {
        Ok(preview) => {
            let title = format!("Change the plan of {}", known.name);
            let frame = Shell { visitor, room: Room::Customers, title: &title, actions: html! {} };
            let path = visitor.path(&format!("/customers/{customer}/subscription"));
            let asked = Asked { path: &path, subscription, plan, seen: &preview.seen, form };
            let shown = shell(&frame, &look(visitor, &asked, &preview));
            Ok(if form.is_good() { shown.into_response() } else { again(&shown) })
        }
        Err(error) => {
            drop(tx);
            refused(visitor, customer, form.clone(), error).await
        }
    }
}

/// The subscription that the form names, if whoever asks may change it and it is this customer's.
async fn look_up(visitor: &Visitor, customer: CustomerId, form: &Form) -> Result<(Tx, SubscriptionId), PageHalt> {
    staff_only(visitor)?;
    let tx = visitor.read().await?;
    let subscription = named(&tx, customer, form).await?;
    Ok((tx, subscription))
}

/// What was asked about.
struct Asked<'a> {
    path: &'a str,
    subscription: SubscriptionId,
    plan: PlanId,
    seen: &'a str,
    form: &'a Form,
}

impl Asked<'_> {
    /// A button that does it.
    fn button(&self, when: Option<When>, label: &str) -> Markup {
        html! {
            form method="post" action={ (self.path) "/change" } {
                (once(&Form::blank()))
                input type="hidden" name="subscription" value=(self.subscription);
                input type="hidden" name="plan" value=(self.plan);
                input type="hidden" name="seen" value=(self.seen);
                @if let Some(when) = when { input type="hidden" name="when" value=(when.word()); }
                p.submit { button.go type="submit" { (label) } }
            }
        }
    }
}

fn look(visitor: &Visitor, asked: &Asked<'_>, preview: &Preview) -> Markup {
    html! {
        (wrong(asked.form))
        @if preview.drops {
            p.lead { "What was arranged is dropped, and the plan stays " (preview.present) "." }
            (asked.button(Some(When::NextPeriod), &format!("Stay with {}", preview.plan)))
        } @else {
            p.lead { "From " (preview.present) " to " (preview.plan) ". Nothing is done yet." }
        }
        @if let Some(now) = &preview.now { (taken_now(visitor, asked, preview, now)) }
        @if let Some(next) = &preview.next_period { (taken_next(visitor, asked, preview, next)) }
        p { a href=(asked.path) { "Leave it as it is" } }
    }
}

/// An amount with the sign of its unit.
fn so_many(amount: Option<&Decimal>, unit: Unit) -> String {
    amount.map_or_else(|| format!("{} without limit", unit.sign()), |amount| amount.quantity(unit).to_string())
}

fn taken_now(visitor: &Visitor, asked: &Asked<'_>, preview: &Preview, now: &TakenNow) -> Markup {
    html! {
        section {
            h2 { "Now" }
            p {
                b { (money(now.amount)) } " is billed at once, and the customer is told. When it is paid, "
                b { (so_many(now.comes.as_ref(), preview.unit)) } " come"
                @if let Some(at) = now.ends_at { "; they end on " b { (instant(visitor, at)) } "." } @else { "; they do not end." }
                " If it is not paid before the period ends, the plan stays " (preview.present) " and nothing is owed."
                @if let Some(next) = &preview.next_period {
                    @if let Some(from) = next.from { " The next period, from " (date(visitor, from)) " on, costs " (money(next.price)) "." }
                }
            }
            (asked.button(Some(When::Now), &format!("Bill {} now", now.amount)))
        }
    }
}

fn taken_next(visitor: &Visitor, asked: &Asked<'_>, preview: &Preview, next: &TakenNext) -> Markup {
    html! {
        section {
            h2 { "With the next period" }
            p {
                "Nothing is billed now. "
                @if let Some(from) = next.from { "From " b { (date(visitor, from)) } " on, " } @else { "From its next period on, " }
                b { (so_many(next.brings.as_ref(), preview.unit)) } " come for " b { (money(next.price)) } " each period; until then the plan stays " (preview.present) "."
            }
            (asked.button(Some(When::NextPeriod), "Change with the next period"))
        }
    }
}

/// Does it. Who does not say when is shown first what it comes to.
pub(super) async fn post_change(
    visitor: Visitor,
    At(customer): At<CustomerId>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    let Some(plan) = form.choose("plan", "another plan") else {
        return Ok(again(&page(&visitor, customer, &form).await?));
    };
    if form.value("when").is_empty() {
        look_up(&visitor, customer, &form).await?;
        let asked = query(&[("subscription", form.value("subscription")), ("plan", form.value("plan"))]);
        let to = visitor.path(&format!("/customers/{customer}/subscription/change?{asked}"));
        return Ok(Redirect::to(&to).into_response());
    }
    let Some(when) = form.choose("when", "when it is taken") else {
        return Ok(again(&page(&visitor, customer, &form).await?));
    };
    let (tx, subscription) = begin(&visitor, customer, &form).await?;
    let home = format!("/customers/{customer}");
    let seen = Some(form.value("seen").to_owned()).filter(|seen| !seen.is_empty());
    let (to, sentence) = match change_plan(&tx, ChangePlan { subscription, plan, when: Some(when), seen }).await {
        Ok(PlanChange::WhenPaid(invoice)) => {
            (below(&tx, invoice).await?, "The plan changes when this invoice is paid.")
        }
        Ok(PlanChange::AtPeriodEnd) => (home, "The plan changes with the next period, and the customer is told."),
        Ok(PlanChange::Dropped) => (home, "The plan stays as it is."),
        Err(error) if error.code() == Some("subscription.change_stale") => {
            drop(tx);
            form.refuse("", "What this change comes to is no longer what was shown. This is what it comes to now.");
            return ask(&visitor, customer, &mut form).await;
        }
        Err(error) => return refused(&visitor, customer, form, error).await,
    };
    tx.finish(&to, sentence).await
}
