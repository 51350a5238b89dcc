//! The start page of staff; that of customers is in [`super::portal`].

use std::cmp::Reverse;
use std::collections::BTreeMap;

use axum::Router;
use axum::routing::get;
use kernel::{Permission, Quantity};
use maud::{Markup, html};
use runtime::http::Paging;
use runtime::{Error, Tx};

use super::beginning::{beginning, quiet};
use super::find::{Low, Over, Overdue, low_balances, over_estimate, overdue};
use super::mine::{assigned, is_mine, me, parts_of};
use super::portal::portal;
use crate::App;
use crate::doors::{PageHalt, Visitor};
use crate::pages::parts::{self, Dot, Head};
use crate::pages::{Form, Room, Shell, shell_with};
use crate::reports::console::so_far;
use crate::reports::hours::owed;
use crate::reports::revenue::{Revenue, RevenueTotal, revenue};
use crate::tickets::listing::Order;
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

/// What may change what the page says.
const HEARS: &str = "ticket.changed, invoice.changed, payment.changed, customer.changed, subscription.changed";

/// What staff see; what somebody's role does not show them is left out.
#[derive(Default)]
pub(super) struct Today {
    pub(super) overdue: Vec<Overdue>,
    pub(super) new: Vec<Ticket>,
    /// Tickets on which more was worked than is on hold.
    pub(super) over: Vec<Over>,
    pub(super) in_work: Vec<Ticket>,
    /// The open tickets of whoever comes first on the page.
    pub(super) mine: Vec<Ticket>,
    /// What was written down on the tickets in work, by their numbers.
    pub(super) worked: BTreeMap<String, Quantity>,
    pub(super) low: Vec<Low>,
    /// How many tickets wait and are in work.
    pub(super) pending: i64,
    pub(super) working: i64,
    pub(super) revenue: Option<(Revenue, Quantity)>,
}

impl Today {
    /// Whether nothing needs anybody.
    pub(super) fn is_quiet(&self) -> bool {
        self.new.is_empty() && self.low.is_empty() && self.overdue.is_empty() && self.over.is_empty()
    }
}

/// How many of each kind the page shows; the rest is a click away.
const SHOWN: u16 = 8;
/// How many waiting tickets, unless more are urgent.
const WAITING: u16 = 12;

async fn look(visitor: &Visitor, tx: &Tx) -> Result<Today, Error> {
    let some = Paging { after: None, limit: Some(SHOWN) };
    let of = |status: Status| tickets::find::Wanted { status: Some(status.into()), ..Default::default() };
    let (waiting, working) = (of(Status::Pending), of(Status::InProgress));
    let bills = async {
        if visitor.may(Permission::BillingRead) { overdue(tx, i64::from(SHOWN)).await } else { Ok(Vec::new()) }
    };
    // Whoever can neither sell hours nor work has nothing to do about who is out of them.
    let acts = visitor.may(Permission::BillingWrite) || visitor.may(Permission::TicketsWork);
    let low = async { if acts { low_balances(tx).await } else { Ok(Vec::new()) } };
    let money = async {
        if visitor.may(Permission::ReportsRead) { tokio::try_join!(revenue(tx), owed(tx)).map(Some) } else { Ok(None) }
    };
    let in_work = async {
        let (page, mine) = tokio::try_join!(
            tickets::listing::in_order(tx, &working, Order::Priority, some),
            assigned(tx, me(visitor))
        )?;
        let numbers: Vec<String> = page.items.iter().chain(&mine).map(|ticket| ticket.id.to_string()).collect();
        let worked = tickets::listing::worked(tx, &numbers).await?;
        Ok::<_, Error>((page.items, mine, worked))
    };
    let many = Paging { after: None, limit: Some(100) };
    let over = async {
        if visitor.may(Permission::TicketsWork) { over_estimate(tx, i64::from(SHOWN)).await } else { Ok(Vec::new()) }
    };
    let (new, (in_work, mine, worked), counts, low, overdue, revenue, over) = tokio::try_join!(
        tickets::listing::in_order(tx, &waiting, Order::Priority, many),
        in_work,
        tickets::find::counts(tx, None),
        low,
        bills,
        money,
        over
    )?;
    let count = |of| counts.iter().find(|(status, _)| *status == of).map_or(0, |(_, count)| *count);
    let new = shown_of(new.items);
    let (pending, working) = (count(Status::Pending), count(Status::InProgress));
    Ok(Today { overdue, new, over, in_work, mine, worked, low, pending, working, revenue })
}

/// The waiting tickets that the page shows: none that is urgent or that nobody has is left out. The most pressing come first;
/// of those that bear no mark, whoever waits longest.
fn shown_of(waiting: Vec<Ticket>) -> Vec<Ticket> {
    let (mut waiting, calm): (Vec<_>, Vec<_>) = waiting.into_iter().partition(is_pressing);
    waiting.extend(calm.into_iter().take(usize::from(WAITING).saturating_sub(waiting.len())));
    waiting.sort_by_key(|ticket| (Reverse(ticket.priority.max(Priority::Medium)), ticket.created_at));
    waiting
}

