//! A ticket's own page.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use kernel::id::{MembershipId, TicketId};
use kernel::{Permission, Unit};
use maud::{Markup, html};
use runtime::http::{Page, Paging};
use runtime::{Error, Tx};

use super::parts::{dot_of, priority_tag, sentence};
use super::{forms, hours_bar};
use crate::doors::{PageHalt, Visitor};
use crate::ledger::allowance::{Allowance, allowance};
use crate::pages::parts::{
    Audience, Head, Item, Tone, conversation, defs, hours, hours_sign, instant, once, table, tag, time,
};
use crate::pages::{Form, Room, Shell, nothing_here, shell};
use crate::tickets::{Comment, Event, Ticket, TicketNumber, TimeEntry, Timer, find};

kernel::words! {
    /// A step that a form of the page takes.
    Noun, "step" {
        /// Work begins.
        Start = "start",
        /// Work is done.
        Completion = "completion",
        /// It is turned down.
        Rejection = "rejection",
        /// It is taken up again.
        Reopening = "reopening",
        /// The hours change.
        Hours = "hours",
        /// Something is said.
        Comments = "comments",
        /// It becomes part of another.
        Merging = "merging",
        /// Its words or its priority change.
        Changes = "changes",
        /// Somebody is to work on it.
        Assignment = "assignment",
        /// It is marked with words.
        Tags = "tags",
        /// Time was worked.
        TimeEntries = "time-entries",
        /// A time entry was wrong.
        TimeRemoval = "time-removal",
        /// The timer starts.
        Timer = "timer",
        /// The timer stops.
        TimerStop = "timer-stop",
    }
}

/// What somebody typed into one of the page's forms, when it was refused.
pub(super) struct Typed<'a> {
    /// Which form.
    pub(super) noun: Option<Noun>,
    /// What they typed.
    pub(super) form: &'a Form,
}

/// All that the page shows.
pub(super) struct Shown {
    pub(super) ticket: Ticket,
    pub(super) comments: Page<Comment>,
    pub(super) events: Page<Event>,
    pub(super) time: Vec<TimeEntry>,
    pub(super) workers: Vec<(MembershipId, String)>,
    pub(super) timer: Option<(TicketNumber, Timer)>,
    pub(super) hours: Option<Allowance>,
}

/// The most comments and lines of the history on the page.
const MOST: u16 = 100;

pub(super) async fn get_ticket(
    visitor: Visitor,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, PageHalt> {
    if let Ok(ticket) = id.parse::<TicketId>() {
        // The ledger and the audit trail know the inner id.
        let number = find::number(&visitor.read().await?, ticket).await?;
        return Ok(Redirect::to(&visitor.path(&format!("/tickets/{number}"))).into_response());
    }
    let number = id.parse().map_err(|_| nothing_here())?;
    Ok(page(&visitor, &number, &Typed { noun: None, form: &form }).await?.into_response())
}

pub(super) async fn page(visitor: &Visitor, number: &TicketNumber, typed: &Typed<'_>) -> Result<Markup, PageHalt> {
    let tx = visitor.read().await?;
    let shown = load(visitor, &tx, number, typed.form).await?;
    let ticket = &shown.ticket;
    let page = Shell { visitor, room: Room::Tickets, title: &ticket.title, actions: forms::actions(visitor, &shown) };
    let hears = format!("ticket.changed {}", ticket.id);
    Ok(shell(
        &page,
        &html! {
            div.two.ticket {
                div {
                    p.soft { (ticket.id) " · opened " (time(visitor, ticket.created_at))
                        @if let Some(name) = &ticket.opened_by { " by " (name) } }
                    @if let Some(into) = &ticket.merged_into {
                        p.flash { "This ticket was merged into "
                            a href=(visitor.path(&format!("/tickets/{into}"))) { (into) } ", where it goes on." }
                    }
                    (forms::asked(visitor, &shown, typed))
                    @if let Some(details) = &ticket.details { div.said { (details) } }
                    h2 { "Conversation" }
                    div #conversation data-hears=(hears) { (talk(visitor, &shown)) }
                    (forms::comment(visitor, ticket, typed))
                    @if visitor.may(Permission::TicketsWork) { (worked(visitor, &shown, typed)) }
                    h2 { "History" }
                    div #history data-hears=(hears) { (history(visitor, &shown)) }
                }
                aside #facts data-hears=(hears) {
                    (facts(visitor, &shown))
                    h2 { @if visitor.is_staff() { (ticket.customer_name) "’s hours" } @else { "Your hours" } }
                    (hours_bar(visitor, ticket.customer, shown.hours.as_ref()))
                }
                aside.after { (forms::steps(visitor, &shown, typed)) }
            }
        },
    ))
}

