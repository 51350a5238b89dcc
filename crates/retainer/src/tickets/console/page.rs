//! A ticket's own page.

use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use kernel::id::{MembershipId, TicketId};
use kernel::quantity::Hours;
use kernel::{Permission, Quantity, Unit};
use maud::{Markup, html};
use runtime::http::{Page, Paging, Segments};
use runtime::{Error, Tx};

use super::parts::{dot_of, priority_tag, sentence};
use super::{asking, files, forms, hours_bar, worked};
use crate::doors::{PageHalt, Visitor};
use crate::ledger::allowance::{Allowance, allowance};
use crate::notifications::console::opened;
use crate::pages::parts::{
    Audience, Balance, Head, Item, TICKET, Tone, balance, conversation, defs, hours_sign, linked, table, tag, time,
    wrong,
};
use crate::pages::{Form, Room, Shell, nothing_here, shell_with};
use crate::plans::terms::OverageRule;
use crate::tickets::attachments::{Attachment, find as attachments};
use crate::tickets::history::{is_declined, latest};
use crate::tickets::overage::policy;
use crate::tickets::rules::{Standing, standing};
use crate::tickets::{
    Comment, Event, Ticket, TicketNumber, TimeEntry, Timer, counted, find, timers_of_others, would_add,
};

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
        /// The hours that are asked for are not agreed to.
        Declining = "hours-decline",
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
    /// Whether it was refused because somebody else had changed the ticket first.
    pub(super) is_late: bool,
}

/// All that the page shows.
pub(super) struct Shown {
    pub(super) ticket: Ticket,
    pub(super) comments: Page<Comment>,
    pub(super) files: Vec<Attachment>,
    /// The latest lines of its history, and whether there are earlier ones.
    pub(super) events: Vec<Event>,
    pub(super) is_history_cut: bool,
    /// Whether the customer said no to more hours than are on hold.
    pub(super) is_declined: bool,
    pub(super) time: Vec<TimeEntry>,
    pub(super) workers: Vec<(MembershipId, String)>,
    pub(super) timer: Option<(TicketNumber, Timer)>,
    /// The timers of others that run on it: whose, and since when.
    pub(super) timers: Vec<(String, Timestamp)>,
    /// What the actor's timer would add to what is billable if it stopped here now.
    pub(super) timed: Option<Hours>,
    pub(super) hours: Option<Allowance>,
    /// What the customer's plan says about more hours, if they have one.
    pub(super) policy: Option<OverageRule>,
    /// Other open tickets of the customer, for whoever may merge.
    pub(super) siblings: Vec<Ticket>,
    /// Whether the comments are those from the beginning.
    pub(super) is_from_start: bool,
}

/// The most comments and lines of the history on the page.
const MOST: u16 = 100;

pub(super) async fn get_ticket(
    mut visitor: Visitor,
    Segments((_, id)): Segments<(String, String)>,
    form: Form,
) -> Result<Response, PageHalt> {
    if let Ok(ticket) = id.parse::<TicketId>() {
        // The ledger and the audit trail know the inner id.
        let number = find::number(&visitor.read().await?, ticket).await?;
        return Ok(Redirect::to(&visitor.path(&format!("/tickets/{number}"))).into_response());
    }
    let number: TicketNumber = id.parse().map_err(|_| nothing_here())?;
    opened(&mut visitor, "ticket", &number.to_string()).await?;
    Ok(page(&visitor, &number, &Typed { noun: None, form: &form, is_late: false }).await?.into_response())
}

pub(super) async fn page(visitor: &Visitor, number: &TicketNumber, typed: &Typed<'_>) -> Result<Markup, PageHalt> {
    let tx = visitor.read().await?;
    let shown = load(visitor, &tx, number, typed.form).await?;
    let ticket = &shown.ticket;
    let page = Shell { visitor, room: Room::Tickets, title: &ticket.title, actions: forms::actions(visitor, &shown) };
    let hears = format!("ticket.changed {}", ticket.id);
    Ok(shell_with(
        &page,
        &html! { span.id { (ticket.id) } },
        &html! {
            (meanwhile(visitor, &shown, typed))
            details.brief #brief data-hears=(hears) {
                summary { (dot_of(ticket)) " " (brief(visitor, &shown)) }
                @if visitor.is_staff() { (bar(visitor, &shown)) }
                (facts(visitor, &shown))
            }
            @if !visitor.is_staff() { div.glance #glance data-hears=(hears) { (bar(visitor, &shown)) } }
            div.two.ticket {
                div {
                    @if let Some(into) = &ticket.merged_into {
                        p.flash { "This ticket was merged into "
                            a href=(visitor.path(&format!("/tickets/{into}"))) { (into) } ", where it goes on." }
                    }
                    div #question data-hears=(hears) { (asking::asked(visitor, &shown, typed)) }
                    div #over data-hears=(hears) { (asking::over(visitor, &shown, typed)) }
                    div #conversation data-hears=(hears) { (talk(visitor, &shown)) }
                    (forms::comment(visitor, ticket, typed))
                    @if visitor.may(Permission::TicketsWork) { (worked::section(visitor, &shown, typed)) }
                    h2 { "History" }
                    div #history data-hears=(hears) { (history(visitor, &shown)) }
                }
                aside #facts data-hears=(hears) aria-label="The ticket and its hours" {
                    (bar(visitor, &shown))
                    h2 { "Ticket" }
                    (facts(visitor, &shown))
                }
                aside.after #steps data-hears=(hears) aria-label="What can be done" { (forms::steps(visitor, &shown, typed)) }
            }
            (forms::at_hand(visitor, ticket))
        },
    ))
}