async fn console(visitor: &Visitor) -> Result<Markup, PageHalt> {
    let tx = visitor.read().await?;
    let today = look(visitor, &tx).await?;
    let opens = visitor.may(Permission::TicketsOpen);
    let actions = html! { @if opens { a.btn.go href=(visitor.path("/tickets/new")) { "New ticket" } } };
    let page = Shell { visitor, room: Room::Today, title: "Today", actions };
    let is_empty = today.is_quiet() && today.in_work.is_empty() && today.mine.is_empty();
    let done = if is_empty { Some(beginning(visitor, &tx).await?) } else { None };
    let shows_month = !is_empty || has_money(&today);
    let month_of = today.revenue.clone().filter(|_| shows_month);
    let day = visitor.now().to_zoned(visitor.zone().clone()).strftime("%A %-d %B").to_string();
    Ok(shell_with(
        &page,
        &html! { (day) },
        &html! {
            div #today data-hears=(HEARS) {
                @if let Some(done) = &done { (quiet(visitor, done)) }
                @else if let Some(me) = me(visitor) { (parts_of(visitor, today, me)) }
                @else { (everybodys(visitor, &today)) }
                @if let Some((revenue, owed)) = month_of { (so_far(visitor, &revenue, owed)) }
            }
        },
    ))
}

/// The page of whoever runs the office: what needs them, whosever it is, then what is in work.
fn everybodys(visitor: &Visitor, today: &Today) -> Markup {
    html! {
        h2 { "Needs you" }
        @if today.is_quiet() { p.soft { "Nothing. No ticket waits, no bill is overdue, nobody is out of hours." } }
        @else { (needs(visitor, today)) (rest(visitor, today)) }
        @if !today.in_work.is_empty() {
            h2 { "In work" } (in_work(visitor, today))
            @if today.working > shown(&today.in_work) {
                p.more { a href=(visitor.path("/tickets?status=in_progress&sort=priority")) { "All " (parts::up_to(today.working, tickets::find::MOST_COUNTED)) " in work" } }
            }
        }
    }
}

/// Whether there is anything to say of the month.
fn has_money(today: &Today) -> bool {
    let moved = |total: &RevenueTotal| total.payments > 0 || total.total.minor != 0;
    today
        .revenue
        .as_ref()
        .is_some_and(|(revenue, owed)| owed.atoms > 0 || revenue.current_month.totals.iter().any(moved))
}

fn shown<T>(items: &[T]) -> i64 {
    i64::try_from(items.len()).unwrap_or(i64::MAX)
}

/// The ways to what is not shown.
pub(super) fn rest(visitor: &Visitor, today: &Today) -> Markup {
    html! {
        @if today.pending > shown(&today.new) {
            p.more { a href=(visitor.path("/tickets?status=pending&sort=priority")) { "All " (parts::up_to(today.pending, tickets::find::MOST_COUNTED)) " waiting tickets" } }
        }
        @if shown(&today.overdue) >= i64::from(SHOWN) { p.more { a href=(visitor.path("/invoices?state=overdue&sort=due")) { "All overdue invoices" } } }
    }
}

pub(super) fn needs(visitor: &Visitor, today: &Today) -> Markup {
    let pressing = || today.new.iter().filter(|ticket| is_pressing(ticket));
    html! {
        table.list.need {
            caption.heard { "What needs you" }
            tbody {
                // What is urgent cannot wait for old bills.
                @for ticket in pressing().filter(|ticket| is_urgent(ticket)) { (fresh(visitor, ticket)) }
                @for bill in &today.overdue { (late(visitor, bill)) }
                @for ticket in pressing().filter(|ticket| !is_urgent(ticket)) { (fresh(visitor, ticket)) }
                @for over in &today.over { (over_row(visitor, over)) }
                @for low in &today.low { (nearly_out(visitor, low)) }
                // Somebody has these already, who will begin, or the customer is asked.
                @for ticket in today.new.iter().filter(|ticket| !is_pressing(ticket)) { (fresh(visitor, ticket)) }
            }
        }
    }
}

fn late(visitor: &Visitor, bill: &Overdue) -> Markup {
    let to = visitor.path(&format!("/invoices/{}", bill.number));
    let days = visitor.now().duration_since(bill.due_at).as_hours() / 24;
    html! {
        tr.late {
            td { @match days { 0 => "Overdue", 1 => "A day overdue", days => { (days) " days overdue" } } }
            td { a href=(to) { b { (bill.customer_name) } } " " span.soft { (bill.number) } " over " (parts::money(bill.total)) }
            td.n {
                @if visitor.may(Permission::BillingWrite) { a.btn href={ (to) "#payment" } { "Record payment" } }
                @else { "due " (parts::date(visitor, bill.due_at)) }
            }
        }
    }
}

fn is_urgent(ticket: &Ticket) -> bool {
    ticket.priority == Priority::Urgent
}

