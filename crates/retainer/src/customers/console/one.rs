//! One customer: what is left, what runs, what is owed, who it is.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use kernel::Permission;
use kernel::id::CustomerId;
use maud::{Markup, html};
use runtime::http::{At, Page, Paging};
use runtime::{Error, Tx};

use super::{staff_only, users};
use crate::customers::{Customer, anonymise, archive, find, restore};
use crate::doors::{PageHalt, Visitor};
use crate::invoices::{self, Invoice};
use crate::ledger::{self, allowance::Allowance};
use crate::pages::form::query;
use crate::pages::parts::{Input, Tone, date, defs, hours_sign, once, tag, wrong};
use crate::pages::{Form, Room, Shell, shell};
use crate::subscriptions;

pub(super) async fn get_customer(visitor: Visitor, At(customer): At<CustomerId>) -> Result<Markup, PageHalt> {
    staff_only(&visitor)?;
    page(&visitor, customer, &Form::blank()).await
}

pub(super) async fn post_archive(
    visitor: Visitor,
    At(customer): At<CustomerId>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    staff_only(&visitor)?;
    let tx = visitor.write_once(&form).await?;
    match archive(&tx, customer).await {
        Ok(()) => tx.finish(&format!("/customers/{customer}"), "The customer is archived.").await,
        Err(error) => refused(&visitor, customer, &mut form, error).await,
    }
}

pub(super) async fn post_restore(
    visitor: Visitor,
    At(customer): At<CustomerId>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    staff_only(&visitor)?;
    let tx = visitor.write_once(&form).await?;
    match restore(&tx, customer).await {
        Ok(()) => tx.finish(&format!("/customers/{customer}"), "The customer is back.").await,
        Err(error) => refused(&visitor, customer, &mut form, error).await,
    }
}

pub(super) async fn post_anonymise(
    visitor: Visitor,
    At(customer): At<CustomerId>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    staff_only(&visitor)?;
    let Some(reason) = form.read("reason") else {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&visitor, customer, &form).await?).into_response());
    };
    let tx = visitor.write_once(&form).await?;
    match anonymise(&tx, customer, &reason).await {
        Ok(()) => {
            tx.finish(&format!("/customers/{customer}"), "The customer is forgotten; money and ledger stay.").await
        }
        Err(error) => refused(&visitor, customer, &mut form, error).await,
    }
}

pub(super) async fn refused(
    visitor: &Visitor,
    customer: CustomerId,
    form: &mut Form,
    error: Error,
) -> Result<Response, PageHalt> {
    form.refused(error)?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(visitor, customer, form).await?).into_response())
}

pub(super) async fn page(visitor: &Visitor, customer: CustomerId, form: &Form) -> Result<Markup, PageHalt> {
    let tx = visitor.read().await?;
    let (customer, balances, portal, bills) = tokio::try_join!(
        find::get(&tx, customer),
        allowances(&tx, visitor, customer),
        users::load(&tx, customer),
        last_invoices(&tx, visitor, customer),
    )?;
    let plan = if visitor.may(Permission::BillingRead) {
        Some(subscriptions::console::newest(&tx, customer.id).await?)
    } else {
        None
    };
    let path = visitor.path(&format!("/customers/{}", customer.id));
    let frame =
        Shell { visitor, room: Room::Customers, title: &customer.name, actions: actions(visitor, &path, &customer) };
    Ok(shell(
        &frame,
        &html! {
            (wrong(form))
            div.two.aside-last {
                div {
                    h2 { "Balance" }
                    (bars(&path, &balances))
                    @if visitor.may(Permission::BillingWrite) && customer.archived_at.is_none() {
                        p { a.btn href={ (path) "/top-up" } { "Sell a top-up" } }
                    }
                    @if let Some(plan) = &plan { h2 { "Plan" } (subscriptions::console::summary(visitor, &customer, plan.as_ref())) }
                    @if let Some(bills) = &bills { (invoices_section(visitor, &customer, bills)) }
                }
                aside {
                    (facts(visitor, &customer))
                    (users::section(visitor, &customer, &portal, form))
                    @if let Some(notes) = &customer.notes { h2 { "Notes" } div.said { (notes) } }
                    @if visitor.may(Permission::CustomersWrite) { (end(&path, &customer, form)) }
                }
            }
        },
    ))
}