async fn load(visitor: &Visitor, tx: &Tx, number: &TicketNumber, form: &Form) -> Result<Shown, Error> {
    let works = visitor.may(Permission::TicketsWork);
    let after = if works || !visitor.is_staff() { form.value("after").parse().ok() } else { None };
    let paging = Paging { after, limit: Some(MOST) };
    let time = async { if works { find::time_entries(tx, number).await } else { Ok(Vec::new()) } };
    let workers = async { if works { find::workers(tx).await } else { Ok(Vec::new()) } };
    let is_from_start = paging.after.is_none();
    let timers = async { if works { timers_of_others(tx, number).await } else { Ok(Vec::new()) } };
    let (ticket, comments, files, (events, is_history_cut), time, workers, timer, timers) = tokio::try_join!(
        find::get(tx, number),
        find::comments(tx, number, paging),
        attachments::of_ticket(tx, number),
        latest(tx, number, MOST),
        time,
        workers,
        find::own_timer(tx),
        timers,
    )?;
    let others = async { if works && ticket.status.is_open() { siblings(tx, &ticket).await } else { Ok(Vec::new()) } };
    let timed = async {
        match &timer {
            Some((number, timer)) if *number == ticket.id => would_add(tx, &time, timer.started_at).await.map(Some),
            _ => Ok(None),
        }
    };
    let policy = async { if ticket.status.is_open() { policy(tx, ticket.customer).await } else { Ok(None) } };
    let hours = allowance(tx, ticket.customer, Unit::Hour);
    let (hours, siblings, timed, policy, is_declined) =
        tokio::try_join!(hours, others, timed, policy, is_declined(tx, &ticket))?;
    Ok(Shown {
        ticket,
        comments,
        files,
        events,
        is_history_cut,
        is_declined,
        time,
        workers,
        timer,
        timers,
        timed,
        hours,
        policy,
        siblings,
        is_from_start,
    })
}

/// The other open tickets among the customer's newest.
async fn siblings(tx: &Tx, ticket: &Ticket) -> Result<Vec<Ticket>, Error> {
    let wanted = find::Wanted { customer: Some(ticket.customer), ..Default::default() };
    let page = find::list(tx, &wanted, Paging { after: None, limit: Some(MOST) }).await?;
    Ok(page.items.into_iter().filter(|other| other.status.is_open() && other.id != ticket.id).collect())
}

/// What others did while somebody typed, when that is why their form was refused.
/// What has to be said before anything else: what was pressed and refused, and what somebody else did meanwhile.
fn meanwhile(visitor: &Visitor, shown: &Shown, typed: &Typed<'_>) -> Markup {
    let last = shown.events.last().filter(|_| typed.is_late);
    // These are buttons in the head, without a form that could say it beside them.
    let is_button = matches!(typed.noun, Some(Noun::Start | Noun::Timer | Noun::TimerStop));
    html! {
        @if is_button { (wrong(typed.form)) }
        @if let Some(event) = last {
            p.notice { "Last, " b { (event.actor) } " " (sentence(event)) ", " (time(visitor, event.at)) ". What you typed is still in its form." }
        }
    }
}

/// The facts in a line, for the phone, where they are folded away.
fn brief(visitor: &Visitor, shown: &Shown) -> Markup {
    let ticket = &shown.ticket;
    let hours = match (ticket.status.is_open(), ticket.hours.atoms()) {
        (true, 0) => html! { "to be estimated" },
        (true, _) => html! { (hours_sign(ticket.hours_held.0)) " on hold" },
        (false, _) => html! { (hours_sign(ticket.hours_used.0)) " used" },
    };
    html! {
        span.soft {
            @if visitor.is_staff() { (ticket.customer_name) ", " }
            (ticket.priority) ", " (hours)
        }
    }
}

