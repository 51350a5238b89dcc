//! The start page of staff and of customers.

use axum::Router;
use axum::routing::get;
use kernel::id::CustomerId;
use kernel::{ActorKind, Money, Permission, Unit};
use maud::{Markup, html};
use runtime::http::Paging;
use runtime::{Error, Tx};

use super::find::{LOW, Low, low_balances};
use crate::App;
use crate::billing::console::invoice_path;
use crate::customers;
use crate::doors::{PageHalt, Visitor};
use crate::invoices::{self, Invoice, InvoiceState};
use crate::ledger::allowance::{Allowance, allowances};
use crate::ledger::console::bar;
use crate::pages::parts::{self, Dot, Empty, Head};
use crate::pages::{Room, Shell, shell};
use crate::reports::console::change;
use crate::reports::revenue::{Revenue, revenue};
use crate::tickets::{self, Priority, Status, Ticket};

/// The start page.
pub fn routes() -> Router<App> {
    Router::new().route("/{organization}", get(get_today))
}

async fn get_today(visitor: Visitor) -> Result<Markup, PageHalt> {
    match visitor.actor().customer() {
        Some(customer) => portal(&visitor, customer).await,
        None => console(&visitor).await,
    }
}

/// What staff see; what somebody's role does not show them is left out.
struct Today {
    new: Vec<Ticket>,
    in_work: Vec<Ticket>,
    low: Vec<Low>,
    unpaid: Vec<Invoice>,
    /// How many tickets wait, are in work, and whether more bills are open than shown.
    more: More,
    revenue: Option<Revenue>,
}

/// What there is beyond what is shown.
struct More {
    pending: i64,
    working: i64,
    unpaid: bool,
}

/// How many of each kind the page shows; the rest is a click away.
const SHOWN: u16 = 8;

async fn look(visitor: &Visitor, tx: &Tx) -> Result<Today, Error> {
    let some = Paging { after: None, limit: Some(SHOWN) };
    let of = |status| tickets::find::Wanted { status: Some(status), ..Default::default() };
    let (pending, working) = (of(Status::Pending), of(Status::InProgress));
    let unpaid = async {
        if !visitor.may(Permission::BillingRead) {
            return Ok((Vec::new(), false));
        }
        let wanted = invoices::find::Wanted { state: Some(InvoiceState::Open), paging: some, ..Default::default() };
        let page = invoices::find::list(tx, wanted).await?;
        Ok((page.items, page.next.is_some()))
    };
    let money = async { if visitor.may(Permission::ReportsRead) { revenue(tx).await.map(Some) } else { Ok(None) } };
    let many = Paging { after: None, limit: Some(100) };
    let (new, in_work, counts, low, (unpaid, more_unpaid), revenue) = tokio::try_join!(
        tickets::find::list(tx, &pending, many),
        tickets::find::list(tx, &working, some),
        tickets::find::counts(tx, None),
        low_balances(tx),
        unpaid,
        money
    )?;
    let count = |of| counts.iter().find(|(status, _)| *status == of).map_or(0, |(_, count)| *count);
    let more = More { pending: count(Status::Pending), working: count(Status::InProgress), unpaid: more_unpaid };
    let new = new.items.into_iter().filter(|ticket| is_mine(visitor, ticket)).take(usize::from(SHOWN)).collect();
    Ok(Today { new, in_work: in_work.items, low, unpaid, more, revenue })
}

/// Whether a waiting ticket needs whoever looks: nobody has it, or they do.
fn is_mine(visitor: &Visitor, ticket: &Ticket) -> bool {
    let ActorKind::User { membership, .. } = visitor.actor().kind else { return true };
    ticket.assignee.is_none_or(|assignee| assignee == membership)
}

async fn console(visitor: &Visitor) -> Result<Markup, PageHalt> {
    let tx = visitor.read().await?;
    let today = look(visitor, &tx).await?;
    let opens = visitor.may(Permission::TicketsOpen);
    let actions = html! { @if opens { a.btn.go href=(visitor.path("/tickets/new")) { "New ticket" } } };
    let page = Shell { visitor, room: Room::Today, title: "Today", actions };
    let is_quiet = today.new.is_empty() && today.low.is_empty() && today.unpaid.is_empty();
    Ok(shell(
        &page,
        &html! {
            p.soft { (visitor.now().to_zoned(visitor.zone().clone()).strftime("%A %-d %B").to_string()) }
            @if is_quiet && today.in_work.is_empty() {
                (nothing_yet(visitor))
            } @else {
                h2 { "Needs you" }
                @if is_quiet { p.soft { "Nothing. Every ticket has somebody, every bill is paid, nobody is out of hours." } }
                @else { (needs(visitor, &today)) (rest(visitor, &today)) }
                @if !today.in_work.is_empty() {
                    h2 { "In work" } (in_work(visitor, &today.in_work))
                    @if today.more.working > shown(&today.in_work) {
                        p { a href=(visitor.path("/tickets?status=in_progress")) { "All " (parts::up_to(today.more.working, tickets::find::MOST_COUNTED)) " in work" } }
                    }
                }
            }
            @if let Some(revenue) = &today.revenue { (month(visitor, revenue)) }
        },
    ))
}

