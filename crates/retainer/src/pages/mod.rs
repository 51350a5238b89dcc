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
//! none; [`parts::filters`] above (read them with [`Form`] from a GET) and [`parts::pager`] below. [`parts::balance`]
//! wherever an allowance appears. States are [`parts::dot`]s, words are [`parts::tag`]s, instants [`parts::time`].
//! A small form that is only a button: `form.inline method="post" …{ (once(&Form::blank())) button { "Start" } }`.
//! Classes for layout: `div.two { div {…} aside {…} }` (content and side column), `section`, `p.soft`, `a.btn`,
//! `a.btn.go` (the one main action), `button.danger` (destruction; say `data-confirm="Reject it?"`), `.n` (right-aligned
//! number). `button data-copy="…"` copies. No inline style or script: the policy forbids both.

pub mod assets;
pub mod form;
mod frame;
pub mod parts;
mod reference;
mod shell;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use maud::{Markup, html};
use runtime::http::{Halt, Problem};

pub use form::Form;
pub use frame::{Frame, frame};
pub use reference::reference;
pub use shell::{Room, Shell, bare, bare_wide, shell};

/// The answer to a form that was not accepted: the same page with what was typed and what is wrong with it.
pub fn again(page: &Markup) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, page.clone()).into_response()
}

/// The page that says what went wrong and what to do.
pub fn error_page(problem: &Problem) -> Markup {
    let title = match problem.status {
        404 => "Nothing here",
        403 => "Not for you",
        409 | 412 => "That does not fit",
        422 => "Please check this",
        429 => "Too many tries",
        _ => "Something went wrong",
    };
    bare(
        title,
        None,
        &html! {
            h1 { (title) }
            p.lead { (problem.detail) }
            p { a href="/" { "Go to the start" } }
        },
    )
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