fn facts(visitor: &Visitor, shown: &Shown) -> Markup {
    let ticket = &shown.ticket;
    let mut facts = vec![("Status", dot_of(ticket)), ("Priority", priority_tag(ticket.priority))];
    if visitor.is_staff() {
        let customer = visitor.path(&format!("/customers/{}", ticket.customer));
        facts.push(("Customer", html! { a href=(customer) { (ticket.customer_name) } }));
    }
    facts.push(("Assigned to", html! { (ticket.assignee_name.as_deref().unwrap_or("nobody yet")) }));
    let is_unknown = ticket.hours.atoms() == 0 && ticket.status.is_open();
    let wanted = if is_unknown {
        html! { "to be estimated" }
    } else {
        hours_sign(ticket.hours.0)
    };
    facts.push(("Hours wanted", wanted));
    facts.push(("On hold", hours_sign(ticket.hours_held.0)));
    facts.push(("Used", hours_sign(ticket.hours_used.0)));
    facts.push(("Opened", time(visitor, ticket.created_at)));
    if let Some(closed) = ticket.closed_at {
        facts.push(("Closed", time(visitor, closed)));
    }
    if !ticket.tags.is_empty() {
        facts.push(("Tags", html! { @for word in &ticket.tags { (tag(Tone::Plain, word)) " " } }));
    }
    defs(&facts)
}

fn talk(visitor: &Visitor, shown: &Shown) -> Markup {
    let ticket = &shown.ticket;
    let notes: Vec<String> = shown
        .comments
        .items
        .iter()
        .map(|comment| comment.from.as_ref().map_or_else(String::new, |from| format!("on {from}")))
        .collect();
    // What was asked for is the first thing that was said, with the files that came with it.
    let has_files = shown.files.iter().any(|file| file.comment.is_none());
    let asked = (shown.is_from_start && (ticket.details.is_some() || has_files)).then(|| Item {
        author: ticket.opened_by.as_deref().unwrap_or(&ticket.customer_name),
        note: &ticket.customer_name,
        at: ticket.created_at,
        text: html! {
            @if let Some(details) = ticket.details.as_deref() { (linked(visitor, details)) }
            (files::list(visitor, &shown.files, None))
        },
        audience: Audience::Everybody,
        anchor: "asked".to_owned(),
    });
    let said = shown.comments.items.iter().zip(&notes).map(|(comment, note)| Item {
        author: &comment.author,
        note,
        at: comment.created_at,
        text: html! { (linked(visitor, &comment.message)) (files::list(visitor, &shown.files, Some(comment.id))) },
        audience: if comment.internal { Audience::Staff } else { Audience::Everybody },
        anchor: comment.id.to_string(),
    });
    let items: Vec<Item<'_>> = asked.into_iter().chain(said).collect();
    html! {
        @if items.is_empty() { p.soft { "Nothing has been said yet." } } @else { (conversation(&items, &|at| time(visitor, at))) }
        @if let Some(next) = shown.comments.next {
            nav.pager aria-label="Pages" {
                a.btn rel="next" href={ (visitor.path(&format!("/tickets/{}", shown.ticket.id))) "?after=" (next) } { "Later comments" }
            }
        }
    }
}

/// How the ticket stands to what is on hold for it.
pub(super) fn standing_of(shown: &Shown) -> Standing {
    standing(counted(&shown.time).atoms(), shown.ticket.hours_used.atoms(), shown.ticket.hours_held.atoms())
}

/// The ticket's own hours for who works on it: what is worked, what the hold still has, and what the customer has left when
/// it ends as it stands. For customers, and on what is over, the customer's.
fn bar(visitor: &Visitor, shown: &Shown) -> Markup {
    let ticket = &shown.ticket;
    let whose = if visitor.is_staff() { "The customer’s hours" } else { "Your hours" };
    let whole = html! { h2 { (whose) } (hours_bar(visitor, ticket.customer, shown.hours.as_ref())) };
    let Some(hours) = shown.hours.as_ref().filter(|hours| !hours.unlimited && ticket.status.is_open()) else {
        return whole;
    };
    if !visitor.may(Permission::TicketsWork) {
        return whole;
    }
    let Standing { worked, held, over } = standing_of(shown);
    let left = hours.left.quantity(Unit::Hour).atoms - over;
    let why = visitor.path(&format!("/customers/{}/balance", ticket.customer));
    html! {
        h2 { "The ticket’s hours" }
        (balance(&Balance {
            used: Quantity::seconds(worked), held: Quantity::seconds(held), left: Quantity::seconds(left),
            why: Some(&why), words: TICKET,
        }))
        (whole)
    }
}

fn history(visitor: &Visitor, shown: &Shown) -> Markup {
    let rows: Vec<Markup> = shown
        .events
        .iter()
        .map(|event| {
            html! {
                tr {
                    td { b { (event.actor) } " " (linked(visitor, &sentence(event)))
                        @if let Some(reason) = &event.reason { ": " (reason) }
                        @if event.internal { " " (tag(Tone::Amber, "internal")) } }
                    td.n { (time(visitor, event.at)) }
                }
            }
        })
        .collect();
    html! {
        @if shown.is_history_cut { p.soft { "The latest " (MOST) " lines; the API has all of them." } }
        (table("History", &[Head::Text("What happened"), Head::Number("When")], &rows))
    }
}
