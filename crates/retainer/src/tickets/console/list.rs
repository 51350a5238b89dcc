//! The list of tickets: what it was narrowed down to, what that adds up to, and in which order.

use std::collections::BTreeMap;

use axum::response::{IntoResponse, Redirect, Response};
use kernel::id::MembershipId;
use kernel::{Permission, Quantity};
use maud::{Markup, html};
use runtime::http::{Cursor, Page, Paging};

use super::bulk::Several;
use super::parts::{choice, dot_of, priority_tag};
use super::several;
use crate::doors::{PageHalt, Visitor};
use crate::pages::parts::{
    Empty, Head, Input, Select, Sorts, Tone, empty, empty_with, exports, filters_and_order, hours, hours_sign, pager,
    sorted, table, tag, time, up_to,
};
use crate::pages::{Form, Room, Shell, export, shell};
use crate::sample;
use crate::tickets::find::{self, Wanted};
use crate::tickets::listing::{self, Order, Sum};
use crate::tickets::understood::narrowed;
use crate::tickets::views::{self, Filter, View};
use crate::tickets::{Assigned, Priority, Stage, Status, Ticket};

/// What stands around the list.
struct Around<'a> {
    counts: Vec<(Status, i64)>,
    workers: Vec<(MembershipId, String)>,
    sum: Sum,
    /// What was worked on those that are in work, by their numbers.
    worked: BTreeMap<String, Quantity>,
    order: Option<Order>,
    views: Vec<View>,
    filter: Filter,
    sent: &'a Sent,
    /// What an empty list offers beside the first ticket.
    offer: Markup,
}

/// What was sent from the list and comes back to it.
#[derive(Debug, Default)]
pub(in crate::tickets) struct Sent {
    /// Several tickets at once.
    pub(in crate::tickets) several: Several,
    /// The form of a view that was refused.
    pub(in crate::tickets) view: Option<Form>,
}

pub(super) async fn get_tickets(visitor: Visitor, form: Form) -> Result<Response, PageHalt> {
    // An address without anything opens with the view that one chose for it.
    if visitor.is_staff() && form.values().next().is_none() {
        let views = views::find::list(&visitor.read().await?).await?;
        if let Some(view) = views.iter().find(|view| view.default) {
            return Ok(Redirect::to(&visitor.path(&format!("/tickets?{}", view.filter.query()))).into_response());
        }
    }
    Ok(page(&visitor, form, &Sent::default()).await?.into_response())
}

/// The list narrowed down to what a form asks for, with what was sent from it.
pub(in crate::tickets) async fn page(visitor: &Visitor, mut form: Form, sent: &Sent) -> Result<Markup, PageHalt> {
    let filter = Filter::of_form(&mut form);
    let order = filter.sort;
    let limit = form.read_optional("limit").or(Some(50));
    let paging = Paging { after: form.read_optional::<Cursor>("after"), limit };
    let tx = visitor.read().await?;
    let (wanted, misread) = narrowed(&tx, filter.wanted()).await?;
    for sentence in misread {
        form.refuse("q", sentence);
    }
    let workers =
        async { if visitor.may(Permission::TicketsWork) { find::workers(&tx).await } else { Ok(Vec::new()) } };
    let views = async { if visitor.is_staff() { views::find::list(&tx).await } else { Ok(Vec::new()) } };
    let tickets = async {
        match order {
            Some(order) => listing::in_order(&tx, &wanted, order, paging).await,
            None => find::list(&tx, &wanted, paging).await,
        }
    };
    let tickets = async {
        let page = tickets.await?;
        let in_work = page.items.iter().filter(|ticket| ticket.status == Status::InProgress);
        let in_work: Vec<String> = in_work.map(|ticket| ticket.id.to_string()).collect();
        let worked = if visitor.is_staff() { listing::worked(&tx, &in_work).await? } else { BTreeMap::new() };
        Ok::<_, runtime::Error>((page, worked))
    };
    let summed = Wanted { status: wanted.status.or(order.map(|_| Stage::Open)), ..wanted.clone() };
    let ((tickets, worked), counts, workers, sum, views) =
        tokio::try_join!(tickets, find::counts(&tx, wanted.customer), workers, listing::sum(&tx, &summed), views)?;
    let nothing = tickets.items.is_empty() && !is_filtered(&form);
    let offer = sample::console::offer(visitor, &tx, nothing).await?;
    let around = Around { counts, workers, sum, worked, order, views, filter, sent, offer };
    Ok(list_page(visitor, &form, &tickets, &around))
}

