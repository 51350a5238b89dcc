//! Lists: dense tables, definition lists, pages of a list, and what an empty one teaches.

use maud::{Markup, Render, html};
use runtime::http::Cursor;

use super::fields::Select;
use super::marks::icon;
use crate::pages::Form;

/// The head of a table's column.
#[derive(Debug, Clone, Copy)]
pub enum Head<'a> {
    /// Words, left-aligned.
    Text(&'a str),
    /// Words that a phone leaves out; give the row's cell `class="wide"`.
    Wide(&'a str),
    /// Numbers, right-aligned; give the row's cell `class="n"`.
    Number(&'a str),
    /// Numbers that a phone leaves out; give the row's cell `class="n wide"`.
    WideNumber(&'a str),
    /// Boxes that choose rows; the one in the head chooses all that are listed, which takes a script.
    Ticks,
    /// Buttons: no heading to see, but one to hear.
    Actions,
    /// A heading that orders the list by its column; its own class says how it is laid out.
    Sorts(Sorts<'a>),
}

/// A heading that orders the list by its column.
#[derive(Debug, Clone, Copy)]
pub struct Sorts<'a> {
    /// What the column holds.
    pub label: &'a str,
    /// The list in that order, or in the other one where it is in that order.
    pub to: &'a str,
    /// `ascending` or `descending` where the list is ordered by it.
    pub now: Option<&'a str>,
    /// `n` for numbers, `wide` for what a phone leaves out.
    pub class: &'a str,
}

/// The address of a list in another order, from its first page; what was filtered for is kept.
pub fn sorted(path: &str, filters: &Form, order: &str) -> String {
    let left_out = |name: &str| matches!(name, "after" | "sort");
    let mut pairs: Vec<_> = filters.values().filter(|(name, value)| !left_out(name) && !value.is_empty()).collect();
    if !order.is_empty() {
        pairs.push(("sort", order));
    }
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", crate::pages::form::query(&pairs)) }
}

impl Render for Head<'_> {
    fn render(&self) -> Markup {
        html! {
            @match self {
                Self::Text(label) => { th scope="col" { (label) } }
                Self::Wide(label) => { th.wide scope="col" { (label) } }
                Self::Number(label) => { th.n scope="col" { (label) } }
                Self::WideNumber(label) => { th.n.wide scope="col" { (label) } }
                Self::Ticks => {
                    th.tick scope="col" { span.heard { "Chosen" } label.scripted { input type="checkbox" data-ticks-all aria-label="All of these"; } }
                }
                Self::Actions => { th.n scope="col" { span.heard { "Actions" } } }
                Self::Sorts(Sorts { label, to, now, class }) => {
                    th class=[(!class.is_empty()).then_some(*class)] scope="col" aria-sort=[*now] { a.sorts href=(to) { (label) } }
                }
            }
        }
    }
}

/// A table whose rows a phone shows as small cards, for rows with forms in them.
pub fn cards(name: &str, heads: &[Head<'_>], rows: &[Markup]) -> Markup {
    table_of("list stack", name, heads, rows)
}

/// A dense table. `name` is heard, not seen; each of `rows` is a `tr` whose first link is where `j`, `k` and Enter go.
pub fn table(name: &str, heads: &[Head<'_>], rows: &[Markup]) -> Markup {
    table_of("list", name, heads, rows)
}

fn table_of(class: &str, name: &str, heads: &[Head<'_>], rows: &[Markup]) -> Markup {
    html! {
        div.scroll {
            table class=(class) {
                caption.heard { (name) }
                thead { tr { @for head in heads { (head) } } }
                tbody { @for row in rows { (row) } }
            }
        }
    }
}

/// Facts about one thing, by name.
pub fn defs(facts: &[(&str, Markup)]) -> Markup {
    html! { dl.facts { @for (name, fact) in facts { dt { (name) } dd { (fact) } } } }
}

/// A place where nothing is yet: what it is for and the one thing to do.
#[derive(Debug, Clone, Copy)]
pub struct Empty<'a> {
    /// What is missing, `No tickets yet`.
    pub title: &'a str,
    /// What it is for, in a sentence or two.
    pub text: &'a str,
    /// Address and label of the one button.
    pub action: Option<(&'a str, &'a str)>,
}

/// What stands where a list would be.
pub fn empty(what: Empty<'_>) -> Markup {
    empty_with(what, &html! {})
}

/// The same with something else to begin with beside the one button.
pub fn empty_with(what: Empty<'_>, beside: &Markup) -> Markup {
    html! {
        div.empty {
            h2 { (what.title) }
            p { (what.text) }
            div.submit {
                @if let Some((to, label)) = what.action { a.btn.go href=(to) { (label) } }
                (beside)
            }
        }
    }
}

/// The link to the next page of a list. `path` is the list's address; what was filtered for is kept.
pub fn pager(path: &str, filters: &Form, next: Option<Cursor>) -> Markup {
    let Some(next) = next else { return damaged(filters) };
    let next = next.to_string();
    let mut pairs: Vec<_> = filters.values().filter(|(name, value)| *name != "after" && !value.is_empty()).collect();
    pairs.push(("after", &next));
    let to = format!("{path}?{}", crate::pages::form::query(&pairs));
    html! { (damaged(filters)) nav.pager aria-label="Pages" { a.btn rel="next" href=(to) { @if filters.value("sort").is_empty() { "Older" } @else { "More" } } } }
}

/// A link to a further page that was cut off leads to the first, and that is said.
fn damaged(filters: &Form) -> Markup {
    html! {
        @if filters.error("after").is_some() {
            p.wrong role="alert" { "The link to a further page was damaged, so this is the first." }
        }
    }
}

/// A form that narrows a list down; it is sent by GET, so that the address can be shared. `form` is what was asked for.
pub fn filters(path: &str, form: &Form, fields: &Markup) -> Markup {
    filters_and_order(path, form, &[], fields)
}

/// The same of a list that can be put into an order: the words for each, the usual one with an empty value. The heads of the
/// columns do that, but for a phone, which leaves most of them out.
pub fn filters_and_order(path: &str, form: &Form, orders: &[(String, String)], fields: &Markup) -> Markup {
    let set = form.values().filter(|(name, value)| !matches!(*name, "after" | "sort") && !value.is_empty()).count();
    html! {
        (misread(form))
        button.unfold type="button" popovertarget="filters" {
            (icon("filter")) @if orders.is_empty() { "Filter" } @else { "Filter and order" } @if set > 0 { span.soft { (set) } }
        }
        form.filters #filters popover="auto" role="search" method="get" action=(path) {
            @if !orders.is_empty() { div.order { (Select { form: &form.plain(), name: "sort", label: "Order", choices: orders }) } }
            @else if !form.value("sort").is_empty() { input type="hidden" name="sort" value=(form.value("sort")); }
            (fields)
            button type="submit" { "Show" }
        }
    }
}

/// What the address of a list asks for and cannot be understood. It narrows nothing, so that is said.
pub fn misread(form: &Form) -> Markup {
    let known: Vec<_> = form.values().filter(|(name, _)| form.error(name).is_some()).collect();
    html! {
        @for (name, value) in known {
            p.notice.misread role="status" {
                @match name {
                    "after" => "This page of the list cannot be found again; the list begins anew.",
                    "q" => { "What is looked for: " (form.error(name).unwrap_or_default()) },
                    "sort" => { "There is no such order: " b { (value) } "." },
                    "from" | "to" => { "There is no such day: " b { (value) } "." },
                    name => { "There is no such " (if name == "show" { "choice" } else { name }) ": " b { (value) } ". The list is not narrowed down by it." },
                }
            }
        }
    }
}

/// The button that takes a list along as a file: the rows that it is narrowed down to, in its order.
pub fn exports(path: &str, filters: &Form) -> Markup {
    let pairs: Vec<_> = filters.values().filter(|(name, value)| *name != "after" && !value.is_empty()).collect();
    let asked = if pairs.is_empty() { String::new() } else { format!("?{}", crate::pages::form::query(&pairs)) };
    html! { a.btn href={ (path) ".csv" (asked) } download title="As a file for a spreadsheet" { "Export" } }
}

/// A line to search with, which a phone does not fold away.
pub fn finder(path: &str, field: &Markup) -> Markup {
    html! { form.filters.flat role="search" method="get" action=(path) { (field) button type="submit" { "Find" } } }
}
