//! What is owed and what runs; lists of invoices.

use axum::response::{IntoResponse, Redirect, Response};
use kernel::Permission;
use maud::{Markup, html};
use runtime::http::Paging;

use crate::doors::{PageHalt, Visitor};
use crate::invoices::find::Wanted;
use crate::invoices::{self, Invoice, InvoiceState};
use crate::pages::form::query;
use crate::pages::parts::{self, Dot, Empty, Head, Select, date, dot, money};
use crate::pages::{Form, Room, Shell, shell};
use crate::subscriptions;

pub(super) async fn get_money(visitor: Visitor) -> Result<Response, PageHalt> {
    if !visitor.is_staff() {
        return Ok(Redirect::to(&visitor.path("/invoices")).into_response());
    }
    let tx = visitor.read().await?;
    tx.require(Permission::BillingRead)?;
    let unpaid = Wanted { state: Some(InvoiceState::Open), ..Wanted::default() };
    let (unpaid, running) = tokio::try_join!(
        invoices::find::list(&tx, unpaid),
        subscriptions::find::list(&tx, subscriptions::find::Wanted::default()),
    )?;
    let actions = html! {
        a.btn href=(visitor.path("/invoices")) { "All invoices" }
        a.btn href=(visitor.path("/subscriptions")) { "All subscriptions" }
        @if visitor.may(Permission::ReportsRead) { a.btn href=(visitor.path("/reports")) { "Figures" } }
    };
    let frame = Shell { visitor: &visitor, room: Room::Money, title: "Money", actions };
    let page = shell(
        &frame,
        &html! {
            @if running.items.is_empty() && unpaid.items.is_empty() { (nothing_yet(&visitor)) } @else {
                h2 { "Unpaid" }
                @if unpaid.items.is_empty() { p.soft { "Nobody owes anything." } } @else {
                    div #unpaid data-hears="invoice.changed, payment.changed" { (invoice_table(&visitor, &unpaid.items, Names::Shown)) }
                    @if unpaid.next.is_some() { p { a href={ (visitor.path("/invoices")) "?" (query(&[("state", "open")])) } { "All unpaid invoices" } } }
                }
                h2 { "Subscriptions" }
                @if running.items.is_empty() { p.soft { "No plan runs. Start one on a customer's page." } } @else {
                    div #running data-hears="subscription.changed" { (subscriptions::console::subscription_table(&visitor, &running.items)) }
                    @if running.next.is_some() { p { a href=(visitor.path("/subscriptions")) { "All subscriptions" } } }
                }
            }
        },
    );
    Ok(page.into_response())
}

fn nothing_yet(visitor: &Visitor) -> Markup {
    let to = visitor.path("/customers");
    parts::empty(Empty {
        title: "No money yet",
        text: "When a customer starts a plan or buys hours, an invoice is written. Record its payment here, and the hours come \
               by themselves.",
        action: Some((&to, "To the customers")),
    })
}

pub(super) async fn get_invoices(visitor: Visitor, mut form: Form) -> Result<Markup, PageHalt> {
    let paging = Paging { after: form.read_optional("after"), limit: None };
    let wanted = Wanted { state: form.read_optional("state"), customer: form.read_optional("customer"), paging };
    let tx = visitor.read().await?;
    let page = invoices::find::list(&tx, wanted).await?;
    let base = visitor.path("/invoices");
    let is_staff = visitor.is_staff();
    let mut choices = vec![(String::new(), "All".to_owned())];
    let states = [InvoiceState::Open, InvoiceState::Paid, InvoiceState::Refunded, InvoiceState::Void];
    choices.extend(states.map(|state| (state.word().to_owned(), word(state).to_owned())));
    let actions = html! { @if is_staff { a.btn href=(visitor.path("/money")) { "Money" } } };
    let frame = Shell { visitor: &visitor, room: Room::Money, title: "Invoices", actions };
    let is_filtered = wanted.state.is_some() || wanted.customer.is_some() || wanted.paging.after.is_some();
    let names = if is_staff && wanted.customer.is_none() { Names::Shown } else { Names::Hidden };
    let fields = html! {
        @if let Some(customer) = wanted.customer { input type="hidden" name="customer" value=(customer); }
        (Select { form: &form, name: "state", label: "State", choices: &choices })
    };
    Ok(shell(
        &frame,
        &html! {
            @if is_filtered || !page.items.is_empty() { (parts::filters(&base, &fields)) }
            @if !page.items.is_empty() {
                @if let (Some(_), Some(first), true) = (wanted.customer, page.items.first(), is_staff) {
                    p { "Of " a href=(visitor.path(&format!("/customers/{}", first.customer))) { (first.customer_name) } ". " a href=(base) { "Show everybody's" } }
                }
                div #list data-hears="invoice.changed, payment.changed" { (invoice_table(&visitor, &page.items, names)) }
                (parts::pager(&base, &form, page.next))
            } @else if is_filtered { p { "No invoice fits. " a href=(base) { "Show all" } } }
            @else {
                (parts::empty(Empty {
                    title: "No invoices yet",
                    text: "An invoice is written when a plan starts, when it goes on, and when hours are bought.",
                    action: None,
                }))
            }
        },
    ))
}

const fn word(state: InvoiceState) -> &'static str {
    match state {
        InvoiceState::Open => "unpaid",
        InvoiceState::Paid => "paid",
        InvoiceState::Void => "taken back",
        InvoiceState::Refunded => "refunded",
    }
}

/// Whether a list says whose each thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// It does.
    Shown,
    /// All are the same customer's.
    Hidden,
}

/// Invoices in a table.
pub fn invoice_table(visitor: &Visitor, invoices: &[Invoice], names: Names) -> Markup {
    let mut heads = vec![
        Head::Text("Invoice"),
        Head::Text("State"),
        Head::Wide("Written"),
        Head::Wide("Due"),
        Head::Number("Total"),
    ];
    if names == Names::Shown {
        heads.insert(1, Head::Text("Customer"));
    }
    let rows: Vec<Markup> = invoices.iter().map(|invoice| row(visitor, invoice, names)).collect();
    parts::table("Invoices", &heads, &rows)
}

fn row(visitor: &Visitor, invoice: &Invoice, names: Names) -> Markup {
    html! {
        tr {
            td { a href=(invoice_path(visitor, invoice)) { (invoice.number) } }
            @if names == Names::Shown { td { (invoice.customer_name) } }
            td { (invoice_state(visitor, invoice)) }
            td.wide { (date(visitor, invoice.created_at)) }
            td.wide { @if let Some(due) = invoice.due_at { (date(visitor, due)) } }
            td.n { (money(invoice.total)) }
        }
    }
}

/// Where an invoice is: under its number, which people read out on the telephone.
pub fn invoice_path(visitor: &Visitor, invoice: &Invoice) -> String {
    visitor.path(&format!("/invoices/{}", invoice.number))
}

/// How an invoice stands.
pub(super) fn invoice_state(visitor: &Visitor, invoice: &Invoice) -> Markup {
    match invoice.state {
        InvoiceState::Open if invoice.due_at.is_some_and(|due| due < visitor.now()) => dot(Dot::Failed, "overdue"),
        state @ InvoiceState::Open => dot(Dot::New, word(state)),
        state @ InvoiceState::Paid => dot(Dot::Done, word(state)),
        state @ (InvoiceState::Void | InvoiceState::Refunded) => dot(Dot::Off, word(state)),
    }
}
