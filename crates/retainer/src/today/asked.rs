//! What the customer who looks is asked for: their word for more hours, and money.

use kernel::id::{CustomerId, Id};
use kernel::quantity::Hours;
use maud::{Markup, html};
use runtime::{Error, Tx, sql};

use crate::billing::console::invoice_path;
use crate::doors::Visitor;
use crate::invoices::{self, Invoice, InvoiceStage};
use crate::ledger::allowance::Allowance;
use crate::pages::Form;
use crate::pages::parts;
use crate::tickets::console::{asking_for_more, missing};

/// How many of each kind are shown; the rest is a click away.
const SHOWN: usize = 4;

/// What waits for the customer.
#[derive(Debug)]
pub(super) struct Asked {
    tickets: Vec<Agreement>,
    unpaid: Vec<Invoice>,
}

/// A ticket that asks for hours.
#[derive(Debug)]
struct Agreement {
    number: String,
    title: String,
    priority: String,
    wanted: Hours,
    held: Hours,
    used: Hours,
}

/// What waits for a customer.
pub(super) async fn asked(tx: &Tx, customer: CustomerId) -> Result<Asked, Error> {
    let wanted = invoices::find::Wanted { state: Some(InvoiceStage::Open), ..Default::default() };
    let (tickets, page) = tokio::try_join!(agreements(tx, customer), invoices::find::list(tx, wanted))?;
    let mut unpaid = page.items;
    unpaid.sort_by_key(|invoice| (invoice.due_at.is_none(), invoice.due_at));
    Ok(Asked { tickets, unpaid })
}

async fn agreements(tx: &Tx, customer: CustomerId) -> Result<Vec<Agreement>, Error> {
    let rows = tx
        .rows(
            sql!(
                "select number, title, priority, asked_seconds, held_seconds, used_seconds from tickets
                 where organization_id = $1 and customer_id = $2 and asked_seconds is not null
                   and status in ('pending', 'in_progress') and merged_into_id is null
                 order by id limit $3"
            ),
            &[tx.org(), &customer.uuid(), &i64::try_from(SHOWN).unwrap_or(4)],
        )
        .await?;
    let one = |row: &tokio_postgres::Row| Agreement {
        number: row.get("number"),
        title: row.get("title"),
        priority: row.get("priority"),
        wanted: Hours::of_seconds(row.get("asked_seconds")),
        held: Hours::of_seconds(row.get("held_seconds")),
        used: Hours::of_seconds(row.get("used_seconds")),
    };
    Ok(rows.iter().map(one).collect())
}

/// It, each with the button that does it.
pub(super) fn needs(visitor: &Visitor, asked: &Asked, hours: Option<&Allowance>) -> Markup {
    let Asked { tickets, unpaid } = asked;
    html! {
        @if !tickets.is_empty() || !unpaid.is_empty() {
            section.asked {
                h2 { "Needs you" }
                table.list.need {
                    caption.heard { "What needs you" }
                    tbody {
                        @for ticket in tickets { (agreement(visitor, ticket, hours)) }
                        @for invoice in unpaid.iter().take(SHOWN) { (bill(visitor, invoice)) }
                    }
                }
                @if unpaid.len() > SHOWN { p.more { a href=(visitor.path("/invoices?state=open")) { "All unpaid invoices" } } }
            }
        }
    }
}

fn agreement(visitor: &Visitor, ticket: &Agreement, hours: Option<&Allowance>) -> Markup {
    let to = visitor.path(&format!("/tickets/{}", ticket.number));
    let missing = missing(ticket.wanted, ticket.held, hours);
    let named = (ticket.number.as_str(), ticket.title.as_str(), ticket.priority.as_str());
    html! {
        tr {
            td { "Your yes" }
            td {
                a href=(to) { b { (ticket.title) } } " needs " (parts::hours_sign(ticket.wanted.0)) @if ticket.used.atoms() > 0 { ", beside the " (parts::hours_sign(ticket.used.0)) " used before" } @else { " in all" }
                @if let Some(missing) = missing { "; " b { (parts::hours_sign(missing.0)) } " of it are missing" }
            }
            td.n {
                @if missing.is_some() { a.btn href=(asking_for_more(visitor, named)) { "Ask for more hours" } }
                @else {
                    form.inline method="post" action={ (to) "/hours" } {
                        (parts::once(&Form::blank()))
                        input type="hidden" name="wanted" value=(ticket.wanted);
                        input type="hidden" name="agree" value="true";
                        button.go type="submit" { "Agree to " (ticket.wanted) " h" }
                    }
                }
            }
        }
    }
}

fn bill(visitor: &Visitor, invoice: &Invoice) -> Markup {
    let to = invoice_path(visitor, invoice);
    let is_late = invoice.due_at.is_some_and(|due| due < visitor.now());
    html! {
        tr .late[is_late] {
            td { @if is_late { "Overdue" } @else if invoice.is_offer { "Offered" } @else { "To pay" } }
            td {
                a href=(to) { b { "Invoice " (invoice.number) } } " over " (parts::money(invoice.total))
                @if let Some(due) = invoice.due_at {
                    @if is_late { " is overdue since " } @else if invoice.is_offer { " is offered until " } @else { " is to be paid by " }
                    (parts::date(visitor, due))
                }
            }
            td.n { a.btn href=(to) { "See the invoice" } }
        }
    }
}
