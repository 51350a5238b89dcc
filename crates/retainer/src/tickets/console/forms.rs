//! The forms of a ticket's page: one for each thing that whoever looks may do now.

use kernel::quantity::Hours;
use kernel::{Permission, Unit};
use maud::{Markup, html};

use super::page::{Noun, Shown, Typed, standing_of};
use super::parts::choice;
use super::{files, merging};
use crate::doors::Visitor;
use crate::ledger::allowance::Allowance;
use crate::pages::Form;
use crate::pages::parts::{Input, Select, check, icon, once, wrong};
use crate::plans::terms::OverageRule;
use crate::tickets::{Priority, Status, Ticket, counted};

/// The form as it was typed when it was this one that was refused, else filled in with what is so.
pub(super) fn filled(typed: &Typed<'_>, noun: Noun, fresh: Form) -> Form {
    if typed.noun == Some(noun) { typed.form.clone() } else { fresh }
}

pub(super) fn address(visitor: &Visitor, ticket: &Ticket, noun: Noun) -> String {
    visitor.path(&format!("/tickets/{}/{noun}", ticket.id))
}

/// What every form carries: the key that makes it work once, and the version that was seen.
pub(super) fn hidden(form: &Form, ticket: &Ticket) -> Markup {
    html! { (once(form)) input type="hidden" name="version" value=(ticket.version); }
}

/// A form behind a line that opens it; open when it was refused.
pub(super) fn drawer(visitor: &Visitor, ticket: &Ticket, drawer: &Drawer<'_>) -> Markup {
    let Drawer { noun, label, button, form, fields, is_open } = drawer;
    html! {
        details.drawer open[*is_open] data-key=[key(*noun)] {
            summary { (label) }
            form method="post" action=(address(visitor, ticket, *noun)) {
                (wrong(form)) (hidden(form, ticket)) (fields)
                p.submit { button .go[*noun == Noun::Completion] .danger[*noun == Noun::Rejection] type="submit" { (button) } }
            }
        }
    }
}

/// The letter that leads to a form, and what it is called where the keys are listed.
const fn key(noun: Noun) -> Option<&'static str> {
    match noun {
        Noun::Comments => Some("r Comment"),
        Noun::Assignment => Some("a Assign"),
        Noun::TimeEntries => Some("w Write down time"),
        Noun::Completion => Some("d Complete"),
        Noun::Hours => Some("h Change the hours"),
        Noun::Changes => Some("e Change what it says"),
        Noun::Tags => Some("l Tags"),
        Noun::Start => Some("s Start work"),
        Noun::Timer => Some("t Start the timer"),
        Noun::TimerStop => Some("t Stop the timer"),
        Noun::Rejection | Noun::Reopening | Noun::Declining | Noun::Merging | Noun::TimeRemoval => None,
    }
}

/// What is behind such a line.
pub(super) struct Drawer<'a> {
    pub(super) noun: Noun,
    pub(super) label: &'a str,
    pub(super) button: &'a str,
    pub(super) form: &'a Form,
    pub(super) fields: Markup,
    pub(super) is_open: bool,
}

/// The buttons beside the title.
pub(super) fn actions(visitor: &Visitor, shown: &Shown) -> Markup {
    let ticket = &shown.ticket;
    let works = visitor.may(Permission::TicketsWork) && ticket.merged_into.is_none();
    let runs = shown.timer.as_ref().is_some_and(|(number, _)| *number == ticket.id);
    let (timer, label) = if runs { (Noun::TimerStop, "Stop the timer") } else { (Noun::Timer, "Start the timer") };
    let button = |noun: Noun, label: &str, class: &str| {
        html! {
            form.inline .at-thumb[noun == Noun::Start] method="post" action=(address(visitor, ticket, noun)) data-key=[key(noun)] {
                (hidden(&Form::blank(), ticket))
                button class=(class) type="submit" { (label) }
            }
        }
    };
    html! {
        @if works {
            @if ticket.status.is_open() || runs { (button(timer, label, "")) }
            @if ticket.status == Status::Pending { (button(Noun::Start, "Start work", "go")) }
            @if ticket.status == Status::InProgress { a.btn.go.at-thumb href="#used" { "Complete" } }
        }
    }
}

