//! The pages of tickets, for staff and for customers under the same addresses: the list and the form of a new one here,
//! the ticket's own page in [`page`], what its forms do in [`steps`].

mod files;
mod forms;
mod page;
mod parts;
mod steps;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use kernel::id::{CustomerId, MembershipId};
use kernel::quantity::Hours;
use kernel::{Permission, Unit};
use maud::{Markup, html};
use runtime::http::{Cursor, Page, Paging};
use runtime::{Error, Tx};

pub use self::parts::dot_of;
use self::parts::{choice, priority_tag};
use super::find::{self, Wanted};
use super::{Open, Priority, Status, Ticket, open};
use crate::App;
use crate::customers;
use crate::doors::{PageHalt, Visitor};
use crate::ledger;
use crate::ledger::allowance::{Allowance, allowance};
use crate::pages::parts::{
    Empty, Head, Input, Select, Tone, empty, filters, finder as find_line, hours, once, pager, submit, table, tag,
    time, up_to, wrong,
};
use crate::pages::{Form, Room, Shell, again, shell};

/// The pages of tickets.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/tickets", get(get_tickets).post(post_ticket))
        .route("/{organization}/tickets/new", get(get_new))
        .route("/{organization}/tickets/{id}", get(page::get_ticket))
        .route("/{organization}/tickets/{id}/comments", get(steps::get_said).post(files::post_comment))
        .route("/{organization}/attachments/{id}", get(files::get_attachment))
        .route("/{organization}/attachments/{id}/removal", get(files::get_removal).post(files::post_removal))
        .route("/{organization}/tickets/{id}/{noun}", get(steps::get_step).post(steps::post_step))
}

/// What stands around the list.
struct Around {
    counts: Vec<(Status, i64)>,
    workers: Vec<(MembershipId, String)>,
}

async fn get_tickets(visitor: Visitor, mut form: Form) -> Result<Markup, PageHalt> {
    let wanted = Wanted {
        status: form.read_optional("status"),
        customer: form.read_optional("customer"),
        assignee: form.read_optional("assignee"),
        tag: form.read_optional("tag"),
        priority: form.read_optional("priority"),
        text: form.read_optional("q"),
    };
    let paging = Paging { after: form.read_optional::<Cursor>("after"), limit: Some(50) };
    let tx = visitor.read().await?;
    let workers =
        async { if visitor.may(Permission::TicketsWork) { find::workers(&tx).await } else { Ok(Vec::new()) } };
    let (tickets, counts, workers) =
        tokio::try_join!(find::list(&tx, &wanted, paging), find::counts(&tx, wanted.customer), workers)?;
    Ok(list_page(&visitor, &form, &tickets, &Around { counts, workers }))
}

fn list_page(visitor: &Visitor, form: &Form, tickets: &Page<Ticket>, around: &Around) -> Markup {
    let path = visitor.path("/tickets");
    let may_open = visitor.may(Permission::TicketsOpen);
    let new = visitor.path("/tickets/new");
    let actions = html! { @if may_open { a.btn.go href=(new) { "New ticket" } } };
    let filtered = form.values().any(|(name, value)| name != "after" && !value.is_empty());
    let rows: Vec<Markup> = tickets.items.iter().map(|ticket| row(visitor, ticket)).collect();
    let page = Shell { visitor, room: Room::Tickets, title: "Tickets", actions };
    shell(
        &page,
        &html! {
            @if filtered || !rows.is_empty() { (narrow(visitor, form, around)) }
            @if !rows.is_empty() {
                div #list data-hears="ticket.changed" {
                    (table("Tickets", &heads(visitor), &rows))
                    (pager(&path, form, tickets.next))
                }
            } @else if filtered {
                (empty(Empty {
                    title: "No ticket fits", text: "Nothing here has all of that. Look for less, or for something else.",
                    action: Some((&path, "Show all tickets")),
                }))
            } @else {
                (empty(Empty {
                    title: "No tickets yet",
                    text: "A ticket is a piece of work somebody asks for. Its hours are put on hold when it is opened, \
                           used when it is completed, and given back when it is rejected.",
                    action: may_open.then_some((new.as_str(), "Open the first ticket")),
                }))
            }
        },
    )
}

