//! Giving money back, in two steps: what would be done, then the deed.

use axum::response::{IntoResponse, Redirect, Response};
use kernel::text::{Reason, Title};
use kernel::{Money, Permission};
use maud::{Markup, html};
use runtime::Error;
use runtime::http::At;

use super::invoice::{again_with, below, goes_with, payment};
use super::list::invoice_path;
use crate::billing::refund::check_amount;
use crate::billing::{GiveBack, GivenBack, refund};
use crate::customers::console::staff_only;
use crate::doors::{PageHalt, Visitor};
use crate::invoices::{self, Invoice, Line};
use crate::pages::parts::{defs, money, once};
use crate::pages::{Form, Room, Shell, shell};

/// How much is meant of what is left; an empty field is all of it. What is wrong with it is noted.
fn read_amount(form: &mut Form, left: Money) -> Option<Money> {
    let amount = if form.value("amount").trim().is_empty() { left } else { form.read_money("amount", left.currency)? };
    match check_amount(amount, left) {
        Ok(()) => Some(amount),
        Err(refused) => {
            form.refuse("amount", Error::from(refused).to_string());
            None
        }
    }
}

/// Asks, once what was typed can be done.
pub(super) async fn get_refund(visitor: Visitor, At(name): At<Title>, mut form: Form) -> Result<Response, PageHalt> {
    staff_only(&visitor)?;
    visitor.require(Permission::BillingWrite)?;
    let tx = visitor.read().await?;
    let invoice = invoices::find::named(&tx, &name).await?;
    let payment = payment(&tx, &invoice).await?;
    let left = payment.map(|payment| payment.left());
    let Some(left) = left.filter(|left| left.minor > 0 && form.values().next().is_some()) else {
        return Ok(Redirect::to(&invoice_path(&visitor, &invoice)).into_response());
    };
    let (amount, reason) = (read_amount(&mut form, left), form.read::<Reason>("reason"));
    let Some((amount, reason)) = amount.zip(reason) else {
        drop(tx);
        return again_with(&visitor, &name, &form).await;
    };
    let lines = invoices::find::lines(&tx, invoice.id).await?;
    drop(tx);
    let tried = tried(&visitor, &invoice, (amount, left, reason.clone())).await;
    let told = match tried {
        Ok(words) => words,
        Err(error) => {
            form.refused(error)?;
            return again_with(&visitor, &name, &form).await;
        }
    };
    let title = format!("Give {amount} back");
    let frame = Shell { visitor: &visitor, room: Room::Money, title: &title, actions: html! {} };
    let path = invoice_path(&visitor, &invoice);
    Ok(shell(&frame, &question(&path, (&invoice, &lines, &told), (amount, left), &reason)).into_response())
}

/// What would become of hours and plan, in the words that the customer would read: it is done in a transaction that is
/// dropped.
async fn tried(
    visitor: &Visitor,
    invoice: &Invoice,
    (amount, left, reason): (Money, Money, Reason),
) -> Result<Vec<String>, Error> {
    let tx = visitor.write().await?;
    let Some(payment) = payment(&tx, invoice).await? else { return Ok(Vec::new()) };
    let given = GiveBack { payment: payment.id, amount: Some(amount), reason, seen_left: Some(left) };
    Ok(refund(&tx, given).await?.goes_with)
}

fn question(
    path: &str,
    (invoice, lines, told): (&Invoice, &[Line], &[String]),
    (amount, left): (Money, Money),
    reason: &Reason,
) -> Markup {
    let facts = [
        ("To", html! { (invoice.customer_name) }),
        ("Of invoice", html! { (invoice.number) }),
        ("Amount", html! { b { (money(amount)) } " of the " (money(left)) " that are left of its payment" }),
        ("Why", html! { (reason) }),
    ];
    html! {
        p.lead { "Nothing is done yet." }
        (defs(&facts))
        p { (goes_with(lines)) @if amount == left { " This is all of it." } @else { " This is a part." } }
        @if !told.is_empty() { p { "The customer is told: “" (told.join(" ")) "”" } }
        form method="post" action={ (path) "/refund" } {
            (once(&Form::blank()))
            input type="hidden" name="amount" value=(amount.decimal());
            input type="hidden" name="left" value=(left.decimal());
            input type="hidden" name="reason" value=(reason);
            p.submit { button.danger type="submit" { "Give " (amount) " back" } " " a.btn href=(path) { "Leave it" } }
        }
    }
}

/// Does it.
pub(super) async fn post_refund(visitor: Visitor, At(name): At<Title>, mut form: Form) -> Result<Response, PageHalt> {
    staff_only(&visitor)?;
    visitor.require(Permission::BillingWrite)?;
    if let Some(reason) = form.read("reason") {
        let tx = visitor.write_once(&form).await?;
        let invoice = invoices::find::named(&tx, &name).await?;
        let amount = if form.value("amount").trim().is_empty() {
            None
        } else {
            form.read_money("amount", invoice.total.currency)
        };
        let seen_left =
            if form.value("left").is_empty() { None } else { form.read_money("left", invoice.total.currency) };
        if let Some(payment) = payment(&tx, &invoice).await?.filter(|_| form.is_good()) {
            match refund(&tx, GiveBack { payment: payment.id, amount, reason, seen_left }).await {
                Ok(given) => return tx.finish(&below(&invoice), &given_back(&given)).await,
                Err(error) => form.refused(error)?,
            }
        }
    }
    again_with(&visitor, &name, &form).await
}

/// What was done, and what becomes of the plan.
fn given_back(given: &GivenBack) -> String {
    let done = if given.in_full {
        "All of it is given back, and what it bought is taken back."
    } else {
        "The money is given back; what it bought stays, and no plan changes by it."
    };
    given.plan.as_ref().map_or_else(|| done.to_owned(), |plan| format!("{done} {}", plan.sentence))
}
