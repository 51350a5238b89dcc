//! The page of what was found.

use std::collections::BTreeMap;

use axum::Router;
use axum::routing::get;
use kernel::Words;
use maud::{Markup, html};

use super::find::{Found, search};
use crate::App;
use crate::billing::console::{invoice_path, invoice_state};
use crate::doors::{PageHalt, Visitor};
use crate::pages::parts::{Empty, Head, Input, Tone, date, empty, finder, money, table, tag};
use crate::pages::{Form, Room, Shell, shell};
use crate::tickets::excerpts::{Excerpt, excerpts};
use crate::tickets::sought::Sought;

/// The pages of searching.
pub fn routes() -> Router<App> {
    Router::new().route("/{organization}/search", get(get_search))
}

/// The most of each kind on the page.
const MOST: u16 = 20;

async fn get_search(visitor: Visitor, form: Form) -> Result<Markup, PageHalt> {
    let tx = visitor.read().await?;
    let sought = Sought::read(form.value("q"));
    let found = search(&tx, &sought, MOST).await?;
    let numbers: Vec<String> = found.tickets.iter().map(|ticket| ticket.id.to_string()).collect();
    let around = excerpts(&tx, &numbers, &Words::of(&sought.words)).await?;
    let frame = Shell { visitor: &visitor, room: Room::Search, title: "Search", actions: html! {} };
    Ok(shell(&frame, &content(&visitor, &form, &found, &around)))
}

/// The words around what was found, by the numbers of tickets.
type Around = BTreeMap<String, Excerpt>;

fn content(visitor: &Visitor, form: &Form, found: &Found, around: &Around) -> Markup {
    let hint = match visitor.actor().customer() {
        Some(_) => {
            "Words of your tickets, a ticket's or an invoice's number. status:pending or priority:high narrow it down."
        }
        None => {
            "Words, a number or a name. status:pending, customer:berg, priority:high, tag:printer, assignee:me or assignee:none narrow it down to tickets; \"two words\" side by side, -without."
        }
    };
    let is_nothing = found.tickets.is_empty() && found.customers.is_empty() && found.invoices.is_empty();
    html! {
        (finder(&visitor.path("/search"), &html! { (Input::search(form, "q", "Search").hint(hint)) }))
        @for sentence in &found.misread { p.notice role="status" { (sentence) } }
        @if is_nothing && !form.value("q").trim().is_empty() {
            (empty(Empty { title: "Nothing found", text: "Try fewer words, or only the beginning of one.", action: None }))
        }
        (tickets(visitor, found, around))
        (customers(visitor, found))
        (invoices(visitor, found))
    }
}

fn tickets(visitor: &Visitor, found: &Found, around: &Around) -> Markup {
    if found.tickets.is_empty() {
        return html! {};
    }
    let heads = [Head::Text("Ticket"), Head::Wide("Customer"), Head::Text("Status"), Head::Number("Opened")];
    let rows: Vec<Markup> = found
        .tickets
        .iter()
        .map(|it| {
            html! { tr {
                td { a href=(visitor.path(&format!("/tickets/{}", it.id))) { (it.title) } " " span.soft { (it.id) }
                    @if let Some(excerpt) = around.get(it.id.as_str()) {
                        p.excerpt {
                            @if excerpt.is_internal { (tag(Tone::Amber, "internal")) " " }
                            @for piece in &excerpt.pieces { @if piece.is_hit { mark { (piece.text) } } @else { (piece.text) } }
                        }
                    }
                }
                td.wide { (it.customer_name) }
                td { (it.status.label()) }
                td.n { (date(visitor, it.created_at)) }
            } }
        })
        .collect();
    html! { h2 { "Tickets" } (table("Tickets", &heads, &rows)) }
}

fn customers(visitor: &Visitor, found: &Found) -> Markup {
    if found.customers.is_empty() {
        return html! {};
    }
    let heads = [Head::Text("Customer"), Head::Wide("Address"), Head::Number("Since")];
    let rows: Vec<Markup> = found
        .customers
        .iter()
        .map(|it| {
            html! { tr {
                td { a href=(visitor.path(&format!("/customers/{}", it.id))) { (it.name) } }
                td.wide { @if let Some(email) = &it.email { (email) } }
                td.n { (date(visitor, it.created_at)) }
            } }
        })
        .collect();
    html! { h2 { "Customers" } (table("Customers", &heads, &rows)) }
}

fn invoices(visitor: &Visitor, found: &Found) -> Markup {
    if found.invoices.is_empty() {
        return html! {};
    }
    let heads = [Head::Text("Invoice"), Head::Wide("Customer"), Head::Text("State"), Head::Number("Total")];
    let rows: Vec<Markup> = found
        .invoices
        .iter()
        .map(|it| {
            html! { tr {
                td { a href=(invoice_path(visitor, it)) { (it.number) } }
                td.wide { (it.customer_name) }
                td { (invoice_state(visitor, it)) }
                td.n { (money(it.total)) }
            } }
        })
        .collect();
    html! { h2 { "Invoices" } (table("Invoices", &heads, &rows)) }
}
