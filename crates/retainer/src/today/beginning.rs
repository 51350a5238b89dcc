//! What a business does first: on the first day the page says the next step, and is quiet when all are done.

use kernel::Permission;
use maud::{Markup, html};
use runtime::{Error, Tx, sql};

use crate::doors::Visitor;
use crate::pages::parts::{self, Empty};
use crate::sample;

/// What is done of it.
#[derive(Debug)]
pub(super) struct Beginning {
    plans: bool,
    customers: bool,
    sold: bool,
    tickets: bool,
    /// The way to a sample.
    offer: Markup,
}

/// How far the business is.
pub(super) async fn beginning(visitor: &Visitor, tx: &Tx) -> Result<Beginning, Error> {
    let query = sql!(
        "select exists (select from plans where organization_id = $1 and archived_at is null) as plans,
                exists (select from customers where organization_id = $1) as customers,
                exists (select from invoices where organization_id = $1)
                  or exists (select from subscriptions where organization_id = $1) as sold,
                exists (select from tickets where organization_id = $1) as tickets"
    );
    let row = tx.one(query, &[tx.org()]).await?;
    let offer = sample::console::offer(visitor, tx, true).await?;
    Ok(Beginning {
        plans: row.get("plans"),
        customers: row.get("customers"),
        sold: row.get("sold"),
        tickets: row.get("tickets"),
        offer,
    })
}

/// The page of a day on which nothing needs anybody.
pub(super) fn quiet(visitor: &Visitor, done: &Beginning) -> Markup {
    let steps = [
        (Permission::PlansWrite, done.plans, "/plans", "Say what you sell"),
        (Permission::CustomersWrite, done.customers, "/customers/new", "Add a customer"),
        (Permission::BillingWrite, done.sold, "/customers", "Sell them a plan, or hours"),
        (Permission::TicketsOpen, done.tickets, "/tickets/new", "Open a ticket"),
    ];
    let steps: Vec<_> = steps.into_iter().filter(|(permission, ..)| visitor.may(*permission)).collect();
    let next = steps.iter().find(|(_, is_done, ..)| !is_done);
    let Some((_, _, to, label)) = next else {
        let nothing = "Nothing needs you: no bill is overdue, no ticket waits, nobody is nearly out of hours.";
        return parts::empty(Empty { title: "A quiet day", text: nothing, action: None });
    };
    let to = visitor.path(to);
    let first = Empty {
        title: "Where to begin",
        text: "This page fills with what needs you: overdue bills, new tickets, customers nearly out of hours.",
        action: Some((to.as_str(), label)),
    };
    html! {
        (parts::empty_with(first, &done.offer))
        ol.firsts {
            @for (_, is_done, to, label) in &steps {
                li .done[*is_done] {
                    @if *is_done { (label) span.soft { ", done" } } @else { a href=(visitor.path(to)) { (label) } }
                }
            }
        }
    }
}
