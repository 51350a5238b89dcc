//! What all pages share: the shell around them, the parts they are made of, the assets they load.
//!
//! How a page is written:
//!
//! ```ignore
//! async fn get_new(visitor: Visitor) -> Result<Markup, PageHalt> {
//!     Ok(new_page(&visitor, &Form::blank().with("priority", "medium")))        // prefilled
//! }
//!
//! async fn post_new(visitor: Visitor, mut form: Form) -> Result<Response, PageHalt> {
//!     let (title, details) = (form.read("title"), form.read_optional("details")); // kernel types; errors are noted
//!     let (Some(title), true) = (title, form.is_good()) else { return Ok(again(&new_page(&visitor, &form))) };
//!     let tx = visitor.write_once(&form).await?;                                  // sent twice, done once
//!     match open(&tx, Open { title, details }).await {
//!         Ok(ticket) => tx.finish(&format!("/tickets/{ticket}"), "The ticket is open.").await, // commit, 303, flash
//!         Err(error) => { form.refused(error)?; Ok(again(&new_page(&visitor, &form))) }        // 422, nothing lost
//!     }
//! }
//!
//! fn new_page(visitor: &Visitor, form: &Form) -> Markup {
//!     let page = Shell { visitor, room: Room::Tickets, title: "New ticket", actions: html! {} };
//!     shell(&page, &html! {
//!         form method="post" action=(visitor.path("/tickets")) {
//!             (wrong(form)) (once(form))
//!             (Input::text(form, "title", "Title"))
//!             (Input::area(form, "details", "Details").optional().hint("What should happen?"))
//!             (Input::decimal(form, "hours", "Hours"))
//!             (Select { form, name: "priority", label: "Priority", choices: &choices })
//!             (submit("Open the ticket"))
//!         }
//!     })
//! }
//! ```
//!
//! Lists: `table("Tickets", &[Head::Text("Title"), Head::Wide("With"), Head::Number("Held")], &rows)` where a row is
//! `html! { tr { td { a href=(…) { (title) } } td.wide { … } td.n { (hours(held)) } } }`; [`parts::empty`] when there is
//! none; [`parts::filters`] above (read them with [`Form`] from a GET) and [`parts::pager`] below; [`parts::cards`] in place
//! of `table` where rows hold forms. What a phone leaves out is `.wide`, what it shows in its place `.narrow`.
//! [`parts::chart`] draws what happened over months, with a sentence for its title. [`parts::balance`]
//! wherever an allowance appears. States are [`parts::dot`]s, words are [`parts::tag`]s, instants [`parts::time`].
//! A small form that is only a button: `form.inline method="post" …{ (once(&Form::blank())) button { "Start" } }`.
//! Classes for layout: `div.two { div {…} aside {…} }` (content and side column), `section`, `p.soft`, `a.btn`,
//! `a.btn.go` (the one main action), `button.danger` (destruction; say `data-confirm="Reject it?"`), `.n` (right-aligned
//! number). `button data-copy="…"` copies. No inline style or script: the policy forbids both.

pub mod assets;
mod call;
pub mod design;
pub mod export;
pub mod form;
mod frame;
pub(crate) mod icons;
pub mod parts;
mod rail;
mod reference;
pub mod refill;
mod shell;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use maud::{Markup, html};
use runtime::http::{Halt, Problem};

use crate::doors::Visitor;

pub use form::Form;
pub use frame::{Frame, MOST_UNREAD, frame};
pub use reference::reference;
use shell::bare_showing;
pub use shell::{Room, Shell, bare, bare_wide, shell, shell_with, way};

/// The answer to a form that was not accepted: the same page with what was typed and what is wrong with it.
pub fn again(page: &Markup) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, page.clone()).into_response()
}

/// Where somebody was when something went wrong.
#[derive(Debug, Clone, Copy)]
pub struct Back<'a> {
    /// The address they asked for.
    pub path: &'a str,
    /// The page that led them there.
    pub before: Option<&'a str>,
    /// Word and name of the organization, for whoever is not signed in to it.
    pub house: Option<(&'a str, &'a str)>,
}

/// The page that says what went wrong and what to do: inside the frame for whoever is signed in.
pub fn error_page(problem: &Problem, visitor: Option<&Visitor>, back: &Back<'_>) -> Markup {
    let title = match (problem.status, problem.code.as_str()) {
        (_, "link.useless" | "set_up.useless_link") => "This link is used up",
        (404, _) => "Nothing here",
        (403, _) => "Not for you",
        (409 | 412, _) => "That does not fit",
        (405 | 422, _) => "Please check this",
        (429, _) => "Too many tries",
        (503, _) => "One moment, please",
        _ => "Something went wrong",
    };
    let Some(visitor) = visitor else {
        let start = html! {
            @match back.house {
                Some((slug, _)) => { a.btn href={ "/" (slug) "/sign-in" } { "Sign in" } },
                None => { a.btn href="/" { "Go to the start" } },
            }
        };
        return bare(
            title,
            back.house.map(|(_, name)| name),
            &html! { h1 { (title) } p.lead { (problem.detail) } (ways(back, &start)) },
        );
    };
    // A customer has no rights that an owner could give.
    let detail = if problem.status == 403 && !visitor.is_staff() {
        "This is for the people who work here. What is yours is in the links beside this."
    } else if problem.code == "permission.missing" {
        "Your role does not include this. An owner of the organization can give you another."
    } else {
        &problem.detail
    };
    let list = list_of(back.path).filter(|list| visitor.is_staff() || !matches!(*list, "customers" | "plans"));
    let home = html! {
        @if let Some(list) = list { a.btn href=(visitor.path(&format!("/{list}"))) { "All " (list) } " " }
        a.btn href=(visitor.path("")) { "Go to the start" }
    };
    let page = Shell { visitor, room: Room::Nowhere, title, actions: html! {} };
    shell(&page, &html! { p.lead { (detail) } (ways(back, &home)) })
}

fn ways(back: &Back<'_>, others: &Markup) -> Markup {
    html! {
        @if let Some(before) = back.before { p { a.btn.go href=(before) { "Back to the page before" } } }
        p { (others) }
    }
}

/// The list that a thing's address stands below, where there is one.
fn list_of(path: &str) -> Option<&str> {
    let list = path.split('/').nth(2)?;
    matches!(list, "tickets" | "customers" | "plans" | "invoices" | "notifications").then_some(list)
}

/// The halt for an address that names nothing.
pub fn nothing_here() -> Halt {
    Problem::new(
        StatusCode::NOT_FOUND,
        "request.not_found",
        "There is nothing at this address. Perhaps it was mistyped.",
    )
    .into()
}
