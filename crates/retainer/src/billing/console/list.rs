//! Lists of invoices.

use maud::{Markup, html};

use crate::doors::Visitor;
use crate::invoices::{Invoice, InvoiceState};
use crate::pages::parts::{self, Dot, Head, date, dot, money};

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
    let mut heads = vec![Head::Text("Invoice"), Head::Text("State"), Head::Wide("Written"), Head::Wide("Due"), Head::Number("Total")];
    if names == Names::Shown {
        heads.insert(1, Head::Text("Customer"));
    }
    let rows: Vec<Markup> = invoices.iter().map(|invoice| row(visitor, invoice, names)).collect();
    parts::table("Invoices", &heads, &rows)
}

fn row(visitor: &Visitor, invoice: &Invoice, names: Names) -> Markup {
    html! {
        tr {
            td { a href=(invoice_path(visitor, invoice)) { (invoice.number.as_deref().unwrap_or("Draft")) } }
            @if names == Names::Shown { td { (invoice.customer_name) } }
            td { (invoice_state(visitor, invoice)) }
            td.wide { (date(visitor, invoice.created_at)) }
            td.wide { @if let Some(due) = invoice.due_at { (date(visitor, due)) } }
            td.n { (money(invoice.total)) }
        }
    }
}

/// Where an invoice is: under its number, which people read out on the telephone.
pub(super) fn invoice_path(visitor: &Visitor, invoice: &Invoice) -> String {
    match &invoice.number {
        Some(number) => visitor.path(&format!("/invoices/{number}")),
        None => visitor.path(&format!("/invoices/{}", invoice.id)),
    }
}

/// How an invoice stands.
pub(super) fn invoice_state(visitor: &Visitor, invoice: &Invoice) -> Markup {
    match invoice.state {
        InvoiceState::Open if invoice.due_at.is_some_and(|due| due < visitor.now()) => dot(Dot::Failed, "overdue"),
        InvoiceState::Open => dot(Dot::New, "unpaid"),
        InvoiceState::Draft => dot(Dot::Waiting, "draft"),
        InvoiceState::Paid => dot(Dot::Done, "paid"),
        InvoiceState::Void => dot(Dot::Off, "taken back"),
        InvoiceState::Refunded => dot(Dot::Off, "refunded"),
    }
}
