//! The pages of tickets, for staff and for customers under the same addresses: the form of a new one here, the list in
//! [`list`], the ticket's own page in [`page`], what its forms do in [`steps`].

mod asking;
mod bulk;
mod files;
mod forms;
pub(super) mod list;
mod merging;
mod page;
mod parts;
mod several;
mod steps;
mod worked;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::get;
use kernel::id::CustomerId;
use kernel::quantity::Hours;
use kernel::text::Body;
use kernel::{Permission, Unit};
use maud::{Markup, html};
use runtime::http::Paging;
use runtime::{Error, Tx};

use self::parts::choice;
pub use self::parts::dot_of;
use super::{Open, Priority};
use crate::App;
use crate::customers;
use crate::doors::{PageHalt, Visitor};
use crate::ledger;
use crate::ledger::allowance::{Allowance, allowance};
use crate::pages::parts::{Empty, Input, Select, empty, finder as find_line, once, submit, wrong};
use crate::pages::{Form, Room, Shell, again, shell};

/// The pages of tickets.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/tickets", get(list::get_tickets).post(post_ticket))
        .route("/{organization}/tickets.csv", get(list::get_file))
        .route("/{organization}/tickets/new", get(get_new))
        .route("/{organization}/tickets/several", get(bulk::get_several).post(bulk::post_several))
        .merge(super::views::console::routes())
        .route("/{organization}/tickets/{id}", get(page::get_ticket))
        .route("/{organization}/tickets/{id}/comments", get(steps::get_said).post(files::post_comment))
        .route("/{organization}/tickets/{id}/writing", get(steps::get_said).post(steps::post_writing))
        .route("/{organization}/attachments/{id}", get(files::get_attachment))
        .route("/{organization}/attachments/{id}/preview", get(files::get_preview))
        .route("/{organization}/attachments/{id}/removal", get(files::get_removal).post(files::post_removal))
        .route("/{organization}/tickets/{id}/{noun}", get(steps::get_step).post(steps::post_step))
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

async fn post_ticket(visitor: Visitor, request: Request) -> Result<Response, PageHalt> {
    let (mut form, received) = files::sent_along(&visitor, request).await?;
    let customer: Option<CustomerId> = if visitor.is_staff() { form.choose("customer", "a customer") } else { None };
    let (title, details, priority) = (form.read("title"), form.read_optional("details"), form.read("priority"));
    let wanted: Option<Hours> = form.read_optional("hours");
    // Whoever has too few asks for them with the ticket itself: nothing that was typed is lost, and nothing is held.
    let (details, wanted) = match wanted.filter(|_| form.is_ticked("ask")) {
        Some(hours) => (Some(asking(details, hours)?), None),
        None => (details, wanted),
    };
    let input = match (title, priority) {
        (Some(title), Some(priority)) if form.is_good() => {
            let hours = wanted.unwrap_or(Hours::of_seconds(0));
            Some(Open { customer, title, details, priority, hours, files: Vec::new() })
        }
        _ => None,
    };
    if let Some(input) = input {
        let tx = visitor.write_once(&form).await?;
        match files::opened(&tx, input, (&received, visitor.app().file_limits)).await {
            Ok(ticket) => {
                let said = match ticket.hours_held.atoms() {
                    0 => format!("{} is open. Its hours are to be estimated.", ticket.id),
                    _ => format!("{} is open; {} h are on hold.", ticket.id, ticket.hours_held),
                };
                return tx.finish(&format!("/tickets/{}", ticket.id), &said).await;
            }
            Err(error) => form.refused(error)?,
        }
    }
    if !received.is_empty() && !visitor.keeps_files() {
        form.refuse("files", files::CHOOSE_AGAIN);
    }
    let tx = visitor.read().await?;
    let choices = choices(&visitor, &tx, &form).await?;
    Ok(again(&new_page(&visitor, &form, &choices)))
}

/// What is asked for, and the hours that are missing for it.
fn asking(details: Option<Body>, hours: Hours) -> Result<Body, Error> {
    let asked = format!("We would like to have the hours for it: {hours} h.");
    let whole = details.as_ref().map_or_else(|| asked.clone(), |details| format!("{details}\n\n{asked}"));
    // What fills the field to its end is sent as it is.
    whole.parse().or_else(|_| details.ok_or(Error::internal("a sentence is no text")))
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
                form method="post" action=(visitor.path("/tickets")) enctype="multipart/form-data" data-blank=(visitor.path("/tickets/new")) {
                    (wrong(form)) (once(form))
                    @if visitor.is_staff() {
                        (Select { form, name: "customer", label: "Customer", choices: &customers }.followed_by("hours-left"))
                        noscript {
                            p { button type="submit" formmethod="get" formaction=(visitor.path("/tickets/new")) formnovalidate { "Show what they have left" } }
                        }
                    }
                    (Input::text(form, "title", "Title"))
                    (Input::area(form, "details", "Details").optional().hint("What should happen, and what happens instead?"))
                    (Select { form, name: "priority", label: "Priority", choices: &priorities })
                    (Input::decimal(form, "hours", "Hours").optional().hint(
                        "As 2:30 or 2.5. Put on hold at once; what is not used comes back. Leave it empty to have the work estimated first."))
                    p.leaves #hours-after role="status" {}
                    (files::field(form, visitor.app().file_limits))
                    (submit("Open the ticket"))
                    @if !visitor.is_staff() && form.error("hours").is_some() && form.value("hours").parse::<Hours>().is_ok() {
                        p { "Hours are added by the people of " (visitor.frame().organization) ". Asking costs nothing." }
                        p { button type="submit" name="ask" value="true" { "Ask for more hours" } }
                        p.hint { "This opens the ticket as it stands here, without hours on hold, and asks for them with it." }
                    }
                }
                aside #hours-left {
                    @if let Some((customer, hours)) = &choices.chosen {
                        h2 { @if visitor.is_staff() { "The customer's hours" } @else { "Your hours" } }
                        (hours_bar(visitor, *customer, hours.as_ref()))
                        @if let Some(hours) = hours.as_ref().filter(|hours| !hours.unlimited) {
                            @let [left, overage] = [&hours.left, &hours.overage_left].map(|figure| figure.rounded_atoms(Unit::Hour).max(0));
                            div #hours-there data-left=(left) data-overage=(overage) {}
                        }
                    } @else {
                        p.soft { "What the customer has left stands here once they are chosen." }
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

/// Where a customer asks for more hours for a ticket (its number, title and priority): they cannot sell them to themselves.
pub fn asking_for_more(visitor: &Visitor, (number, title, priority): (&str, &str, &str)) -> String {
    let asked = crate::pages::form::query(&[
        ("title", "More hours, please"),
        ("details", &format!("We would like to have more hours for {number}, {title}.")),
        ("priority", priority),
    ]);
    format!("{}?{asked}", visitor.path("/tickets/new"))
}

/// What is missing for hours that are asked for, if a customer has too few.
pub fn missing(asked: Hours, held: Hours, hours: Option<&Allowance>) -> Option<Hours> {
    let left = hours.map_or(0, Allowance::reach);
    let missing = asked.atoms() - held.atoms() - left;
    (missing > 0 && !hours.is_some_and(|hours| hours.unlimited)).then(|| Hours::of_seconds(missing))
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
