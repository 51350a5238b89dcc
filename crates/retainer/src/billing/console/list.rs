//! What is owed and what runs; lists of invoices.

use axum::response::{IntoResponse, Redirect, Response};
use kernel::Permission;
use maud::{Markup, html};
use runtime::http::Paging;

use crate::billing::standing::{self, Coming, Owed};
use crate::doors::{PageHalt, Visitor};
use crate::invoices::find::Wanted;
use crate::invoices::{self, Invoice, InvoiceState};
use crate::pages::form::query;
use crate::pages::parts::{self, Dot, Empty, Head, Select, date, dot, money};
use crate::pages::{Form, Room, Shell, export, shell};
use crate::reports::plans::PlansReport;
use crate::sample;

pub(super) async fn get_money(visitor: Visitor) -> Result<Response, PageHalt> {
    if !visitor.is_staff() {
        return Ok(Redirect::to(&visitor.path("/invoices")).into_response());
    }
    let tx = visitor.read().await?;
    tx.require(Permission::BillingRead)?;
    let figures = async {
        if visitor.may(Permission::ReportsRead) { crate::reports::plans::plans(&tx).await.map(Some) } else { Ok(None) }
    };
    let (owed, unpaid, coming, plans) =
        tokio::try_join!(standing::owed(&tx), standing::due_first(&tx, SHOWN), standing::coming(&tx, SHOWN), figures)?;
    let nothing = coming.is_empty() && unpaid.is_empty();
    let offer = sample::console::offer(&visitor, &tx, nothing).await?;
    let frame = Shell { visitor: &visitor, room: Room::Money, title: "Money", actions: html! {} };
    let page = shell(
        &frame,
        &html! {
            (ways(&visitor, Way::Overview))
            div #money data-hears="invoice.changed, payment.changed, subscription.changed" {
                @if nothing { (nothing_yet(&visitor, &offer)) } @else {
                    (sentence(&visitor, &owed, plans.as_ref()))
                    h2 { "To be paid" }
                    @if unpaid.is_empty() { p.soft { "Nobody owes anything." } } @else {
                        (invoice_table(&visitor, &unpaid, Names::Shown))
                        @if is_full(&unpaid) { p.more { a href={ (visitor.path("/invoices")) "?" (query(&[("state", "open")])) } { "All unpaid invoices" } } }
                    }
                    h2 { "Next periods" }
                    @if coming.is_empty() { p.soft { "No plan goes on by itself. Start one on a customer's page." } } @else {
                        (coming_table(&visitor, &coming))
                        @if is_full(&coming) { p.more { a href=(visitor.path("/subscriptions")) { "All subscriptions" } } }
                    }
                }
            }
        },
    );
    Ok(page.into_response())
}

/// A page of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// How it stands.
    Overview,
    /// All invoices.
    Invoices,
    /// All subscriptions.
    Subscriptions,
}

/// The ways between the pages of money.
pub fn ways(visitor: &Visitor, here: Way) -> Markup {
    let ways = [
        (Way::Overview, "/money", "Overview"),
        (Way::Invoices, "/invoices", "Invoices"),
        (Way::Subscriptions, "/subscriptions", "Subscriptions"),
    ];
    html! {
        nav.states aria-label="Money" {
            @for (way, below, word) in ways {
                a href=(visitor.path(below)) aria-current=[(way == here).then_some("page")] { (word) }
            }
        }
    }
}

/// How many of each the page shows; the rest is a click away.
const SHOWN: i64 = 15;

fn is_full<T>(items: &[T]) -> bool {
    i64::try_from(items.len()).is_ok_and(|count| count >= SHOWN)
}

/// How money stands, in a sentence.
fn sentence(visitor: &Visitor, owed: &[Owed], plans: Option<&PlansReport>) -> Markup {
    let open = format!("{}?state=open", visitor.path("/invoices"));
    html! {
        p.lead {
            @for owed in owed {
                "Customers owe you " a href=(open) { b { (money(owed.total)) } } " on " (owed.invoices)
                @if owed.invoices == 1 { " invoice" } @else { " invoices" }
                @if owed.overdue == owed.total { ", " span.red { "all of it overdue" } }
                @else if owed.overdue.minor > 0 { ", " span.red { (money(owed.overdue)) " of it overdue" } }
                ". "
            }
            @if let Some(plans) = plans.filter(|plans| !plans.mrr.is_empty()) {
                "Running plans bring " @for (place, amount) in plans.mrr.iter().enumerate() {
                    @if place > 0 { " and " } a href=(visitor.path("/subscriptions")) { b { (money(*amount)) } }
                } " a month."
            }
        }
    }
}

