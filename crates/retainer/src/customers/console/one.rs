//! One customer: what is left, what runs, what is owed, who it is.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use kernel::Permission;
use kernel::id::CustomerId;
use maud::{Markup, html};
use runtime::http::{At, Paging};
use runtime::{Error, Tx};

use super::{staff_only, users};
use crate::customers::{Customer, anonymise, archive, find, restore};
use crate::doors::{PageHalt, Visitor};
use crate::invoices::{self, Invoice, InvoiceStage, InvoiceState};
use crate::ledger::{self, allowance::Allowance};
use crate::pages::form::query;
use crate::pages::parts::{Head, Input, Tone, date, defs, hours, hours_sign, once, table, tag, wrong};
use crate::pages::{Form, Room, Shell, shell};
use crate::subscriptions;
use crate::tickets::{self, Status, Ticket};

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
    let (customer, balances, portal, bills, work) = tokio::try_join!(
        find::get(&tx, customer),
        allowances(&tx, visitor, customer),
        users::load(&tx, customer),
        last_invoices(&tx, visitor, customer),
        open_tickets(&tx, visitor, customer),
    )?;
    let plan = if visitor.may(Permission::BillingRead) {
        let plan = subscriptions::find::of_customer(&tx, customer.id).await?;
        let bill = subscriptions::console::open_bill(&tx, plan.as_ref()).await?;
        Some((plan, bill))
    } else {
        None
    };
    let runs = plan.as_ref().and_then(|(plan, _)| plan.as_ref()).is_some_and(|plan| plan.ended_at.is_none());
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
                    @if visitor.may(Permission::LedgerRead) { p.more { a href={ (path) "/statement" } { "Statement" } " · " a href={ (path) "/links" } { "Share" } } }
                    @if visitor.may(Permission::BillingWrite) && customer.archived_at.is_none() {
                        p { a.btn href={ (path) "/top-up" } { "Sell a top-up" } }
                    }
                    (work_section(visitor, &customer, &work))
                    @if let Some((plan, bill)) = &plan {
                        h2 { "Plan" } (subscriptions::console::summary(visitor, &customer, (plan.as_ref(), bill.as_ref())))
                    }
                    @if let Some((bills, is_cut)) = &bills { (invoices_section(visitor, &customer, (bills, *is_cut))) }
                }
                aside {
                    (facts(visitor, &customer))
                    (users::section(visitor, &customer, &portal, form))
                    @if let Some(notes) = &customer.notes { h2 { "Notes" } div.said { (notes) } }
                    @if visitor.may(Permission::CustomersWrite) { (end(&path, &customer, form, hindered(&path, &work, runs))) }
                }
            }
        },
    ))
}