/// The filters above the list, and how many tickets there are of each status.
fn narrow(visitor: &Visitor, form: &Form, around: &Around) -> Markup {
    let any = || (String::new(), "Any".to_owned());
    let statuses: Vec<_> = std::iter::once(any())
        .chain(around.counts.iter().map(|(status, count)| {
            (status.word().to_owned(), format!("{} ({})", status.label(), up_to(*count, find::MOST_COUNTED)))
        }))
        .collect();
    let priorities: Vec<_> =
        std::iter::once(any()).chain(Priority::ALL.iter().rev().map(|word| choice(word.word()))).collect();
    let workers: Vec<_> = std::iter::once(any())
        .chain(around.workers.iter().map(|(member, name)| (member.to_string(), name.clone())))
        .collect();
    filters(
        &visitor.path("/tickets"),
        form,
        &html! {
            (Input::search(form, "q", "Words or number"))
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

fn heads(visitor: &Visitor) -> Vec<Head<'static>> {
    let mut heads = vec![Head::Text("Ticket")];
    if visitor.is_staff() {
        heads.push(Head::Wide("Customer"));
    }
    heads.extend([Head::Text("Status"), Head::Wide("Priority"), Head::Wide("Assigned to")]);
    if visitor.is_staff() {
        heads.extend([Head::Number("Held h"), Head::WideNumber("Used h")]);
    } else {
        heads.push(Head::Number("Hours"));
    }
    heads.push(Head::WideNumber("Opened"));
    heads
}

fn row(visitor: &Visitor, ticket: &Ticket) -> Markup {
    let path = visitor.path(&format!("/tickets/{}", ticket.id));
    html! {
        tr {
            td {
                a href=(path) title=(ticket.id) { (ticket.title) }
                @for word in &ticket.tags { " " span.wide { (tag(Tone::Plain, word)) } }
                @if visitor.is_staff() { span.narrow { (ticket.customer_name) } }
            }
            @if visitor.is_staff() { td.wide { (ticket.customer_name) } }
            td { (dot_of(ticket)) }
            td.wide { (priority_tag(ticket.priority)) }
            td.wide { (ticket.assignee_name.as_deref().unwrap_or("–")) }
            @if visitor.is_staff() {
                td.n { (hours(ticket.hours_held.0)) }
                td.n.wide { (hours(ticket.hours_used.0)) }
            } @else {
                // What it costs the customer: promised while it is open, used once it is done.
                td.n { (hours(if ticket.status.is_open() { ticket.hours_held.0 } else { ticket.hours_used.0 })) }
            }
            td.n.wide { (time(visitor, ticket.created_at)) }
        }
    }
}

/// The customers to choose from, and the balance of the one that is chosen.
struct Choice {
    customers: Vec<(String, String)>,
    chosen: Option<(CustomerId, Option<Allowance>)>,
    /// Whether there are more than are listed.
    is_cut: bool,
}

async fn choices(visitor: &Visitor, tx: &Tx, form: &Form) -> Result<Choice, Error> {
    let (customers, is_cut) = found_customers(visitor, tx, form).await?;
    // Whoever looked for somebody and found one has chosen.
    let only = match customers.as_slice() {
        [(id, _)] if !form.value("find").trim().is_empty() => id.parse().ok(),
        _ => None,
    };
    let chosen = visitor.actor().customer().or_else(|| form.value("customer").parse().ok()).or(only);
    let customers = async {
        let mut known = customers;
        // One may come here from the customer's own page, whom the list does not reach.
        if let Some(customer) =
            chosen.filter(|chosen| visitor.is_staff() && known.iter().all(|(id, _)| *id != chosen.to_string()))
        {
            let customer = customers::find::get(tx, customer).await?;
            known.push((customer.id.to_string(), customer.name));
        }
        known.sort_by_key(|(_, name)| name.to_lowercase());
        Ok::<_, Error>(known)
    };
    let hours = async {
        match chosen {
            Some(customer) => {
                let hours = allowance(tx, customer, Unit::Hour).await?;
                Ok::<_, Error>(Some((customer, hours)))
            }
            None => Ok(None),
        }
    };
    let (customers, chosen) = tokio::try_join!(customers, hours)?;
    Ok(Choice { customers, chosen, is_cut })
}

/// Customers that fit what was looked for, and whether there are more than these.
async fn found_customers(visitor: &Visitor, tx: &Tx, form: &Form) -> Result<(Vec<(String, String)>, bool), Error> {
    if !visitor.is_staff() {
        return Ok((Vec::new(), false));
    }
    let paging = Paging { after: None, limit: Some(100) };
    // What cannot be looked for (nothing but spaces, or too long) looks for everybody.
    let search = form.value("find").parse().ok();
    let wanted = customers::find::Wanted { search, tag: None, archived: Default::default(), paging };
    let page = customers::find::list(tx, &wanted).await?;
    let is_cut = page.next.is_some();
    Ok((page.items.into_iter().map(|customer| (customer.id.to_string(), customer.name)).collect(), is_cut))
}

async fn get_new(visitor: Visitor, form: Form) -> Result<Markup, PageHalt> {
    let tx = visitor.read().await?;
    tx.require(Permission::TicketsOpen)?;
    let form = if form.value("priority").is_empty() { form.with("priority", Priority::Medium.word()) } else { form };
    let choices = choices(&visitor, &tx, &form).await?;
    let form = match &choices.chosen {
        Some((customer, _)) if form.value("customer").is_empty() => form.with("customer", customer.to_string()),
        _ => form,
    };
    Ok(new_page(&visitor, &form, &choices))
}

async fn post_ticket(visitor: Visitor, mut form: Form) -> Result<Response, PageHalt> {
    let customer: Option<CustomerId> = if visitor.is_staff() { form.choose("customer", "a customer") } else { None };
    let (title, details, priority) = (form.read("title"), form.read_optional("details"), form.read("priority"));
    let wanted: Option<Hours> = form.read_optional("hours");
    let input = match (title, priority) {
        (Some(title), Some(priority)) if form.is_good() => {
            let hours = wanted.unwrap_or(Hours::of_seconds(0));
            Some(Open { customer, title, details, priority, hours })
        }
        _ => None,
    };
    if let Some(input) = input {
        let tx = visitor.write_once(&form).await?;
        match open(&tx, input).await {
            Ok(ticket) => {
                let said = format!("{} is open; {} h are on hold.", ticket.id, ticket.hours_held);
                return tx.finish(&format!("/tickets/{}", ticket.id), &said).await;
            }
            Err(error) => form.refused(error)?,
        }
    }
    let tx = visitor.read().await?;
    let choices = choices(&visitor, &tx, &form).await?;
    Ok(again(&new_page(&visitor, &form, &choices)))
}

fn new_page(visitor: &Visitor, form: &Form, choices: &Choice) -> Markup {
    let page = Shell { visitor, room: Room::Tickets, title: "New ticket", actions: html! {} };
    let priorities: Vec<_> = Priority::ALL.iter().map(|word| choice(word.word())).collect();
    if visitor.is_staff() && choices.customers.is_empty() && form.value("find").trim().is_empty() {
        return shell(&page, &nobody_yet(visitor));
    }
    let customers: Vec<_> = std::iter::once((String::new(), "Choose a customer".to_owned()))
        .chain(choices.customers.iter().cloned())
        .collect();
    shell(
        &page,
        &html! {
            @if visitor.is_staff() && (choices.is_cut || !form.value("find").is_empty()) { (finder(visitor, form, choices)) }
            div.two {
                form method="post" action=(visitor.path("/tickets")) {
                    (wrong(form)) (once(form))
                    @if visitor.is_staff() {
                        (Select { form, name: "customer", label: "Customer", choices: &customers })
                    }
                    (Input::text(form, "title", "Title"))
                    (Input::area(form, "details", "Details").optional().hint("What should happen, and what happens instead?"))
                    (Select { form, name: "priority", label: "Priority", choices: &priorities })
                    (Input::decimal(form, "hours", "Hours").optional().hint(
                        "As 2:30 or 2.5. Put on hold at once; what is not used comes back. Leave it empty to have the work estimated first."))
                    (submit("Open the ticket"))
                }
                aside {
                    @if !visitor.is_staff() && form.error("hours").is_some() && form.value("hours").parse::<Hours>().is_ok() { (more_hours(visitor)) }
                    @if let Some((customer, hours)) = &choices.chosen {
                        h2 { @if visitor.is_staff() { "The customer's hours" } @else { "Your hours" } }
                        (hours_bar(visitor, *customer, hours.as_ref()))
                    } @else {
                        p.soft { "Choose the customer on their own page to see what they have left before you open the ticket." }
                    }
                }
            }
        },
    )
}

/// A ticket is somebody's.
fn nobody_yet(visitor: &Visitor) -> Markup {
    let to = visitor.path("/customers/new");
    empty(Empty {
        title: "A ticket needs a customer",
        text: "A ticket is work that somebody asks for, and its hours come out of what they have. Add the customer first.",
        action: visitor.may(Permission::CustomersWrite).then_some((to.as_str(), "Add a customer")),
    })
}

/// Looks for a customer among more than a list holds; a form of its own, so that it works without scripts.
fn finder(visitor: &Visitor, form: &Form, choices: &Choice) -> Markup {
    let found = choices.customers.len();
    html! {
        (find_line(&visitor.path("/tickets/new"), &html! { (Input::search(form, "find", "Find the customer")) }))
        p.soft {
            @if choices.is_cut { "The newest 100 that fit are listed below. Look for a part of the name, the address or a tag to see others." }
            @else if found == 0 { "Nobody fits. Look for less, or for something else." }
            @else if found == 1 { "One fits, and is chosen below." }
            @else { (found) " fit; choose one below." }
        }
    }
}

/// Where a customer asks for more hours: they cannot sell them to themselves.
pub(super) fn more_hours(visitor: &Visitor) -> Markup {
    let asked = crate::pages::form::query(&[
        ("title", "More hours, please"),
        ("details", "We would like to have more hours: "),
    ]);
    html! {
        p { "Hours are added by the people of " (visitor.frame().organization) ". Asking costs nothing." }
        p { a.btn href={ (visitor.path("/tickets/new")) "?" (asked) } { "Ask for more hours" } }
    }
}

/// The bar of a customer's hours, leading to its "why".
fn hours_bar(visitor: &Visitor, customer: CustomerId, hours: Option<&Allowance>) -> Markup {
    let why = if visitor.is_staff() {
        visitor.path(&format!("/customers/{customer}/balance"))
    } else {
        visitor.path("/balance")
    };
    html! {
        @match hours {
            Some(hours) => (ledger::console::bar(hours, Some(&why))),
            None => p.soft { "No hours were bought yet."
                @if !visitor.is_staff() { " " a href=(visitor.path("/plan")) { "Look at the plans" } ", or send this without hours: it is estimated first." } },
        }
        @if visitor.is_staff() && visitor.may(Permission::BillingWrite) {
            @let home = visitor.path(&format!("/customers/{customer}"));
            p.more { a href={ (home) "/subscription" } { "Plan" } " · " a href={ (home) "/top-up" } { "Sell a top-up" } }
        }
    }
}