/// On the phone, the steps that one comes for are always at hand, however long the page is.
pub(super) fn at_hand(visitor: &Visitor, ticket: &Ticket) -> Markup {
    if ticket.merged_into.is_some() {
        return html! {};
    }
    let works = visitor.may(Permission::TicketsWork);
    html! {
        nav.hand aria-label="Steps" {
            @if visitor.may(Permission::TicketsOpen) { a.btn href="#message" { "Comment" } }
            @if works && ticket.status == Status::Pending {
                form.inline method="post" action=(address(visitor, ticket, Noun::Start)) {
                    (hidden(&Form::blank(), ticket)) button type="submit" { "Start work" }
                }
            }
            @if works && ticket.status.is_open() { a.btn.go href="#used" { "Complete" } }
            @if works && !ticket.status.is_open() { a.btn href="#again" { "Reopen" } }
        }
    }
}

/// The form to say something; for staff the two buttons say who will read it.
pub(super) fn comment(visitor: &Visitor, ticket: &Ticket, typed: &Typed<'_>) -> Markup {
    if !visitor.may(Permission::TicketsOpen) || ticket.merged_into.is_some() {
        return html! {};
    }
    let form = filled(typed, Noun::Comments, Form::blank());
    html! {
        form.write method="post" action=(address(visitor, ticket, Noun::Comments)) enctype="multipart/form-data" data-key=[key(Noun::Comments)] {
            (wrong(&form)) (hidden(&form, ticket))
            @if visitor.is_staff() { p.writing #writing role="status" data-ticket=(ticket.id) {} }
            (Input::area(&form, "message", "Write a comment").or_another())
            (files::field(&form, visitor.app().file_limits))
            p.submit {
                @if visitor.is_staff() {
                    button.go type="submit" name="to" value="everybody" { "Send to " (ticket.customer_name) }
                    button.secret type="submit" name="to" value="staff" { (icon("lock")) "Keep as an internal note" }
                } @else {
                    button.go type="submit" { "Send" }
                }
            }
        }
    }
}

/// The form to write down time.
pub(super) fn time(visitor: &Visitor, shown: &Shown, typed: &Typed<'_>) -> Markup {
    let today = visitor.now().to_zoned(visitor.zone().clone()).date().to_string();
    let form = filled(typed, Noun::TimeEntries, Form::blank().with("billable", "true").with("started_at", &today));
    let fields = html! {
        (Input::decimal(&form, "worked", "Hours worked").hint(
            "As 2:30 or 2.5, a minute at least. What is begun is rounded up once for the whole ticket, not for each entry."))
        (Input::date(&form, "started_at", "On which day"))
        (Input::text(&form, "note", "On what").optional())
        (check(&form, "billable", "Counts towards what the customer pays"))
    };
    let is_open = typed.noun == Some(Noun::TimeEntries);
    let (label, button) = ("Write down time", "Write down");
    drawer(visitor, &shown.ticket, &Drawer { noun: Noun::TimeEntries, label, button, form: &form, fields, is_open })
}

/// The steps that can be taken now, the likeliest first.
pub(super) fn steps(visitor: &Visitor, shown: &Shown, typed: &Typed<'_>) -> Markup {
    let ticket = &shown.ticket;
    if ticket.merged_into.is_some() {
        return html! {};
    }
    let works = visitor.may(Permission::TicketsWork);
    let own = !visitor.is_staff() && ticket.status == Status::Pending;
    html! {
        @if works && ticket.status.is_open() { (complete(visitor, shown, typed)) (reject(visitor, ticket, typed)) }
        @if works && !ticket.status.is_open() { (reopen(visitor, shown, typed)) }
        @if works { (assign(visitor, shown, typed)) }
        @if (works && ticket.status.is_open()) || own { (change_hours(visitor, shown, typed)) }
        @if works || own { (change(visitor, ticket, typed)) }
        @if works { (tags(visitor, ticket, typed)) }
        @if works && ticket.status.is_open() { (merging::form(visitor, shown, typed)) }
    }
}

/// What whoever completes a ticket with more than there is reads beside the hours.
pub(super) const TOO_MANY: &str = "That is more than is on hold and left together.";

/// What there is, and where more of it comes from.
fn sell_more(visitor: &Visitor, shown: &Shown) -> Markup {
    let left = shown.hours.as_ref().map(|hours| hours.left.quantity(Unit::Hour));
    let most = shown.hours.as_ref().map_or(0, Allowance::reach);
    let most = Hours::of_seconds(shown.ticket.hours_held.atoms() + most);
    let to = visitor.path(&format!("/customers/{}/top-up", shown.ticket.customer));
    html! {
        p.hint { "On hold " (shown.ticket.hours_held) " h" @if let Some(left) = left { ", left " (left.told()) " h" } ". Complete it with " b { (most) " h" } " at most, or add hours first." }
        @if visitor.may(Permission::BillingWrite) { p { a.btn href=(to) { "Sell a top-up" } } }
    }
}

/// What a form of completion carries that was refused because the customer is asked first.
pub(super) const ASKS_FIRST: &str = "asks_first";

/// A button that asks the customer for what the completion needs.
fn ask_first(visitor: &Visitor, shown: &Shown, form: &Form) -> Markup {
    let wanted = form.value("used").parse().unwrap_or_else(|_| Hours::of_seconds(standing_of(shown).worked));
    html! {
        input type="hidden" name="wanted" value=(wanted);
        p { button type="submit" name="ask" value="true" formaction=(address(visitor, &shown.ticket, Noun::Hours)) { "Ask to approve" } }
        p.hint { "The customer is told, and agrees to " (wanted) " h on the ticket." }
    }
}

/// What the form of completion proposes, and what it says of it.
fn proposed(shown: &Shown) -> (String, String) {
    let ticket = &shown.ticket;
    let held = ticket.hours_held.to_string();
    // Nobody bills by an empty field what nobody worked: the number stands there to be read.
    if shown.time.is_empty() && shown.timed.is_none() {
        return (held, "As 2:30 or 2.5. No time is written down: this is what is on hold.".to_owned());
    }
    let billable = counted(&shown.time).atoms() - ticket.hours_used.atoms();
    let sum = Hours::of_seconds((billable + shown.timed.map_or(0, |timed| timed.atoms())).max(0));
    let is_barred = shown.is_declined || ticket.hours_asked.is_some();
    if is_barred && sum.atoms() > ticket.hours_held.atoms() {
        return (held, "As 2:30 or 2.5. This is what is on hold: the customer has not agreed to more.".to_owned());
    }
    let more = Hours::of_seconds(billable.max(0));
    let hint = match shown.timed {
        Some(timed) => format!(
            "As 2:30 or 2.5. Empty means {sum} h: {more} h of billable time that is written down, and {timed} h that your timer \
             adds, which stops with this."
        ),
        None => format!("As 2:30 or 2.5. Empty means the {more} h of billable time that is written down."),
    };
    (String::new(), hint)
}

fn complete(visitor: &Visitor, shown: &Shown, typed: &Typed<'_>) -> Markup {
    let ticket = &shown.ticket;
    let (used, hint) = proposed(shown);
    let form = filled(typed, Noun::Completion, Form::blank().with("used", used));
    let fields = html! {
        (Input::decimal(&form, "used", "Hours used").optional().hint(&hint))
        @if form.error("used").is_some_and(|error| error == TOO_MANY) { (sell_more(visitor, shown)) }
        @if form.is_ticked(ASKS_FIRST) { (ask_first(visitor, shown, &form)) }
    };
    let is_open = typed.noun == Some(Noun::Completion) || ticket.status == Status::InProgress;
    let (label, button) = ("Complete", "Complete it");
    drawer(visitor, ticket, &Drawer { noun: Noun::Completion, label, button, form: &form, fields, is_open })
}

fn reject(visitor: &Visitor, ticket: &Ticket, typed: &Typed<'_>) -> Markup {
    let form = filled(typed, Noun::Rejection, Form::blank());
    let fields =
        html! { (Input::area(&form, "reject_reason", "Why?").hint("The customer reads this. All hours go back.")) };
    let is_open = typed.noun == Some(Noun::Rejection);
    let (label, button) = ("Reject", "Reject it");
    drawer(visitor, ticket, &Drawer { noun: Noun::Rejection, label, button, form: &form, fields, is_open })
}

fn reopen(visitor: &Visitor, shown: &Shown, typed: &Typed<'_>) -> Markup {
    let ticket = &shown.ticket;
    // As many as before, as far as there are so many.
    let left = shown.hours.as_ref().filter(|hours| !hours.unlimited).map(Allowance::reach);
    let again = Hours::of_seconds(left.map_or(ticket.hours.atoms(), |left| left.min(ticket.hours.atoms())));
    let form = filled(typed, Noun::Reopening, Form::blank().with("again", again.to_string()));
    let fields = html! {
        (Input::decimal(&form, "again", "Hours to hold").optional().hint("As 2:30 or 2.5."))
        (Input::area(&form, "again_reason", "Why?").optional().hint("The customer reads this."))
    };
    let is_open = typed.noun == Some(Noun::Reopening);
    let (label, button) = ("Reopen", "Reopen it");
    drawer(visitor, ticket, &Drawer { noun: Noun::Reopening, label, button, form: &form, fields, is_open })
}

fn assign(visitor: &Visitor, shown: &Shown, typed: &Typed<'_>) -> Markup {
    let ticket = &shown.ticket;
    let now = ticket.assignee.map_or_else(String::new, |member| member.to_string());
    let form = filled(typed, Noun::Assignment, Form::blank().with("assignee", now));
    let workers: Vec<_> = std::iter::once((String::new(), "Nobody".to_owned()))
        .chain(shown.workers.iter().map(|(member, name)| (member.to_string(), name.clone())))
        .collect();
    let fields = html! { (Select { form: &form, name: "assignee", label: "To whom?", choices: &workers }) };
    let is_open = typed.noun == Some(Noun::Assignment);
    let (label, button) = ("Assign", "Assign it");
    drawer(visitor, ticket, &Drawer { noun: Noun::Assignment, label, button, form: &form, fields, is_open })
}

/// What more hours would lead to.
fn raised(visitor: &Visitor, shown: &Shown) -> String {
    let left = shown.hours.as_ref().map_or(0, Allowance::reach);
    let left = Hours::of_seconds(left);
    let is_estimate = shown.ticket.hours.atoms() == 0;
    let beyond = match shown.policy {
        _ if shown.hours.as_ref().is_some_and(|hours| hours.unlimited) => {
            return "More are put on hold at once.".to_owned();
        }
        _ if !visitor.is_staff() => "more are not there".to_owned(),
        Some(OverageRule::Ask) => {
            return "The customer's plan says that they are asked: more are put on hold once they agree.".to_owned();
        }
        Some(_) if !is_estimate => "for more, hours have to be added first".to_owned(),
        _ => "for more the customer is asked to agree".to_owned(),
    };
    if left.atoms() == 0 {
        format!("No hours are left: {beyond}.")
    } else {
        format!("Up to {left} h more are put on hold at once; {beyond}.")
    }
}

fn change_hours(visitor: &Visitor, shown: &Shown, typed: &Typed<'_>) -> Markup {
    let ticket = &shown.ticket;
    let form = filled(
        typed,
        Noun::Hours,
        Form::blank().with("wanted", if ticket.hours.atoms() == 0 { String::new() } else { ticket.hours.to_string() }),
    );
    let fields = html! {
        (Input::decimal(&form, "wanted", "Hours in all").hint(&format!("As 2:30 or 2.5. {} Fewer give the rest back.", raised(visitor, shown))))
        (Input::text(&form, "hours_reason", "Why?").optional())
    };
    let is_open = typed.noun == Some(Noun::Hours);
    let (label, button) = ("Change the hours", "Change them");
    drawer(visitor, ticket, &Drawer { noun: Noun::Hours, label, button, form: &form, fields, is_open })
}

fn change(visitor: &Visitor, ticket: &Ticket, typed: &Typed<'_>) -> Markup {
    let now = Form::blank()
        .with("title", ticket.title.clone())
        .with("details", ticket.details.clone().unwrap_or_default())
        .with("priority", ticket.priority.word());
    let form = filled(typed, Noun::Changes, now);
    let priorities: Vec<_> = Priority::ALL.iter().map(|word| choice(word.word())).collect();
    let fields = html! {
        (Input::text(&form, "title", "Title"))
        (Input::area(&form, "details", "Details").optional())
        (Select { form: &form, name: "priority", label: "Priority", choices: &priorities })
    };
    let is_open = typed.noun == Some(Noun::Changes);
    let (label, button) = ("Change what it says", "Change it");
    drawer(visitor, ticket, &Drawer { noun: Noun::Changes, label, button, form: &form, fields, is_open })
}

fn tags(visitor: &Visitor, ticket: &Ticket, typed: &Typed<'_>) -> Markup {
    let form = filled(typed, Noun::Tags, Form::blank().with("tags", ticket.tags.join(", ")));
    let fields = html! { (Input::text(&form, "tags", "Tags").optional().hint("Words with commas between; the customer does not see them.")) };
    let is_open = typed.noun == Some(Noun::Tags);
    drawer(visitor, ticket, &Drawer { noun: Noun::Tags, label: "Tags", button: "Save", form: &form, fields, is_open })
}
