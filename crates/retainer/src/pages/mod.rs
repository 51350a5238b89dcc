//! What all pages share: the shell around them, the parts they are made of, the assets they load.

pub mod assets;
pub mod parts;
mod shell;

use http::StatusCode;
use maud::{Markup, html};
use runtime::http::{Halt, Problem};

pub use shell::{Room, Shell, bare, shell};

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
