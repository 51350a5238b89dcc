//! The list of invoices: what it was narrowed down to, what is owed on it, and in which order.

use axum::response::Response;
use jiff::Timestamp;
use kernel::id::CustomerId;
use kernel::text::Title;
use maud::{Markup, html};
use runtime::http::Paging;

use crate::doors::{PageHalt, Visitor};
use crate::invoices::find::Wanted;
use crate::invoices::listing::{self, Sum};
use crate::invoices::{Invoice, InvoiceOrder, InvoiceStage, InvoiceState};
use crate::pages::parts::{self, Dot, Empty, Head, Input, Select, Sorts, date, dot, money, sorted};
use crate::pages::{Form, Room, Shell, export, shell};

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

/// What a list of invoices was asked for in its form.
struct Asked {
    state: Option<InvoiceStage>,
    customer: Option<CustomerId>,
    text: Option<Title>,
    days: (Option<Timestamp>, Option<Timestamp>),
    /// None for the newest first: what is paid has no other order.
    order: Option<InvoiceOrder>,
}

impl Asked {
    fn of_form(visitor: &Visitor, form: &mut Form) -> Self {
        let state: Option<InvoiceStage> = form.read_optional("state");
        Self {
            state,
            customer: form.read_optional("customer"),
            text: form.read_optional("q"),
            days: form.read_days(visitor.zone()),
            order: form.read_optional("sort").filter(|_| state.is_none_or(InvoiceStage::is_open)),
        }
    }

    fn wanted(&self, paging: Paging) -> Wanted<'_> {
        let Self { state, customer, text, days: (from, to), order: _ } = self;
        Wanted { state: *state, customer: *customer, text: text.as_ref(), from: *from, to: *to, paging, number: None }
    }

    fn is_narrowed(&self) -> bool {
        let Self { state, customer, text, days, order: _ } = self;
        state.is_some() || customer.is_some() || text.is_some() || *days != (None, None)
    }
}