async fn load(visitor: &Visitor, tx: &Tx, number: &TicketNumber, form: &Form) -> Result<Shown, Error> {
    let works = visitor.may(Permission::TicketsWork);
    let after = if works || !visitor.is_staff() { form.value("after").parse().ok() } else { None };
    let paging = Paging { after, limit: Some(MOST) };
    let whole = Paging { after: None, limit: Some(MOST) };
    let time = async { if works { find::time_entries(tx, number).await } else { Ok(Vec::new()) } };
    let workers = async { if works { find::workers(tx).await } else { Ok(Vec::new()) } };
    let (ticket, comments, events, time, workers, timer) = tokio::try_join!(
        find::get(tx, number),
        find::comments(tx, number, paging),
        find::history(tx, number, whole),
        time,
        workers,
        find::own_timer(tx),
    )?;
    let hours = allowance(tx, ticket.customer, Unit::Hour).await?;
    Ok(Shown { ticket, comments, events, time, workers, timer, hours })
}

fn facts(visitor: &Visitor, shown: &Shown) -> Markup {
    let ticket = &shown.ticket;
    let mut facts = vec![("Status", dot_of(ticket)), ("Priority", priority_tag(ticket.priority))];
    if visitor.is_staff() {
        let customer = visitor.path(&format!("/customers/{}", ticket.customer));
        facts.push(("Customer", html! { a href=(customer) { (ticket.customer_name) } }));
    }
    facts.push(("Assigned to", html! { (ticket.assignee_name.as_deref().unwrap_or("nobody yet")) }));
    facts.push(("Hours wanted", hours_sign(ticket.hours.0)));
    facts.push(("On hold", hours_sign(ticket.hours_held.0)));
    facts.push(("Used", hours_sign(ticket.hours_used.0)));
    if let Some(closed) = ticket.closed_at {
        facts.push(("Closed", instant(visitor, closed)));
    }
    if !ticket.tags.is_empty() {
        facts.push(("Tags", html! { @for word in &ticket.tags { (tag(Tone::Plain, word)) " " } }));
    }
    defs(&facts)
}

fn talk(visitor: &Visitor, shown: &Shown) -> Markup {
    let notes: Vec<String> = shown
        .comments
        .items
        .iter()
        .map(|comment| comment.from.as_ref().map_or_else(String::new, |from| format!("on {from}")))
        .collect();
    let items: Vec<Item<'_>> = shown
        .comments
        .items
        .iter()
        .zip(&notes)
        .map(|(comment, note)| Item {
            author: &comment.author,
            note,
            at: comment.created_at,
            text: &comment.message,
            audience: if comment.internal { Audience::Staff } else { Audience::Everybody },
            anchor: comment.id.to_string(),
        })
        .collect();
    html! {
        @if items.is_empty() { p.soft { "Nothing has been said yet." } } @else { (conversation(visitor, &items)) }
        @if let Some(next) = shown.comments.next {
            nav.pager aria-label="Pages" {
                a.btn rel="next" href={ (visitor.path(&format!("/tickets/{}", shown.ticket.id))) "?after=" (next) } { "Later comments" }
            }
        }
    }
}

fn worked(visitor: &Visitor, shown: &Shown, typed: &Typed<'_>) -> Markup {
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
                    td.n { (hours(entry.hours.0)) }
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
    let heads =
        [Head::Text("Who"), Head::Text("On what"), Head::Number("Hours"), Head::WideNumber("From"), Head::Actions];
    html! {
        h2 { "Time" }
        @if rows.is_empty() { p.soft { "Nobody has written down time yet." } } @else { (table("Time entries", &heads, &rows)) }
        @if ticket.merged_into.is_none() { (forms::time(visitor, shown, typed)) }
    }
}

fn history(visitor: &Visitor, shown: &Shown) -> Markup {
    let rows: Vec<Markup> = shown
        .events
        .items
        .iter()
        .map(|event| {
            html! {
                tr {
                    td { b { (event.actor) } " " (sentence(event))
                        @if let Some(reason) = &event.reason { ": " (reason) }
                        @if event.internal { " " (tag(Tone::Amber, "internal")) } }
                    td.n { (time(visitor, event.at)) }
                }
            }
        })
        .collect();
    table("History", &[Head::Text("What happened"), Head::Number("When")], &rows)
}
