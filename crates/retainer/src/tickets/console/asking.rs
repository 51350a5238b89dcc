//! The questions of a ticket's page: more hours than were planned, and the customer's answer.

use kernel::Permission;
use kernel::quantity::Hours;
use maud::{Markup, html};

use super::forms::{Drawer, address, drawer, filled, hidden};
use super::page::{Noun, Shown, Typed, standing_of};
use super::parts::sentence;
use crate::doors::Visitor;
use crate::pages::Form;
use crate::pages::parts::{Input, wrong};
use crate::tickets::history::DECLINED;
use crate::tickets::rules::Standing;
use crate::tickets::{Event, Ticket};

/// What the customer is asked to agree to.
pub(super) fn asked(visitor: &Visitor, shown: &Shown, typed: &Typed<'_>) -> Markup {
    let ticket = &shown.ticket;
    let Some(asked) = ticket.hours_asked else { return html! {} };
    let missing = super::missing(asked, ticket.hours_held, shown.hours.as_ref());
    if visitor.is_staff() {
        return html! {
            form.notice method="post" action=(address(visitor, ticket, Noun::Declining)) {
                (hidden(&Form::blank(), ticket))
                input type="hidden" name="declined" value=(asked);
                p { "The customer is asked to agree to " (asked) " h" (all_or_again(ticket)) "."
                    @if let Some(missing) = missing { " They have too few: " b { (missing) " h are missing." } } }
                @if visitor.may(Permission::TicketsWork) { p.submit { button type="submit" { "Take the question back" } } }
            }
        };
    }
    let form = filled(typed, Noun::Hours, Form::blank());
    html! {
        form.notice method="post" action=(address(visitor, ticket, Noun::Hours)) {
            (wrong(&form)) (hidden(&form, ticket))
            input type="hidden" name="wanted" value=(asked);
            input type="hidden" name="agree" value="true";
            @if ticket.hours.atoms() == 0 { p { "This is estimated to take " b { (asked) " h" } "." } }
            @else { p { "This takes more than planned: " b { (asked) " h" } (all_or_again(ticket)) " instead of " (ticket.hours) " h." } }
            @if let Some(why) = why_asked(shown) { p { "“" (why) "”" } }
            @if let Some(missing) = missing {
                @let named = (ticket.id.as_str(), ticket.title.as_str(), ticket.priority.word());
                p { "You have too few hours for it: " b { (missing) " h" } " are missing. Hours are added by the people of " (visitor.frame().organization) "; asking costs nothing." }
                p.submit { a.btn.go href=(super::asking_for_more(visitor, named)) { "Ask for more hours" } }
                p.hint { "Once they are there, you can agree here." }
            } @else {
                p.submit { button.go type="submit" { "Agree to " (asked) " h" } }
            }
        }
        (no(visitor, shown, asked, typed))
    }
}

/// Whoever does not agree says so here, and why if they like.
fn no(visitor: &Visitor, shown: &Shown, asked: Hours, typed: &Typed<'_>) -> Markup {
    let form = filled(typed, Noun::Declining, Form::blank());
    let hint = "Whoever works on it reads this. What is on hold now stays.";
    let fields = html! { input type="hidden" name="declined" value=(asked); (Input::area(&form, "decline_reason", "Why not?").optional().hint(hint)) };
    let (label, button, is_open) = ("I do not agree", "Do not agree", typed.noun == Some(Noun::Declining));
    drawer(visitor, &shown.ticket, &Drawer { noun: Noun::Declining, label, button, form: &form, fields, is_open })
}

/// What hours are of: of all that a ticket takes, or, where it was completed before, of what it takes since.
fn all_or_again(ticket: &Ticket) -> Markup {
    html! { @if ticket.hours_used.atoms() == 0 { " in all" } @else { " since it was taken up again, beside the " (ticket.hours_used) " h used before," } }
}

/// What was said with the question.
fn why_asked(shown: &Shown) -> Option<&str> {
    shown.events.iter().rev().find(|event| event.action == "ticket.hours_asked")?.reason.as_deref()
}

/// The customer's no, where it still holds.
fn declined(shown: &Shown) -> Option<&Event> {
    shown.events.iter().rev().find(|event| event.action == DECLINED).filter(|_| shown.is_declined)
}

/// Says that more was worked than is on hold, and how to get the customer's word for it.
pub(super) fn over(visitor: &Visitor, shown: &Shown, typed: &Typed<'_>) -> Markup {
    let ticket = &shown.ticket;
    let works = visitor.may(Permission::TicketsWork) && ticket.status.is_open() && ticket.merged_into.is_none();
    let Standing { worked, over, .. } = standing_of(shown);
    let is_asked = ticket.hours_asked.is_some_and(|asked| asked.atoms() >= worked);
    if !works || over == 0 || is_asked || shown.hours.as_ref().is_some_and(|hours| hours.unlimited) {
        return html! {};
    }
    let (worked, over) = (Hours::of_seconds(worked), Hours::of_seconds(over));
    let declined = declined(shown);
    let form = filled(typed, Noun::Hours, Form::blank());
    html! {
        form.notice method="post" action=(address(visitor, ticket, Noun::Hours)) {
            (hidden(&Form::blank(), ticket))
            input type="hidden" name="wanted" value=(worked);
            input type="hidden" name="ask" value="true";
            p {
                @if ticket.hours_held.atoms() == 0 { b { (worked) " h" } " are worked, and nothing is on hold." }
                @else { "Over estimate: " b { (worked) " h" } " worked of " (ticket.hours_held) " h held, " (over) " h more." }
            }
            @if let Some(no) = declined {
                p { b { (no.actor) } " " (sentence(no)) @if let Some(why) = &no.reason { ": “" (why) "”" } ". It can be completed with the " (ticket.hours_held) " h on hold, or you ask again." }
            }
            (Input::text(&form, "ask_reason", "Why?").optional().hint("The customer reads this with the question."))
            p.submit { button type="submit" { @if declined.is_some() { "Ask again" } @else { "Ask to approve" } } }
        }
    }
}
