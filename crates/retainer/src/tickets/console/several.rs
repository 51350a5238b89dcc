//! The bar below the list: what is to be done with the rows that are ticked. It appears with the first tick; without scripts
//! it always stands there.

use kernel::id::MembershipId;
use maud::{Markup, html};

use super::bulk::{Outcome, Several, all_of};
use crate::doors::Visitor;
use crate::pages::Form;
use crate::pages::form::query;
use crate::pages::parts::{Input, Select, once, wrong};
use crate::tickets::Ticket;
use crate::tickets::mailed::Mailed;

/// What can be done, and how its button says it.
const DEEDS: &[(&str, &str, &str)] = &[
    ("assign", "Assign", "Assign them"),
    ("tag", "Tag", "Add the tag"),
    ("start", "Start", "Start work"),
    ("reject", "Reject", "Reject them"),
];

/// The bar; the boxes of the rows belong to its form. `filters` is what the list was narrowed down to.
pub(super) fn bar(visitor: &Visitor, filters: &Form, workers: &[(MembershipId, String)], several: &Several) -> Markup {
    let Several { form, ticked, question, .. } = several;
    let kept: Vec<_> = filters.values().filter(|(_, value)| !value.is_empty()).collect();
    let action = visitor.path(&format!("/tickets/several?{}", query(&kept)));
    let whom: Vec<_> = std::iter::once((String::new(), "Nobody".to_owned()))
        .chain(workers.iter().map(|(member, name)| (member.to_string(), name.clone())))
        .collect();
    html! {
        form.bulk #bulk method="post" action=(action.trim_end_matches('?')) aria-label="What is done with those that are ticked" {
            (wrong(form)) (once(form))
            @if let Some(mailed) = question { (ask(*mailed)) input type="hidden" name="sure" value=(all_of(ticked)); }
            div.deeds {
                p.ticked {
                    span.number role="status" { "With the tickets that are ticked:" }
                    button.plain.scripted type="button" data-untick { "None" }
                }
                fieldset {
                    legend.heard { "What is to be done" }
                    @for (word, label, _) in DEEDS {
                        span.choice {
                            input type="radio" id={ "deed-" (word) } name="deed" value=(word) checked[form.value("deed") == *word];
                            label for={ "deed-" (word) } { (label) }
                        }
                    }
                }
                div.for-assign { (Select { form, name: "whom", label: "To", choices: &whom }) }
                div.for-tag { (Input::text(form, "word", "Tag").optional()) }
                div.for-reject { (Input::text(form, "why", "Reason, for the customers").optional()) }
                button.go.do type="submit" autofocus[question.is_some()] {
                    @for (word, _, label) in DEEDS {
                        span class={ "for-" (word) } { @if question.is_some() && *word == "reject" { "Yes, reject them" } @else { (label) } }
                    }
                }
            }
            @if let Some(error) = form.error("deed") { p.error role="alert" { (error) } }
        }
    }
}

/// What rejecting comes to, asked before it is done.
fn ask(mailed: Mailed) -> Markup {
    let Mailed { tickets, customers } = mailed;
    html! {
        p.notice role="alert" {
            b { "Reject " @if tickets == 1 { "one ticket" } @else { (tickets) " tickets" } "?" } " "
            @match customers {
                0 => "Nobody is told by mail: none of their customers has somebody who signs in and wants such mails.",
                1 => "One customer is told by mail, with the reason.",
                _ => { (customers) " customers are told by mail, with the reason." }
            }
            " What is on hold goes back."
        }
    }
}

fn named(tickets: usize) -> String {
    if tickets == 1 { "One ticket".to_owned() } else { format!("{tickets} tickets") }
}

/// The box that chooses a row.
pub(super) fn tick(ticket: &Ticket, several: &Several) -> Markup {
    html! {
        td.tick {
            label { input type="checkbox" name="ticket" value=(ticket.id) form="bulk" checked[several.ticked.contains(&ticket.id)]
                aria-label={ "Choose " (ticket.title) }; }
        }
    }
}

/// What became of each.
pub(super) fn told(visitor: &Visitor, several: &Several) -> Markup {
    let outcomes = &several.outcomes;
    if outcomes.is_empty() {
        return html! {};
    }
    let (refused, done): (Vec<&Outcome>, Vec<&Outcome>) =
        outcomes.iter().partition(|outcome| outcome.refused.is_some());
    let link = |outcome: &Outcome| {
        html! { a href=(visitor.path(&format!("/tickets/{}", outcome.number))) { (outcome.title) } }
    };
    html! {
        @if !done.is_empty() {
            div.flash.outcome {
                p { (named(done.len())) @if done.len() == 1 { " is " } @else { " are " } (several.did) ":" }
                ul { @for outcome in &done { li { (link(outcome)) } } }
            }
        }
        @if !refused.is_empty() {
            div.wrong.outcome role="alert" {
                p { (named(refused.len())) @if refused.len() == 1 { " is not, and stays ticked where it is listed:" } @else { " are not, and stay ticked where they are listed:" } }
                ul { @for outcome in &refused { li { (link(outcome)) ": " (outcome.refused.as_deref().unwrap_or_default()) } } }
            }
        }
    }
}