fn actions(visitor: &Visitor, path: &str, customer: &Customer) -> Markup {
    let tickets = query(&[("customer", &customer.id.to_string())]);
    html! {
        @if customer.archived_at.is_some() { (tag(Tone::Plain, "archived")) }
        @if visitor.may(Permission::TicketsOpen) && customer.archived_at.is_none() {
            a.btn href={ (visitor.path("/tickets/new")) "?" (tickets) } data-create { "New ticket" }
        }
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

/// The open tickets among the newest of each kind, where the visitor may see them.
async fn open_tickets(tx: &Tx, visitor: &Visitor, customer: CustomerId) -> Result<Vec<Ticket>, Error> {
    if !visitor.may(Permission::TicketsRead) {
        return Ok(Vec::new());
    }
    let of = |status: Status| tickets::find::Wanted {
        status: Some(status.into()),
        customer: Some(customer),
        ..Default::default()
    };
    let some = Paging { after: None, limit: Some(8) };
    let (working, waiting) = (of(Status::InProgress), of(Status::Pending));
    let (working, waiting) =
        tokio::try_join!(tickets::find::list(tx, &working, some), tickets::find::list(tx, &waiting, some))?;
    Ok(working.items.into_iter().chain(waiting.items).collect())
}

fn work_section(visitor: &Visitor, customer: &Customer, work: &[Ticket]) -> Markup {
    let row = |ticket: &Ticket| {
        html! {
            tr {
                td { a href=(visitor.path(&format!("/tickets/{}", ticket.id))) { (ticket.title) } }
                td { (tickets::console::dot_of(ticket)) }
                td.wide { (ticket.assignee_name.as_deref().unwrap_or("nobody")) }
                td.n { (hours(ticket.hours_held.0)) }
            }
        }
    };
    let heads = [Head::Text("Ticket"), Head::Text("Status"), Head::Wide("With"), Head::Number("Held, h")];
    let all = query(&[("customer", &customer.id.to_string())]);
    html! {
        @if visitor.may(Permission::TicketsRead) {
            h2 { "Open tickets" }
            @if work.is_empty() { p.soft { "None." } } @else { (table("Open tickets", &heads, &work.iter().map(row).collect::<Vec<_>>())) }
            p.more { a href={ (visitor.path("/tickets")) "?" (all) } { "All tickets" } }
        }
    }
}

/// What is to be paid, the most urgent first, then the last invoices, where the visitor may see money.
async fn last_invoices(
    tx: &Tx,
    visitor: &Visitor,
    customer: CustomerId,
) -> Result<Option<(Vec<Invoice>, bool)>, Error> {
    if !visitor.may(Permission::BillingRead) {
        return Ok(None);
    }
    let wanted = |state| invoices::find::Wanted {
        customer: Some(customer),
        state,
        paging: Paging { after: None, limit: Some(6) },
        ..Default::default()
    };
    let (open, newest) = tokio::try_join!(
        invoices::find::list(tx, wanted(Some(InvoiceStage::Open))),
        invoices::find::list(tx, wanted(None))
    )?;
    let is_cut = open.next.is_some() || newest.next.is_some();
    let mut bills = open.items;
    bills.sort_by_key(|bill| bill.due_at);
    bills.extend(newest.items.into_iter().filter(|bill| bill.state != InvoiceState::Open));
    Ok(Some((bills, is_cut)))
}

fn invoices_section(visitor: &Visitor, customer: &Customer, (bills, is_cut): (&[Invoice], bool)) -> Markup {
    let all = query(&[("customer", &customer.id.to_string())]);
    html! {
        h2 { "Invoices" }
        @if bills.is_empty() {
            p.soft { "None yet. They are written when a plan starts or hours are sold." }
        } @else {
            (crate::billing::console::invoice_table(visitor, bills, crate::billing::console::Names::Hidden))
            @if is_cut { p.more { a href={ (visitor.path("/invoices")) "?" (all) } { "All invoices" } } }
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

/// What has to be done before the customer can be put away, in the order in which [`archive`] asks for it.
fn hindered(path: &str, work: &[Ticket], runs: bool) -> Option<Markup> {
    if runs {
        return Some(html! { "Its plan still runs. " a href={ (path) "/subscription" } { "Cancel it" } " first." });
    }
    match work.len() {
        0 => None,
        1 => Some(html! { "It has an open ticket. Complete or reject it first." }),
        count => Some(html! { "It has " (count) " open tickets. Complete or reject them first." }),
    }
}

/// Putting the customer away, bringing it back, forgetting it.
fn end(path: &str, customer: &Customer, form: &Form, hindered: Option<Markup>) -> Markup {
    html! {
        h2 { "Archive" }
        @if customer.anonymised_at.is_some() {
            p.soft { "Who this customer was is forgotten. Money and ledger stay." }
        } @else if customer.archived_at.is_none() {
            @if let Some(why) = hindered { p.soft { (why) } }
            @else { form method="post" action={ (path) "/archive" } data-confirm={ "Archive " (customer.name) "?" } {
                (once(&Form::blank()))
                button.danger type="submit" { "Archive" }
                p.hint { "It is no longer listed; everything it has stays. It can be brought back." }
            } }
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
