//! One invoice: what it is for, what was paid and given back, and the forms that settle it.

use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use kernel::text::Title;
use kernel::{Money, Permission};
use maud::{Markup, html};
use runtime::http::{At, Paging};
use runtime::{Error, Tx};

use super::list::{invoice_path, invoice_state};
use crate::billing::find::{self, PaymentView, RefundView, Wanted};
use crate::billing::{PaidFor, Pay, pay, void_invoice};
use crate::customers::console::staff_only;
use crate::doors::{PageHalt, Visitor};
use crate::invoices::{self, Invoice, InvoiceState, Line, LineKind};
use crate::notifications::console::opened;
use crate::pages::parts::{self, Clock, Head, Input, Precision, date, defs, money, once, said, wrong};
use crate::pages::{Form, Room, Shell, again, shell};

pub(super) async fn get_invoice(mut visitor: Visitor, At(name): At<Title>) -> Result<Response, PageHalt> {
    let tx = visitor.read().await?;
    let invoice = invoices::find::named(&tx, &name).await?;
    if name.as_str() != invoice.number {
        // The ledger and the verbs know its id; people have one address for it, which holds its number.
        return Ok(Redirect::to(&invoice_path(&visitor, &invoice)).into_response());
    }
    opened(&mut visitor, "invoice", &invoice.number).await?;
    Ok(page(&visitor, &tx, &invoice, &Form::blank()).await?.into_response())
}

pub(super) async fn post_pay(visitor: Visitor, At(name): At<Title>, mut form: Form) -> Result<Response, PageHalt> {
    staff_only(&visitor)?;
    visitor.require(Permission::BillingWrite)?;
    let (received_at, reference) = (read_day(&visitor, &mut form, "received_at"), form.read_optional("reference"));
    if form.is_good() {
        let tx = visitor.write_once(&form).await?;
        let invoice = invoices::find::named(&tx, &name).await?;
        let for_what = PaidFor::Invoice(invoice.id);
        match pay(&tx, Pay { for_what, amount: invoice.total, received_at, reference }).await {
            Ok(_) => return tx.finish(&below(&invoice), "The payment is recorded, and what it bought is there.").await,
            Err(error) => form.refused(error)?,
        }
    }
    again_with(&visitor, &name, &form).await
}

pub(super) async fn post_void(visitor: Visitor, At(name): At<Title>, mut form: Form) -> Result<Response, PageHalt> {
    staff_only(&visitor)?;
    visitor.require(Permission::BillingWrite)?;
    if let Some(reason) = form.read("reason") {
        let tx = visitor.write_once(&form).await?;
        let invoice = invoices::find::named(&tx, &name).await?;
        match void_invoice(&tx, invoice.id, &reason).await {
            Ok(()) => return tx.finish(&below(&invoice), "The invoice is taken back; nothing is owed on it.").await,
            Err(error) => form.refused(error)?,
        }
    }
    again_with(&visitor, &name, &form).await
}

pub(super) fn below(invoice: &Invoice) -> String {
    format!("/invoices/{}", invoice.number)
}

/// The beginning of a day in the reader's zone; none where the field is empty.
pub(super) fn read_day(visitor: &Visitor, form: &mut Form, name: &str) -> Option<Timestamp> {
    form.read_day(name, visitor.zone()).map(|day| day.timestamp())
}

pub(super) async fn payment(tx: &Tx, invoice: &Invoice) -> Result<Option<PaymentView>, Error> {
    let paging = Paging { after: None, limit: Some(1) };
    let page = find::payments(tx, Wanted { invoice: Some(invoice.id), paging, ..Wanted::default() }).await?;
    Ok(page.items.into_iter().next())
}

pub(super) async fn again_with(visitor: &Visitor, name: &Title, form: &Form) -> Result<Response, PageHalt> {
    let tx = visitor.read().await?;
    tx.require(Permission::BillingWrite)?;
    let invoice = invoices::find::named(&tx, name).await?;
    Ok(again(&page(visitor, &tx, &invoice, form).await?))
}

async fn page(visitor: &Visitor, tx: &Tx, invoice: &Invoice, form: &Form) -> Result<Markup, PageHalt> {
    let (lines, payment, refunds, how) = tokio::try_join!(
        invoices::find::lines(tx, invoice.id),
        payment(tx, invoice),
        find::refunds(tx, invoice.id),
        invoices::find::how_to_pay(tx, invoice),
    )?;
    let title = format!("Invoice {}", invoice.number);
    let may = visitor.is_staff() && visitor.may(Permission::BillingWrite);
    let path = invoice_path(visitor, invoice);
    let frame = Shell { visitor, room: Room::Money, title: &title, actions: print() };
    Ok(shell(
        &frame,
        &html! {
            (wrong(form))
            div.two #invoice data-hears="invoice.changed, payment.changed, notifications.changed" {
                div {
                    (lines_table(invoice, &lines))
                    @if invoice.is_offer {
                        p.soft { "If it is not paid before the period of the plan ends, nothing changes and nothing is owed." }
                    }
                    (paying(visitor, invoice, how.as_deref()))
                    @if let Some(payment) = &payment { (received(visitor, payment, &refunds)) }
                    @if may { (forms(&path, form, (invoice, &lines), payment.as_ref())) }
                }
                aside { (facts(visitor, invoice, payment.as_ref())) }
            }
        },
    ))
}

/// On paper, or as a file: browsers do both.
fn print() -> Markup {
    html! { button.scripted type="button" data-print { "Print" } }
}