/// The list as a file.
pub(super) async fn get_file(visitor: Visitor, mut form: Form) -> Result<Response, PageHalt> {
    let filter = Filter::of_form(&mut form);
    let tx = visitor.read_at_once().await?;
    let (wanted, _) = narrowed(&tx, filter.wanted()).await?;
    let mut tickets = export::Rows::begin(&form)?;
    while let Some(paging) = tickets.next() {
        tickets.take(match filter.sort {
            Some(order) => listing::in_order(&tx, &wanted, order, paging).await?,
            None => find::list(&tx, &wanted, paging).await?,
        })?;
    }
    let rows: Vec<[String; 11]> = tickets.all().iter().map(cells).collect();
    let heads = [
        "number",
        "title",
        "customer",
        "status",
        "priority",
        "assigned_to",
        "hours_wanted",
        "hours_held",
        "hours_used",
        "opened",
        "closed",
    ];
    Ok(export::file("tickets", heads, &rows)?)
}

fn cells(ticket: &Ticket) -> [String; 11] {
    [
        ticket.id.to_string(),
        ticket.title.clone(),
        ticket.customer_name.clone(),
        ticket.status.word().to_owned(),
        ticket.priority.word().to_owned(),
        ticket.assignee_name.clone().unwrap_or_default(),
        ticket.hours.0.decimal().to_string(),
        ticket.hours_held.0.decimal().to_string(),
        ticket.hours_used.0.decimal().to_string(),
        ticket.created_at.to_string(),
        ticket.closed_at.map(|at| at.to_string()).unwrap_or_default(),
    ]
}

/// Whether a form narrows the list down.
fn is_filtered(form: &Form) -> bool {
    form.values().any(|(_, value)| !value.is_empty())
}

fn list_page(visitor: &Visitor, form: &Form, tickets: &Page<Ticket>, around: &Around<'_>) -> Markup {
    let path = visitor.path("/tickets");
    let may_open = visitor.may(Permission::TicketsOpen);
    let new = visitor.path("/tickets/new");
    let actions = html! {
        @if visitor.is_staff() && !tickets.items.is_empty() { (exports(&path, form)) }
        @if may_open { a.btn.go href=(new) { "New ticket" } }
    };
    let filtered = is_filtered(form);
    let rows: Vec<Markup> = tickets.items.iter().map(|ticket| row(visitor, ticket, around)).collect();
    let page = Shell { visitor, room: Room::Tickets, title: "Tickets", actions };
    shell(
        &page,
        &html! {
            (several::told(visitor, &around.sent.several))
            @if visitor.is_staff() { (views::console::views(visitor, &around.views, &around.filter, around.sent.view.as_ref())) }
            @if filtered || !rows.is_empty() { (narrow(visitor, form, around)) }
            @if !rows.is_empty() {
                div #list data-hears="ticket.changed" {
                    (together(around))
                    (in_table(visitor, form, around.order, &rows))
                    (pager(&path, form, tickets.next))
                }
                @if visitor.may(Permission::TicketsWork) { (several::bar(visitor, form, &around.workers, &around.sent.several)) }
            } @else if filtered {
                (unfit(&path, form, around))
            } @else {
                (empty_with(Empty {
                    title: "No tickets yet",
                    text: "A ticket is a piece of work somebody asks for. Its hours are put on hold when it is opened, \
                           used when it is completed, and given back when it is rejected.",
                    action: may_open.then_some((new.as_str(), "Open the first ticket")),
                }, &around.offer))
            }
        },
    )
}