pub(super) async fn get_invoices(visitor: Visitor, mut form: Form) -> Result<Markup, PageHalt> {
    let paging = Paging { after: form.read_optional("after"), limit: None };
    let asked = Asked::of_form(&visitor, &mut form);
    let wanted = asked.wanted(paging);
    let tx = visitor.read().await?;
    let (page, unpaid) = tokio::try_join!(listing::list(&tx, wanted, asked.order), listing::sum(&tx, wanted))?;
    let base = visitor.path("/invoices");
    let is_staff = visitor.is_staff();
    let title = if is_staff { "Money" } else { "Invoices" };
    let frame = Shell {
        visitor: &visitor,
        room: Room::Money,
        title,
        actions: html! { @if is_staff && !page.items.is_empty() { (parts::exports(&base, &form)) } },
    };
    let is_filtered = asked.is_narrowed() || paging.after.is_some();
    Ok(shell(
        &frame,
        &html! {
            @if is_staff { (ways(&visitor, Way::Invoices)) }
            @if is_filtered || !page.items.is_empty() { (narrow(&visitor, &form, &asked)) }
            @if !page.items.is_empty() {
                @if let (Some(_), Some(first), true) = (asked.customer, page.items.first(), is_staff) {
                    p { "Of " a href=(visitor.path(&format!("/customers/{}", first.customer))) { (first.customer_name) } ". " a href=(base) { "Show everybody's" } }
                }
                div #list data-hears="invoice.changed, payment.changed" {
                    (together(&unpaid, &asked))
                    (sortable(&visitor, &form, &page.items, &asked))
                }
                (parts::pager(&base, &form, page.next))
            } @else if is_filtered { (unfit(&base, &form, &asked)) }
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

/// Nothing fits, and perhaps why.
fn unfit(base: &str, form: &Form, asked: &Asked) -> Markup {
    html! {
        p {
            @if matches!(asked.days, (Some(from), Some(to)) if from >= to) { "The first day is after the last. " }
            @else if asked.order.is_some() { "No unpaid invoice fits; only those are put into this order. " a href=(sorted(base, form, "")) { "Show paid ones too" } ", or " }
            @else { "No invoice fits. " }
            a href=(base) { "show all" }
        }
    }
}

/// What is owed on the invoices of a list; its order is of those alone.
fn together(unpaid: &[Sum], asked: &Asked) -> Markup {
    let count: i64 = unpaid.iter().map(|sum| sum.invoices).sum();
    let late = asked.state == Some(InvoiceStage::Overdue);
    html! {
        @if count > 0 {
            p.together {
                (count) @if late { " overdue" } @else { " unpaid" }
                @if asked.order.is_some() && !late { ", shown alone" }
                @for (place, sum) in unpaid.iter().enumerate() {
                    @if place == 0 { ": " } @else { " and " } b { (money(sum.total)) }
                }
                @if count > 1 { " together" }
            }
        }
    }
}

/// The filters above the list. A customer has few, and they are all their own.
fn narrow(visitor: &Visitor, form: &Form, asked: &Asked) -> Markup {
    let mut choices = vec![(String::new(), "All".to_owned())];
    choices.extend(InvoiceStage::ALL.iter().map(|standing| (standing.word().to_owned(), label(*standing).to_owned())));
    let orders = [
        ("", "Newest first"),
        ("due", "First due, of those unpaid"),
        ("total", "Largest first, of those unpaid"),
        ("customer", "By customer, of those unpaid"),
    ];
    let orders = orders.map(|(word, label)| (word.to_owned(), label.to_owned()));
    let is_staff = visitor.is_staff();
    // An order is of what is unpaid, and the filter says so.
    let ordered = asked.order.is_some() && asked.state.is_none();
    let plain = &if ordered { form.plain().having("state", "open") } else { form.plain() };
    let fields = html! {
        @if let Some(customer) = asked.customer { input type="hidden" name="customer" value=(customer); }
        @if is_staff { (Input::search(plain, "q", "Number or customer")) }
        (Select { form: plain, name: "state", label: "State", choices: &choices })
        @if is_staff {
            (Input::date(plain, "from", "Written from").optional())
            (Input::date(plain, "to", "To").optional())
        }
    };
    let base = visitor.path("/invoices");
    if is_staff {
        parts::filters_and_order(&base, form, &orders, &fields)
    } else {
        parts::filters(&base, form, &fields)
    }
}

/// The list as a file.
pub(super) async fn get_file(visitor: Visitor, mut form: Form) -> Result<Response, PageHalt> {
    let asked = Asked::of_form(&visitor, &mut form);
    let tx = visitor.read_at_once().await?;
    let mut invoices = export::Rows::begin(&form)?;
    while let Some(paging) = invoices.next() {
        invoices.take(listing::list(&tx, asked.wanted(paging), asked.order).await?)?;
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

const fn label(standing: InvoiceStage) -> &'static str {
    match standing {
        InvoiceStage::Overdue => "overdue",
        other => word(other.state()),
    }
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
    in_table(visitor, invoices, &heads, names)
}

/// The same with heads that put the list into another order.
fn sortable(visitor: &Visitor, form: &Form, invoices: &[Invoice], asked: &Asked) -> Markup {
    let names = if visitor.is_staff() && asked.customer.is_none() { Names::Shown } else { Names::Hidden };
    if !visitor.is_staff() {
        return invoice_table(visitor, invoices, names);
    }
    let base = visitor.path("/invoices");
    let way = |order: InvoiceOrder| sorted(&base, form, if asked.order == Some(order) { "" } else { order.word() });
    let (due, total, customer) = (way(InvoiceOrder::Due), way(InvoiceOrder::Total), way(InvoiceOrder::Customer));
    let newest = sorted(&base, form, "");
    let now = |order: InvoiceOrder, direction| (asked.order == Some(order)).then_some(direction);
    let written = asked.order.is_none().then_some("descending");
    let mut heads = vec![
        Head::Text("Invoice"),
        Head::Text("State"),
        Head::Sorts(Sorts { label: "Written", to: &newest, now: written, class: "wide" }),
        Head::Sorts(Sorts { label: "Due", to: &due, now: now(InvoiceOrder::Due, "ascending"), class: "wide" }),
        Head::Sorts(Sorts { label: "Total", to: &total, now: now(InvoiceOrder::Total, "descending"), class: "n" }),
    ];
    if names == Names::Shown {
        let by_name = now(InvoiceOrder::Customer, "ascending");
        heads.insert(1, Head::Sorts(Sorts { label: "Customer", to: &customer, now: by_name, class: "wide" }));
    }
    in_table(visitor, invoices, &heads, names)
}

fn in_table(visitor: &Visitor, invoices: &[Invoice], heads: &[Head<'_>], names: Names) -> Markup {
    let rows: Vec<Markup> = invoices.iter().map(|invoice| row(visitor, invoice, names)).collect();
    parts::table("Invoices", heads, &rows)
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