/// How to pay. Where the organization has not said it, customers can ask.
fn paying(visitor: &Visitor, invoice: &Invoice, how: Option<&str>) -> Markup {
    if let Some(how) = how {
        return html! { h2 { "How to pay" } (said(visitor, how)) };
    }
    let title = format!("How do I pay invoice {}?", invoice.number);
    let ask = format!("/tickets/new?{}", crate::pages::form::query(&[("title", &title)]));
    let settings = visitor.path("/settings");
    html! {
        @if invoice.state == InvoiceState::Open && !visitor.is_staff() {
            p.submit { a.btn href=(visitor.path(&ask)) { "Ask " (visitor.frame().organization) " how to pay" } }
        } @else if invoice.state == InvoiceState::Open && visitor.may(Permission::SettingsWrite) {
            p.soft { "Customers read here how to pay, once it is in the " a href=(settings) { "settings" } "." }
        }
    }
}

fn lines_table(invoice: &Invoice, lines: &[Line]) -> Markup {
    html! {
        table.list {
            caption.heard { "What it is for" }
            thead { tr { th scope="col" { "For" } th.n scope="col" { "Amount" } } }
            tbody { @for line in lines { tr { td { (line.description) } td.n { (money(line.amount)) } } } }
            tfoot { tr { td { "Total" } td.n { (money(invoice.total)) } } }
        }
    }
}

fn facts(visitor: &Visitor, invoice: &Invoice, payment: Option<&PaymentView>) -> Markup {
    let mut facts = vec![
        ("State", invoice_state(visitor, invoice)),
        ("For", customer(visitor, invoice)),
        ("Written", date(visitor, invoice.created_at)),
    ];
    let given_back = payment.map(|payment| payment.refunded).filter(|refunded| refunded.minor > 0);
    if let Some(refunded) = given_back.filter(|_| invoice.state == InvoiceState::Paid) {
        facts.push(("Partly refunded", money(refunded)));
        facts.push(("Kept", money(Money::new(invoice.total.minor - refunded.minor, refunded.currency))));
    }
    let days = [("Due", invoice.due_at), ("Paid", invoice.paid_at), ("Taken back", invoice.voided_at)];
    facts.extend(days.into_iter().filter_map(|(name, at)| at.map(|at| (name, date(visitor, at)))));
    if let Some(reason) = &invoice.void_reason {
        facts.push(("Why", html! { (reason) }));
    }
    defs(&facts)
}

/// Whose it is; staff get to them from here.
fn customer(visitor: &Visitor, invoice: &Invoice) -> Markup {
    let to = visitor.path(&format!("/customers/{}", invoice.customer));
    html! { @if visitor.is_staff() { a href=(to) { (invoice.customer_name) } } @else { (invoice.customer_name) } }
}

fn received(visitor: &Visitor, payment: &PaymentView, refunds: &[RefundView]) -> Markup {
    let day = |at| Clock::of(visitor).in_column(at, Precision::Day);
    let mut rows = vec![html! {
        tr {
            td { "Payment" @if let Some(reference) = &payment.reference { " " span.soft { (reference) } } }
            td { (day(payment.received_at)) }
            td.n { (money(payment.amount)) }
        }
    }];
    rows.extend(refunds.iter().map(|refund| {
        html! {
            tr {
                td { "Refund " span.soft { (refund.reason) } }
                td { (day(refund.refunded_at)) }
                td.n { (money(Money::new(-refund.amount.minor, refund.amount.currency))) }
            }
        }
    }));
    html! {
        h2 { "Received" }
        (parts::table("Received and given back", &[Head::Text("What"), Head::Text("When"), Head::Number("Amount")], &rows))
    }
}

/// What goes with the money.
pub(super) fn goes_with(lines: &[Line]) -> &'static str {
    if lines.iter().any(|line| line.kind == LineKind::Upgrade) {
        "Giving all of it back also takes back what it bought, and the plan is again the one before; a part leaves both."
    } else if lines.iter().any(|line| line.kind == LineKind::Period) {
        "Giving all of it back also takes back what it bought; a part leaves it. Either way the plan goes on."
    } else {
        "Giving all of it back also takes back what it bought; a part leaves it."
    }
}

/// The forms that fit how the invoice stands.
fn forms(path: &str, form: &Form, (invoice, lines): (&Invoice, &[Line]), payment: Option<&PaymentView>) -> Markup {
    let left = payment.map(PaymentView::left);
    html! {
        @if invoice.state == InvoiceState::Open {
            h2 #payment { "Record a payment" }
            form method="post" action={ (path) "/pay" } {
                (once(form))
                p { (money(invoice.total)) " was received; what the invoice is for comes with it." }
                (Input::date(form, "received_at", "Received on").optional().hint("Empty is now."))
                (Input::text(form, "reference", "Reference").optional().hint("What the payer or the bank called it."))
                p.submit { button.go type="submit" { "Record the payment" } }
            }
            details.drawer open[form.error("reason").is_some()] {
                summary { "Take the invoice back" }
                form method="post" action={ (path) "/void" } data-confirm="Take this invoice back?" {
                    (once(form))
                    (Input::text(form, "reason", "Why").hint("Nothing is owed on it then, and what it would have bought does not come."))
                    p.submit { button.danger type="submit" { "Take it back" } }
                }
            }
        }
        @if let Some(left) = left.filter(|left| left.minor > 0 && invoice.state == InvoiceState::Paid) {
            details.drawer open[!form.is_good()] {
                summary { "Give money back" }
                form method="get" action={ (path) "/refund" } {
                    (Input::decimal(form, "amount", "Amount").optional())
                    p.hint { "Up to " (money(left)) "; empty is all of it. " (goes_with(lines)) }
                    (Input::text(form, "reason", "Why"))
                    p.submit { button.danger type="submit" { "Give it back …" } }
                }
            }
        }
    }
}