/// Nothing fits; where an order leaves out what is closed, that may be why.
fn unfit(path: &str, form: &Form, around: &Around<'_>) -> Markup {
    let (all, newest) = (format!("{path}?status="), sorted(path, form, ""));
    let (text, action) = match around.order {
        Some(_) if around.filter.status.is_none() => (
            "No open ticket has all of that, and only open ones are put into this order.",
            (newest.as_str(), "Show closed ones too, the newest first"),
        ),
        _ => {
            ("Nothing here has all of that. Look for less, or for something else.", (all.as_str(), "Show all tickets"))
        }
    };
    empty(Empty { title: "No ticket fits", text, action: Some(action) })
}

/// What the list adds up to; "open work holds" of the reports leads to the open ones.
fn together(around: &Around<'_>) -> Markup {
    let Sum { tickets, held } = around.sum;
    html! {
        p.together {
            (up_to(tickets, find::MOST_COUNTED)) @if tickets == 1 { " ticket" } @else { " tickets" }
            @if around.order.is_some() { ", those that are open" }
            @if held.atoms > 0 { ", " b { (hours_sign(held)) } " on hold together" }
        }
    }
}

/// The filters above the list, and how many tickets there are of each status.
fn narrow(visitor: &Visitor, form: &Form, around: &Around<'_>) -> Markup {
    let any = || (String::new(), "Any".to_owned());
    let open = around.counts.iter().filter(|(status, _)| status.is_open()).map(|(_, count)| count).sum();
    let both = ("open".to_owned(), format!("Open ({})", up_to(open, find::MOST_COUNTED)));
    let statuses: Vec<_> = [any(), both]
        .into_iter()
        .chain(around.counts.iter().map(|(status, count)| {
            (status.word().to_owned(), format!("{} ({})", status.label(), up_to(*count, find::MOST_COUNTED)))
        }))
        .collect();
    let priorities: Vec<_> =
        std::iter::once(any()).chain(Priority::ALL.iter().rev().map(|word| choice(word.word()))).collect();
    let nobody = (Assigned::Nobody.to_string(), "Nobody yet".to_owned());
    let workers: Vec<_> = [any(), nobody]
        .into_iter()
        .chain(around.workers.iter().map(|(member, name)| (member.to_string(), name.clone())))
        .collect();
    let orders = [
        ("", "Newest first"),
        ("oldest", "Oldest first, of those that are open"),
        ("priority", "Most pressing first, of those that are open"),
        ("held", "Most hours held first, of those that are open"),
        ("customer", "By customer, of those that are open"),
        ("assignee", "By who works on it, of those that are open"),
        ("status", "By status, of those that are open"),
    ];
    let orders = orders.map(|(word, label)| (word.to_owned(), label.to_owned()));
    let path = visitor.path("/tickets");
    let asked = form;
    // An order is of what is open, and the filter says so.
    let ordered = around.order.is_some() && form.value("status").is_empty();
    let form = &if ordered { form.plain().having("status", "open") } else { form.plain() };
    filters_and_order(
        &path,
        asked,
        &orders,
        &html! {
            (Input::search(form, "q", "Words, number or customer"))
            (Select { form, name: "status", label: "Status", choices: &statuses })
            (Select { form, name: "priority", label: "Priority", choices: &priorities })
            @if !around.workers.is_empty() {
                (Select { form, name: "assignee", label: "Assigned to", choices: &workers })
                (Input::search(form, "tag", "Tag"))
            }
            @if !form.value("customer").is_empty() {
                input type="hidden" name="customer" value=(form.value("customer"));
            }
        },
    )
}

