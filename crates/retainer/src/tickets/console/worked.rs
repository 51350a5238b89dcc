//! The part of a ticket's page that is about time.

use kernel::Quantity;
use maud::{Markup, html};

use super::forms;
use super::page::{Noun, Shown, Typed};
use crate::doors::Visitor;
use crate::pages::Form;
use crate::pages::parts::{Head, Tone, hours, hours_sign, once, table, tag, time};
use crate::tickets::counted;

/// What was worked, whose timers run, and the form to write down more.
pub(super) fn section(visitor: &Visitor, shown: &Shown, typed: &Typed<'_>) -> Markup {
    let ticket = &shown.ticket;
    let removal = visitor.path(&format!("/tickets/{}/{}", ticket.id, Noun::TimeRemoval));
    let rows: Vec<Markup> = shown
        .time
        .iter()
        .map(|entry| {
            html! {
                tr {
                    td { (entry.member_name) }
                    td { (entry.note.as_deref().unwrap_or("–")) @if !entry.billable { " " (tag(Tone::Plain, "not billable")) } }
                    td.n {
                        (hours(entry.hours.0))
                        @if entry.billable && entry.counted != entry.hours { br; span.soft { "counts as " (entry.counted) } }
                    }
                    td.n.wide { (time(visitor, entry.started_at)) }
                    td.n {
                        form.inline method="post" action=(removal) {
                            (once(&Form::blank()))
                            input type="hidden" name="entry" value=(entry.id);
                            button.danger type="submit" data-confirm="Take this time entry back?" { "Take back" }
                        }
                    }
                }
            }
        })
        .collect();
    let rows: Vec<Markup> = rows.into_iter().chain(together(shown)).collect();
    let heads =
        [Head::Text("Who"), Head::Text("On what"), Head::Number("Hours"), Head::WideNumber("From"), Head::Actions];
    html! {
        h2 { "Time" }
        @if rows.is_empty() { p.soft { "Nobody has written down time yet." } } @else { (table("Time entries", &heads, &rows)) }
        @for (name, since) in &shown.timers { p.soft { (name) "’s timer runs since " (time(visitor, *since)) "." } }
        @if ticket.merged_into.is_none() {
            @if !ticket.status.is_open() {
                p.hint { "Work is over: what is written down or taken back now changes nothing in the " (hours_sign(ticket.hours_used.0)) " that were used. Reopen the ticket for that." }
            }
            (forms::time(visitor, shown, typed))
        }
    }
}

/// The sum of the time, what of it is billable, and what the customer was charged. Where one of them has seconds, all are told
/// with seconds, so that they can be held against each other.
fn together(shown: &Shown) -> Option<Markup> {
    if shown.time.is_empty() {
        return None;
    }
    let all = Quantity::seconds(shown.time.iter().map(|entry| entry.hours.atoms()).sum());
    let billable = counted(&shown.time).0;
    let exact = shown.time.iter().filter(|entry| entry.billable).map(|entry| entry.counted.atoms()).sum::<i64>();
    let charged = shown.ticket.hours_used.0;
    let is_exact = [all, billable, charged].iter().any(|one| one.atoms % 60 != 0);
    let told = |one: Quantity| html! { data value=(one.decimal()) { (in_form(one, is_exact)) } "\u{a0}h" };
    // While work is open, nothing of it is charged yet but what was before it was taken up again.
    let when = match shown.ticket.status.is_open() {
        true => " charged so far",
        false if charged == billable => " charged",
        false => " charged when it was completed",
    };
    Some(html! {
        tr.sum {
            td { "Together" }
            td {
                @if billable != all {
                    (told(billable)) @if billable.atoms < all.atoms { " of it" } " billable"
                    @if billable.atoms > exact { " (rounded up once for the ticket)" } ", "
                }
                (told(charged)) (when)
            }
            td.n { data value=(all.decimal()) { (in_form(all, is_exact)) } }
            td.n.wide {}
            td.n {}
        }
    })
}

/// `2:03`, or `2:03:00` where others beside it have seconds.
fn in_form(quantity: Quantity, is_exact: bool) -> String {
    let told = quantity.told();
    if is_exact && quantity.atoms % 60 == 0 { format!("{told}:00") } else { told }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_one_has_seconds_all_are_told_with_them() {
        let (exact, whole) = (Quantity::seconds(7323), Quantity::seconds(7380));
        assert_eq!((in_form(exact, true), in_form(whole, true)), ("2:02:03".to_owned(), "2:03:00".to_owned()));
        assert_eq!(in_form(whole, false), "2:03");
    }
}