fn coming_table(visitor: &Visitor, coming: &[Coming]) -> Markup {
    let row = |it: &Coming| {
        html! {
            tr {
                td { a href=(visitor.path(&format!("/customers/{}/subscription", it.customer))) { (it.customer_name) } }
                td.wide { (it.plan_name) }
                td { (date(visitor, it.at)) }
                td.n { @if let Some(price) = it.price { (money(price)) } @else { span.soft { "ends" } } }
            }
        }
    };
    let heads = [Head::Text("Customer"), Head::Wide("Plan"), Head::Text("When"), Head::Number("Price")];
    parts::table("Next periods", &heads, &coming.iter().map(row).collect::<Vec<_>>())
}

fn nothing_yet(visitor: &Visitor, offer: &Markup) -> Markup {
    let to = visitor.path("/customers");
    let what = Empty {
        title: "No money yet",
        text: "When a customer starts a plan or buys hours, an invoice is written. Record its payment here, and the hours come \
               by themselves.",
        action: Some((&to, "To the customers")),
    };
    parts::empty_with(what, offer)
}

pub(super) async fn get_invoices(visitor: Visitor, mut form: Form) -> Result<Markup, PageHalt> {
    let paging = Paging { after: form.read_optional("after"), limit: None };
    let wanted =
        Wanted { state: form.read_optional("state"), customer: form.read_optional("customer"), number: None, paging };
    let tx = visitor.read().await?;
    let page = invoices::find::list(&tx, wanted).await?;
    let base = visitor.path("/invoices");
    let is_staff = visitor.is_staff();
    let mut choices = vec![(String::new(), "All".to_owned())];
    let states = [InvoiceState::Open, InvoiceState::Paid, InvoiceState::Refunded, InvoiceState::Void];
    choices.extend(states.map(|state| (state.word().to_owned(), word(state).to_owned())));
    let title = if is_staff { "Money" } else { "Invoices" };
    let frame = Shell {
        visitor: &visitor,
        room: Room::Money,
        title,
        actions: html! { @if is_staff && !page.items.is_empty() { (parts::exports(&base, &form)) } },
    };
    let is_filtered = wanted.state.is_some() || wanted.customer.is_some() || wanted.paging.after.is_some();
    let names = if is_staff && wanted.customer.is_none() { Names::Shown } else { Names::Hidden };
    let fields = html! {
        @if let Some(customer) = wanted.customer { input type="hidden" name="customer" value=(customer); }
        (Select { form: &form.plain(), name: "state", label: "State", choices: &choices })
    };
    Ok(shell(
        &frame,
        &html! {
            @if is_staff { (ways(&visitor, Way::Invoices)) }
            @if is_filtered || !page.items.is_empty() { (parts::filters(&base, &form, &fields)) }
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

/// The list as a file.
pub(super) async fn get_file(visitor: Visitor, mut form: Form) -> Result<Response, PageHalt> {
    let (state, customer) = (form.read_optional("state"), form.read_optional("customer"));
    let tx = visitor.read_at_once().await?;
    let mut invoices = export::Rows::begin();
    while let Some(paging) = invoices.next() {
        invoices.take(invoices::find::list(&tx, Wanted { state, customer, number: None, paging }).await?)?;
    }
    let day = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let row = |invoice: &Invoice| {
        [
            invoice.number.clone(),
            invoice.customer_name.clone(),
            invoice.state.word().to_owned(),
            invoice.total.decimal(),
            invoice.total.currency.to_string(),
            invoice.created_at.to_string(),
            day(invoice.due_at),
            day(invoice.paid_at),
        ]
    };
    let rows: Vec<[String; 8]> = invoices.all().iter().map(row).collect();
    let heads = ["number", "customer", "state", "total", "currency", "written", "due", "paid"];
    Ok(export::file("invoices", heads, &rows)?)
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
        heads.insert(1, Head::Wide("Customer"));
    }
    let rows: Vec<Markup> = invoices.iter().map(|invoice| row(visitor, invoice, names)).collect();
    parts::table("Invoices", &heads, &rows)
}

fn row(visitor: &Visitor, invoice: &Invoice, names: Names) -> Markup {
    html! {
        tr {
            td {
                a.whole href=(invoice_path(visitor, invoice)) { (invoice.number) }
                span.narrow { @if names == Names::Shown { (invoice.customer_name) ", " } span.whole { (date(visitor, invoice.created_at)) } }
            }
            @if names == Names::Shown { td.wide { (invoice.customer_name) } }
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
pub fn invoice_state(visitor: &Visitor, invoice: &Invoice) -> Markup {
    match invoice.state {
        InvoiceState::Open if invoice.due_at.is_some_and(|due| due < visitor.now()) => dot(Dot::Failed, "overdue"),
        state @ InvoiceState::Open => dot(Dot::New, word(state)),
        InvoiceState::Paid if invoice.refunded.minor > 0 => dot(Dot::Done, "partly refunded"),
        state @ InvoiceState::Paid => dot(Dot::Done, word(state)),
        state @ (InvoiceState::Void | InvoiceState::Refunded) => dot(Dot::Off, word(state)),
    }
}