fn nothing_yet(visitor: &Visitor) -> Markup {
    let path = visitor.path("/customers/new");
    let adds = visitor.may(Permission::CustomersWrite);
    parts::empty(Empty {
        title: "A quiet day",
        text: "This page fills with what needs you: new tickets, customers nearly out of hours, unpaid invoices. \
               It begins with a customer and a plan.",
        action: adds.then_some((path.as_str(), "Add a customer")),
    })
}

fn shown<T>(items: &[T]) -> i64 {
    i64::try_from(items.len()).unwrap_or(i64::MAX)
}

/// The ways to what is not shown.
fn rest(visitor: &Visitor, today: &Today) -> Markup {
    html! {
        @if today.more.pending > shown(&today.new) {
            p { a href=(visitor.path("/tickets?status=pending")) { "All " (parts::up_to(today.more.pending, tickets::find::MOST_COUNTED)) " waiting tickets" } }
        }
        @if today.more.unpaid { p { a href=(visitor.path("/invoices?state=open")) { "All unpaid invoices" } } }
    }
}

fn needs(visitor: &Visitor, today: &Today) -> Markup {
    let to = |path: String| visitor.path(&path);
    html! {
        table.list.need {
            caption.heard { "What needs you" }
            tbody {
                @for ticket in &today.new {
                    tr {
                        td { "New, " (parts::time(visitor, ticket.created_at)) }
                        td {
                            a href=(to(format!("/tickets/{}", ticket.id))) { b { (ticket.title) } }
                            " " span.soft { (ticket.customer_name) } " " (urgent(ticket))
                        }
                        td.n { "wants " (parts::hours_sign(ticket.hours.0)) }
                    }
                }
                @for low in &today.low {
                    tr {
                        td { @if low.left.atoms > 0 { "Low on hours" } @else { "Out of hours" } }
                        td {
                            a href=(to(format!("/customers/{}/balance", low.customer))) { b { (low.name) } }
                            " has " (parts::hours_sign(low.left)) " left"
                            @match low.open { 0 => {}, 1 => " and one open ticket", open => { " and " (open) " open tickets" } }
                        }
                        td.n { @if visitor.may(Permission::BillingWrite) { a.btn href=(to(format!("/customers/{}/top-up", low.customer))) { "Sell a top-up" } } }
                    }
                }
                @for invoice in &today.unpaid {
                    tr {
                        td { "Unpaid" }
                        td {
                            a href=(invoice_path(visitor, invoice)) { b { (invoice.customer_name) } }
                            " " span.soft { (invoice.number) }
                            @if let Some(due) = invoice.due_at { " due " (parts::date(visitor, due)) }
                        }
                        td.n { (parts::money(invoice.total)) }
                    }
                }
            }
        }
    }
}

fn urgent(ticket: &Ticket) -> Markup {
    let tone = if ticket.priority == Priority::Urgent { parts::Tone::Red } else { parts::Tone::Amber };
    let shows = matches!(ticket.priority, Priority::High | Priority::Urgent);
    html! { @if shows { (parts::tag(tone, ticket.priority.word())) } }
}

fn in_work(visitor: &Visitor, tickets: &[Ticket]) -> Markup {
    let rows = tickets.iter().map(|ticket| {
        html! {
            tr {
                td {
                    (parts::dot(Dot::Open, "")) a href=(visitor.path(&format!("/tickets/{}", ticket.id))) { (ticket.title) }
                    " " (urgent(ticket))
                }
                td.wide { (ticket.customer_name) }
                td.wide { (ticket.assignee_name.as_deref().unwrap_or("nobody")) }
                td.n { (parts::hours(ticket.hours_held.0)) }
            }
        }
    });
    let heads = [Head::Text("Ticket"), Head::Wide("Customer"), Head::Wide("With"), Head::Number("Held, h")];
    parts::table("In work", &heads, &rows.collect::<Vec<_>>())
}

fn month(visitor: &Visitor, revenue: &Revenue) -> Markup {
    let name = revenue.current_month.from.to_zoned(visitor.zone().clone()).strftime("%B").to_string();
    let before = revenue.previous_month_to_date.totals.iter();
    html! {
        h2 { (name) }
        @for total in &revenue.current_month.totals {
            p {
                "Revenue is " a href=(visitor.path("/reports")) { b { (parts::money(total.total)) } }
                " so far"
                @if let Some(then) = before.clone().find(|then| then.total.currency == total.total.currency) {
                    ", " (compared(total.total, then.total))
                }
                "."
            }
        }
    }
}

