//! Merging on the page: the other ticket is named as people name it, it is checked whether the two can become one, and only
//! then it is asked, with the other's title.

use maud::{Markup, html};
use runtime::{Error, Tx};

use super::forms::{Drawer, drawer, filled};
use super::page::{Noun, Shown, Typed};
use super::steps::Done;
use crate::doors::Visitor;
use crate::pages::Form;
use crate::pages::parts::Input;
use crate::tickets::listing::meant;
use crate::tickets::{MergeRefused, Seen, TicketNumber, find, merge};

/// The ticket that is asked about, and what it is called.
const ASKED: [&str; 2] = ["asked", "asked_title"];

/// Merges where the form says that it is sure of this ticket; else all is tried, and nothing is done but asked.
pub(super) async fn merging(tx: &Tx, seen: &Seen, form: &mut Form) -> Result<Done, Error> {
    let into = other(tx, &seen.number, form.value("into")).await?;
    let ticket = merge(tx, seen, &into).await?;
    if form.value("sure") == ticket.id.as_str() {
        return Ok(Some((ticket.id, format!("{} was merged into this ticket.", seen.number))));
    }
    *form = std::mem::take(form).with(ASKED[0], ticket.id.as_str()).with(ASKED[1], ticket.title);
    Ok(None)
}

/// The ticket that is meant: by its number, or by the end of it, as in a search. Of several with the same end it is the
/// customer's own.
async fn other(tx: &Tx, number: &TicketNumber, typed: &str) -> Result<TicketNumber, Error> {
    let typed = typed.trim();
    let typed = typed.strip_prefix('#').unwrap_or(typed);
    let Ok(running) = typed.parse::<u32>() else {
        return typed.to_ascii_uppercase().parse().map_err(|_| MergeRefused::NoTarget.into());
    };
    let own = find::get(tx, number).await?.customer;
    let found = meant(tx, &[], Some(running), 20).await?;
    let best = found.iter().find(|other| other.customer == own && other.id != *number);
    let best = best.or_else(|| found.first()).ok_or(MergeRefused::NoTarget)?;
    Ok(best.id.clone())
}

pub(super) fn form(visitor: &Visitor, shown: &Shown, typed: &Typed<'_>) -> Markup {
    let form = filled(typed, Noun::Merging, Form::blank());
    let is_open = typed.noun == Some(Noun::Merging);
    if shown.siblings.is_empty() && !is_open {
        return html! {};
    }
    let asked = form.value(ASKED[0]);
    let fields = html! {
        (Input::text(&form, "into", "Into which ticket of this customer?").suggest("siblings").hint(
            "Its number, or the end of it; the open ones are proposed. Comments, hours on hold and time go along."))
        datalist #siblings { @for other in &shown.siblings { option value=(other.id) { (other.title) } } }
        @if !asked.is_empty() {
            p.notice role="alert" {
                "Merge “" (shown.ticket.title) "” into “" b { (form.value(ASKED[1])) } "”, " (asked) "? That cannot be taken back."
            }
            input type="hidden" name="sure" value=(asked);
        }
    };
    let (label, button) = ("Merge", if asked.is_empty() { "Merge it" } else { "Yes, merge it" });
    drawer(visitor, &shown.ticket, &Drawer { noun: Noun::Merging, label, button, form: &form, fields, is_open })
}