/// What nobody has yet, and what is urgent whoever has it, unless the customer was asked and has not answered.
fn is_pressing(ticket: &Ticket) -> bool {
    ticket.hours_asked.is_none() && (ticket.assignee.is_none() || is_urgent(ticket))
}

fn fresh(visitor: &Visitor, ticket: &Ticket) -> Markup {
    html! {
        tr .calm[!is_pressing(ticket)] {
            td { @if ticket.hours_asked.is_some() { "Asked, " } @else if ticket.assignee.is_some() { "Waits since " } @else { "New, " } (parts::time(visitor, ticket.created_at)) }
            td {
                a href=(visitor.path(&format!("/tickets/{}", ticket.id))) { b { (ticket.title) } }
                " " span.soft { (ticket.customer_name) }
                @if let Some(with) = ticket.assignee_name.as_ref().filter(|_| !is_mine(visitor, ticket)) { " " span.soft { "with " (with) } }
                " " (urgent(ticket)) (timed(visitor, ticket))
            }
            td.n { @if let Some(asked) = ticket.hours_asked { "waits for a yes to " (parts::hours_sign(asked.0)) } @else if ticket.hours.atoms() == 0 { "to be estimated" } @else { "wants " (parts::hours_sign(ticket.hours.0)) } }
        }
    }
}

fn over_row(visitor: &Visitor, over: &Over) -> Markup {
    let to = visitor.path(&format!("/tickets/{}", over.number));
    let wanted = over.worked.decimal();
    html! {
        tr {
            td { @if over.is_declined { "Not agreed to" } @else { "Over estimate" } }
            td {
                a href=(to) { b { (over.title) } } " " span.soft { (over.customer_name) } " "
                (parts::hours_sign(over.worked)) " worked of " (parts::hours_sign(over.held)) " held"
            }
            td.n {
                // What they said stands on the ticket, and what can be done.
                @if over.is_declined { a.btn href=(to) { "See why" } } @else { form.inline method="post" action={ (to) "/hours" } {
                    (parts::once(&Form::blank()))
                    input type="hidden" name="wanted" value=(wanted);
                    input type="hidden" name="ask" value="true";
                    button type="submit" { "Ask to approve" }
                } }
            }
        }
    }
}

fn nearly_out(visitor: &Visitor, low: &Low) -> Markup {
    let to = visitor.path(&format!("/customers/{}", low.customer));
    html! {
        tr {
            td { @if low.left.atoms > 0 { "Low on hours" } @else { "Out of hours" } }
            td {
                a href={ (to) "/balance" } { b { (low.name) } }
                " has " (parts::hours_sign(low.left)) " left"
                @match low.open { 0 => {}, 1 => " and one open ticket", open => { " and " (open) " open tickets" } }
            }
            td.n { @if visitor.may(Permission::BillingWrite) { a.btn href={ (to) "/top-up" } { "Sell a top-up" } } }
        }
    }
}

fn urgent(ticket: &Ticket) -> Markup {
    let tone = if ticket.priority == Priority::Urgent { parts::Tone::Red } else { parts::Tone::Amber };
    let shows = matches!(ticket.priority, Priority::High | Priority::Urgent);
    html! { @if shows { (parts::tag(tone, ticket.priority.word())) } }
}

/// The mark of the ticket that one's own timer runs on.
fn timed(visitor: &Visitor, ticket: &Ticket) -> Markup {
    let runs = visitor.frame().timer.as_ref().is_some_and(|(number, _)| number == ticket.id.as_str());
    html! { @if runs { " " (parts::tag(parts::Tone::Good, "timer runs")) } }
}

pub(super) fn in_work(visitor: &Visitor, today: &Today) -> Markup {
    let rows = today.in_work.iter().map(|ticket| {
        let worked = today.worked.get(ticket.id.as_str()).copied().unwrap_or(Quantity::seconds(0));
        let is_over = worked.atoms > ticket.hours_held.atoms() + ticket.hours_used.atoms();
        html! {
            tr {
                td {
                    (parts::dot(Dot::Open, "")) a href=(visitor.path(&format!("/tickets/{}", ticket.id))) { (ticket.title) }
                    " " (urgent(ticket)) (timed(visitor, ticket))
                    span.narrow { (ticket.customer_name) }
                }
                td.wide { (ticket.customer_name) }
                td.wide { @if is_mine(visitor, ticket) { "you" } @else { (ticket.assignee_name.as_deref().unwrap_or("nobody")) } }
                td.n { (parts::hours(ticket.hours_held.0)) }
                td.n .amber[is_over] { (parts::hours(worked)) @if is_over { span.heard { " more than is on hold" } } }
            }
        }
    });
    let heads = [
        Head::Text("Ticket"),
        Head::Wide("Customer"),
        Head::Wide("With"),
        Head::Number("Held, h"),
        Head::Number("Worked, h"),
    ];
    parts::table("In work", &heads, &rows.collect::<Vec<_>>())
}