/// How it stands to last month: `12 % more than last month to the same day ($24,125.00)`.
fn compared(now: Money, then: Money) -> Markup {
    html! {
        @match change(now, then) {
            None => "where last month had none by this day",
            Some(0) => "as much as last month to the same day",
            Some(percent) if percent > 0 => { (percent) " % more than last month to the same day (" (parts::money(then)) ")" }
            Some(percent) => { (-percent) " % less than last month to the same day (" (parts::money(then)) ")" }
        }
    }
}

async fn portal(visitor: &Visitor, customer: CustomerId) -> Result<Markup, PageHalt> {
    let tx = visitor.read().await?;
    let some = Paging { after: None, limit: Some(SHOWN) };
    let wanted = tickets::find::Wanted::default();
    let unpaid =
        invoices::find::Wanted { state: Some(InvoiceState::Open), paging: Paging::default(), ..Default::default() };
    let (allowances, tickets, unpaid, customer) = tokio::try_join!(
        allowances(&tx, customer),
        tickets::find::list(&tx, &wanted, some),
        invoices::find::list(&tx, unpaid),
        customers::find::get(&tx, customer)
    )?;
    let page = Shell { visitor, room: Room::Today, title: &customer.name, actions: html! {} };
    Ok(shell(
        &page,
        &html! {
            (overdue(visitor, &unpaid.items))
            @for allowance in &allowances { (standing(visitor, allowance)) }
            @if allowances.is_empty() {
                p.lead { "You have no hours yet." }
                p.soft { "Choose a plan, and your balance stands here. You can ask for something without one: it is estimated first." }
                p { a.btn href=(visitor.path("/plan")) { "See the plans" } }
            }
            p.submit { a.btn.go.main href=(visitor.path("/tickets/new")) { "Ask for something" } }
            h2 { "Your tickets" }
            @if tickets.items.is_empty() { p.soft { "None yet. What you ask for appears here, with its answers." } }
            @else { (own_tickets(visitor, &tickets.items)) }
        },
    ))
}

/// What the customer should have paid by now, in a line.
fn overdue(visitor: &Visitor, unpaid: &[Invoice]) -> Markup {
    let mut late: Vec<_> =
        unpaid.iter().filter_map(|it| Some((it.due_at.filter(|due| *due < visitor.now())?, it))).collect();
    late.sort_by_key(|(due, _)| *due);
    html! {
        @if let Some((due, invoice)) = late.first() {
            p.notice {
                a href=(invoice_path(visitor, invoice)) { "Invoice " (invoice.number) } " over " (parts::money(invoice.total))
                " is overdue since " (parts::date(visitor, *due)) "."
                @if late.len() > 1 { " " a href=(visitor.path("/invoices")) { "So are others." } }
            }
        }
    }
}

/// That the hours are nearly out, by the rule that tells staff of it, and where more come from.
fn nearly_out(visitor: &Visitor, allowance: &Allowance) -> Markup {
    let left = allowance.left.quantity(allowance.unit);
    let is_low = allowance.unit == Unit::Hour && !allowance.unlimited && left.atoms < LOW;
    let asked = crate::pages::form::query(&[("title", "More hours, please")]);
    html! {
        @if is_low {
            p.amber { @if left.atoms > 0 { "Your hours are nearly out. " } @else { "Your hours are out. " }
                a href={ (visitor.path("/tickets/new")) "?" (asked) } { "Ask for more" } " or " a href=(visitor.path("/plan")) { "look at your plan" } "." }
        }
    }
}

fn standing(visitor: &Visitor, allowance: &Allowance) -> Markup {
    html! {
        section {
            p.soft { "You have" }
            p.big { (parts::hours_sign(allowance.left.quantity(allowance.unit))) }
            @if let Some(next) = &allowance.next_expiry {
                p.soft { (parts::hours_sign(next.quantity.quantity(allowance.unit))) " of it until " (parts::date(visitor, next.at)) }
            }
            (bar(allowance, Some(&visitor.path("/balance"))))
            (nearly_out(visitor, allowance))
        }
    }
}

fn own_tickets(visitor: &Visitor, tickets: &[Ticket]) -> Markup {
    let rows = tickets.iter().map(|ticket| {
        let dot = match ticket.status {
            Status::Pending => Dot::New,
            Status::InProgress => Dot::Open,
            Status::Completed => Dot::Done,
            Status::Rejected => Dot::Off,
        };
        let is_done = ticket.status == Status::Completed;
        let hours = if is_done { ticket.hours_used } else { ticket.hours_held };
        html! {
            tr {
                td { a href=(visitor.path(&format!("/tickets/{}", ticket.id))) { (ticket.title) } }
                td { (parts::dot(dot, ticket.status.label())) }
                td.n { (parts::hours_sign(hours.0)) }
            }
        }
    });
    let heads = [Head::Text("Ticket"), Head::Text("State"), Head::Number(Unit::Hour.sign())];
    parts::table("Your tickets", &heads, &rows.collect::<Vec<_>>())
}