/// The mark of the ticket that one's own timer runs on.
fn timed(visitor: &Visitor, ticket: &Ticket) -> Markup {
    let runs = visitor.frame().timer.as_ref().is_some_and(|(number, _)| number == ticket.id.as_str());
    html! { @if runs { " " (tag(Tone::Good, "timer runs")) } }
}

fn in_table(visitor: &Visitor, form: &Form, order: Option<Order>, rows: &[Markup]) -> Markup {
    let base = visitor.path("/tickets");
    // A bare address would open one's own view.
    let to = |order: &str| match sorted(&base, form, order) {
        bare if bare == base => format!("{base}?status="),
        address => address,
    };
    let way = |wanted: Order| to(if order == Some(wanted) { "" } else { wanted.word() });
    let (pressing, held) = (way(Order::Priority), way(Order::Held));
    let (customer, status, assignee) = (way(Order::Customer), way(Order::Status), way(Order::Assignee));
    let is = |wanted: Order, direction| (order == Some(wanted)).then_some(direction);
    let (down, up) = (|wanted| is(wanted, "descending"), |wanted| is(wanted, "ascending"));
    let by_age = if order.is_none() { Some("descending") } else { up(Order::Oldest) };
    let aged = to(if order.is_none() { Order::Oldest.word() } else { "" });
    let mut heads = Vec::new();
    if visitor.may(Permission::TicketsWork) {
        heads.push(Head::Ticks);
    }
    heads.push(Head::Text("Ticket"));
    if visitor.is_staff() {
        heads.push(Head::Sorts(Sorts { label: "Customer", to: &customer, now: up(Order::Customer), class: "wide" }));
    }
    heads.push(Head::Sorts(Sorts { label: "Status", to: &status, now: up(Order::Status), class: "" }));
    heads.push(Head::Sorts(Sorts { label: "Priority", to: &pressing, now: down(Order::Priority), class: "wide" }));
    heads.push(Head::Sorts(Sorts { label: "Assigned to", to: &assignee, now: up(Order::Assignee), class: "wide" }));
    if visitor.is_staff() {
        heads.push(Head::Sorts(Sorts { label: "Held h", to: &held, now: down(Order::Held), class: "n" }));
        heads.push(Head::WideNumber("Worked h"));
    } else {
        heads.push(Head::Number("Hours"));
    }
    heads.push(Head::Sorts(Sorts { label: "Opened", to: &aged, now: by_age, class: "n wide" }));
    table("Tickets", &heads, rows)
}

fn row(visitor: &Visitor, ticket: &Ticket, around: &Around<'_>) -> Markup {
    let path = visitor.path(&format!("/tickets/{}", ticket.id));
    html! {
        tr {
            @if visitor.may(Permission::TicketsWork) { (several::tick(ticket, &around.sent.several)) }
            td {
                a href=(path) title=(ticket.id) { (ticket.title) }
                (timed(visitor, ticket))
                @for word in &ticket.tags { " " span.wide { (tag(Tone::Plain, word)) } }
                span.narrow {
                    @if visitor.is_staff() { (ticket.customer_name) " " }
                    @if matches!(ticket.priority, Priority::High | Priority::Urgent) { (priority_tag(ticket.priority)) }
                }
            }
            @if visitor.is_staff() { td.wide { (ticket.customer_name) } }
            td { (dot_of(ticket)) }
            td.wide { (priority_tag(ticket.priority)) }
            td.wide { (ticket.assignee_name.as_deref().unwrap_or("–")) }
            @if visitor.is_staff() {
                td.n { (hours(ticket.hours_held.0)) }
                // While it is in work, what was written down; then, what of it was used.
                td.n.wide { (hours(around.worked.get(ticket.id.as_str()).copied().unwrap_or(ticket.hours_used.0))) }
            } @else {
                // What it costs the customer: promised while it is open, used once it is done.
                td.n { (hours(if ticket.status.is_open() { ticket.hours_held.0 } else { ticket.hours_used.0 })) }
            }
            td.n.wide { (time(visitor, ticket.created_at)) }
        }
    }
}