fn actions(visitor: &Visitor, path: &str, customer: &Customer) -> Markup {
    let tickets = query(&[("customer", &customer.id.to_string())]);
    html! {
        @if customer.archived_at.is_some() { (tag(Tone::Plain, "archived")) }
        a.btn href={ (visitor.path("/tickets")) "?" (tickets) } { "Tickets" }
        @if visitor.may(Permission::CustomersWrite) && customer.anonymised_at.is_none() {
            a.btn href={ (path) "/change" } { "Change" }
        }
    }
}

/// What there is to use, where the visitor may see it.
async fn allowances(tx: &Tx, visitor: &Visitor, customer: CustomerId) -> Result<Vec<Allowance>, Error> {
    if visitor.may(Permission::LedgerRead) { ledger::allowance::allowances(tx, customer).await } else { Ok(Vec::new()) }
}

fn bars(path: &str, allowances: &[Allowance]) -> Markup {
    let why = format!("{path}/balance");
    html! {
        @for allowance in allowances {
            @if allowance.unlimited {
                p { "No limit on " (allowance.unit.sign()) ". " a href=(why) { "Why?" } }
            } @else {
                (ledger::console::bar(allowance, Some(&why)))
            }
            @let debt = allowance.debt.quantity(allowance.unit);
            @if debt.atoms > 0 { p.red { (hours_sign(debt)) " are owed; the next ones pay them first." } }
        }
        @if allowances.is_empty() { p.soft { "Nothing was bought yet, so there is nothing to use." } }
    }
}

/// The last invoices, where the visitor may see money.
async fn last_invoices(tx: &Tx, visitor: &Visitor, customer: CustomerId) -> Result<Option<Page<Invoice>>, Error> {
    if !visitor.may(Permission::BillingRead) {
        return Ok(None);
    }
    let paging = Paging { after: None, limit: Some(6) };
    let wanted = invoices::find::Wanted { customer: Some(customer), state: None, paging };
    invoices::find::list(tx, wanted).await.map(Some)
}

fn invoices_section(visitor: &Visitor, customer: &Customer, bills: &Page<Invoice>) -> Markup {
    let all = query(&[("customer", &customer.id.to_string())]);
    html! {
        h2 { "Invoices" }
        @if bills.items.is_empty() {
            p.soft { "None yet. They are written when a plan starts or hours are sold." }
        } @else {
            (crate::billing::console::invoice_table(visitor, &bills.items, crate::billing::console::Names::Hidden))
            @if bills.next.is_some() { p { a href={ (visitor.path("/invoices")) "?" (all) } { "All invoices" } } }
        }
    }
}

fn facts(visitor: &Visitor, customer: &Customer) -> Markup {
    let mut facts = Vec::new();
    if let Some(email) = &customer.email {
        facts.push(("E-mail", html! { a href={ "mailto:" (email) } { (email) } }));
    }
    facts.push(("Customer since", date(visitor, customer.created_at)));
    if let Some(at) = customer.archived_at {
        facts.push(("Archived", date(visitor, at)));
    }
    if !customer.tags.is_empty() {
        let base = visitor.path("/customers");
        let tags = html! {
            @for word in &customer.tags { a.tag href={ (base) "?" (query(&[("tag", word)])) } { (word) } " " }
        };
        facts.push(("Tags", tags));
    }
    html! { h2 { "Who it is" } (defs(&facts)) }
}

/// Putting the customer away, bringing it back, forgetting it.
fn end(path: &str, customer: &Customer, form: &Form) -> Markup {
    html! {
        h2 { "Archive" }
        @if customer.anonymised_at.is_some() {
            p.soft { "Who this customer was is forgotten. Money and ledger stay." }
        } @else if customer.archived_at.is_none() {
            form method="post" action={ (path) "/archive" } data-confirm={ "Archive " (customer.name) "?" } {
                (once(&Form::blank()))
                button.danger type="submit" { "Archive" }
                p.hint { "It is no longer listed; everything it has stays. It can be brought back." }
            }
        } @else {
            form method="post" action={ (path) "/restore" } { (once(&Form::blank())) button type="submit" { "Bring it back" } }
            details open[form.error("reason").is_some()] {
                summary { "Forget who this is" }
                form method="post" action={ (path) "/anonymise" } data-confirm="Forget who this customer is? There is no way back." {
                    (once(form))
                    (Input::text(form, "reason", "Why").hint("Name, address, notes and tags are removed for good."))
                    p.submit { button.danger type="submit" { "Forget" } }
                }
            }
        }
    }
}
