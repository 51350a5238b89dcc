//! What the forms of a ticket's page do.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::request::Parts;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use kernel::id::{CustomerId, TimeEntryId};
use kernel::quantity::Hours;
use kernel::text::{Reason, Tag};
use kernel::{Permission, Unit};
use runtime::http::Segments;
use runtime::{Error, Tx};

use super::forms::{ASKS_FIRST, TOO_MANY};
use super::merging::merging;
use super::page::{self, Noun};
use crate::App;
use crate::doors::{PageHalt, Visitor};
use crate::ledger::{self, Owner};
use crate::live::writing::{Writer, say};
use crate::notifications;
use crate::pages::{self, Form, again};
use crate::tickets::{
    Approval, Audience, Billing, ChangeHours, Edit, LogTime, Saying, Seen, TicketNumber, assign, change_hours, comment,
    complete, decline_hours, edit, find, log_time, reject, remove_time, reopen, start, start_timer, stop_timer, tag,
};

/// The address of a step.
pub(super) struct AtStep(TicketNumber, Noun);

impl FromRequestParts<App> for AtStep {
    type Rejection = PageHalt;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, PageHalt> {
        let path = Segments::<(String, String, String)>::from_request_parts(parts, app).await;
        let found =
            path.ok().and_then(|Segments((_, number, noun))| Some(Self(number.parse().ok()?, noun.parse().ok()?)));
        found.ok_or_else(|| pages::nothing_here().into())
    }
}

/// Somebody reloads the page that a refused form left them on.
pub(super) async fn get_step(visitor: Visitor, AtStep(number, _): AtStep) -> Response {
    Redirect::to(&visitor.path(&format!("/tickets/{number}"))).into_response()
}

/// The same of the form that says something, which has an address of its own because it may carry files.
pub(super) async fn get_said(
    visitor: Visitor,
    Segments((_, number)): Segments<(String, String)>,
) -> Result<Response, PageHalt> {
    let number: TicketNumber = number.parse().map_err(|_| pages::nothing_here())?;
    Ok(Redirect::to(&visitor.path(&format!("/tickets/{number}"))).into_response())
}

/// Somebody writes, or has stopped: other staff who have the ticket open are told.
pub(super) async fn post_writing(
    visitor: Visitor,
    Segments((_, number)): Segments<(String, String)>,
    form: Form,
) -> Result<StatusCode, PageHalt> {
    visitor.require(Permission::TicketsOpen)?;
    let number: TicketNumber = number.parse().map_err(|_| pages::nothing_here())?;
    let ticket = find::get(&visitor.read().await?, &number).await?;
    let organization = visitor.signed_in().organization;
    let writer = Writer { organization, session: visitor.session(), actor: visitor.actor() };
    say(visitor.app(), writer, ticket.id.as_str(), form.is_ticked("ends")).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn post_step(
    visitor: Visitor,
    AtStep(number, noun): AtStep,
    form: Form,
) -> Result<Response, PageHalt> {
    step(visitor, number, noun, form).await
}

pub(super) async fn step(
    visitor: Visitor,
    number: TicketNumber,
    noun: Noun,
    mut form: Form,
) -> Result<Response, PageHalt> {
    let seen = Seen { number: number.clone(), version: form.value("version").parse().ok() };
    let tx = visitor.write_once(&form).await?;
    match act(&tx, seen, noun, &mut form, visitor.zone()).await {
        Ok(Some((to, said))) => tx.finish(&format!("/tickets/{to}"), &said).await,
        Ok(None) => {
            drop(tx);
            let typed = page::Typed { noun: Some(noun), form: &form, is_late: false };
            Ok(again(&page::page(&visitor, &number, &typed).await?))
        }
        Err(error) => {
            drop(tx);
            let code = if let Error::Refused(refusal) = &error { Some(refusal.code()) } else { None };
            let is_late = code == Some("ticket.stale");
            if noun == Noun::Completion && code == Some("ticket.not_enough_hours") {
                form.refuse("used", TOO_MANY);
            } else if noun == Noun::Completion
                && matches!(code, Some("ticket.ask_first" | "ticket.hours_declined" | "ticket.unanswered"))
            {
                form.refuse("used", error.to_string());
                // Whoever is asked already is not asked again.
                if code != Some("ticket.unanswered") {
                    form = form.with(ASKS_FIRST, "true");
                }
            } else {
                form.refused(error)?;
            }
            let typed = page::Typed { noun: Some(noun), form: &form, is_late };
            Ok(again(&page::page(&visitor, &number, &typed).await?))
        }
    }
}

/// Where it leads and what is said there; nothing where the form comes back.
pub(super) type Done = Option<(TicketNumber, String)>;

/// Does what the form says; nothing when what was typed is not good.
async fn act(tx: &Tx, seen: Seen, noun: Noun, form: &mut Form, zone: &TimeZone) -> Result<Done, Error> {
    let number = seen.number.clone();
    let said = match noun {
        Noun::Start => {
            start(tx, &seen).await?;
            "Work has begun.".to_owned()
        }
        Noun::Completion => {
            let used: Option<Hours> = form.read_optional("used");
            if !form.is_good() {
                return Ok(None);
            }
            let before = crate::tickets::find::get(tx, &number).await?;
            let ticket = complete(tx, &seen, used).await?;
            let now = Hours::of_seconds(ticket.hours_used.atoms() - before.hours_used.atoms());
            format!("Completed; {now} h were used.")
        }
        Noun::Rejection => {
            let Some(reason) = form.read::<Reason>("reject_reason") else { return Ok(None) };
            let ticket = reject(tx, &seen, &reason).await?;
            let until = given_back_until(tx, ticket.customer, zone).await?;
            match ticket.hours_used.atoms() {
                0 => format!("Rejected; the hours went back.{until}"),
                _ => format!(
                    "Rejected; what was on hold went back.{until} The {} h used before stay used.",
                    ticket.hours_used
                ),
            }
        }
        Noun::Reopening => {
            let (hours, reason) = (form.read_optional::<Hours>("again"), form.read_optional::<Reason>("again_reason"));
            if !form.is_good() {
                return Ok(None);
            }
            let ticket = reopen(tx, &seen, hours, reason.as_ref()).await?;
            format!("Reopened. {}", on_hold(ticket.hours_held))
        }
        Noun::Hours => {
            // The question has a field of its own.
            let why = if form.value("ask_reason").is_empty() { "hours_reason" } else { "ask_reason" };
            let reason = form.read_optional::<Reason>(why);
            let Some(wanted) = form.read::<Hours>("wanted").filter(|_| form.is_good()) else { return Ok(None) };
            let approval = match (form.is_ticked("ask"), form.is_ticked("agree")) {
                (true, _) => Approval::Asked,
                (false, true) => Approval::Agreed,
                (false, false) => Approval::ByPlan,
            };
            let ticket = change_hours(tx, &seen, &ChangeHours { wanted, reason, approval }).await?;
            match ticket.hours_asked {
                // The page says it itself, with what is missing, and not as something done.
                Some(_) => String::new(),
                None => on_hold(ticket.hours_held),
            }
        }
        Noun::Declining => return declined(tx, &seen, form).await,
        Noun::Comments => return said(tx, &seen, form).await,
        Noun::Merging => return merging(tx, &seen, form).await,
        _ => return tend(tx, &seen, noun, form, zone).await,
    };
    Ok(Some((number, said)))
}

/// What is on hold, in a sentence.
fn on_hold(held: Hours) -> String {
    if held.atoms() == 0 { "Nothing is on hold.".to_owned() } else { format!("{held} h are on hold.") }
}

/// Until when hours can be used that went back although the time they came from is over.
async fn given_back_until(tx: &Tx, customer: CustomerId, zone: &TimeZone) -> Result<String, Error> {
    let back = ledger::find::given_back_now(tx, Owner::Customer(customer), Unit::Hour).await?;
    Ok(back.map_or_else(String::new, |(hours, until)| {
        let day = notifications::day(until.to_zoned(zone.clone()).date());
        format!(" The time that {hours} of them came from is over; they can be used until {day}.")
    }))
}

async fn declined(tx: &Tx, seen: &Seen, form: &mut Form) -> Result<Done, Error> {
    let reason = form.read_optional::<Reason>("decline_reason");
    let Some(asked) = form.read::<Hours>("declined").filter(|_| form.is_good()) else { return Ok(None) };
    decline_hours(tx, seen, asked, reason.as_ref()).await?;
    let by_customer = tx.only_customer().is_some();
    let said = if by_customer { "They are told that you do not agree." } else { "The question is taken back." };
    Ok(Some((seen.number.clone(), said.to_owned())))
}

async fn said(tx: &Tx, seen: &Seen, form: &mut Form) -> Result<Done, Error> {
    let audience = if form.value("to") == "staff" { Audience::Staff } else { Audience::Everybody };
    let Some(message) = form.read("message") else { return Ok(None) };
    // What others did meanwhile does not make what one wanted to say untrue.
    let seen = Seen { number: seen.number.clone(), version: None };
    comment(tx, &seen, &Saying { message: &message, audience, files: &[] }).await?;
    let said = if audience == Audience::Staff { "The note is kept." } else { "The comment is sent." };
    Ok(Some((seen.number, said.to_owned())))
}

/// The small things: words, tags, assignment, time.
async fn tend(tx: &Tx, seen: &Seen, noun: Noun, form: &mut Form, zone: &TimeZone) -> Result<Done, Error> {
    let loose = Seen { number: seen.number.clone(), version: None };
    let said = match noun {
        Noun::Changes => {
            let (title, details, priority) = (form.read("title"), form.read_optional("details"), form.read("priority"));
            if !form.is_good() {
                return Ok(None);
            }
            edit(tx, seen, &Edit { title, details: Some(details), priority }).await?;
            "Changed."
        }
        Noun::Assignment => {
            let assignee =
                if form.value("assignee").is_empty() { None } else { form.choose("assignee", "who it is for") };
            if !form.is_good() {
                return Ok(None);
            }
            assign(tx, seen, assignee).await?;
            "Assigned."
        }
        Noun::Tags => {
            let words: Result<Vec<Tag>, _> =
                form.value("tags").split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::parse).collect();
            match words {
                Ok(tags) => tag(tx, seen, &tags).await.map(drop)?,
                Err(error) => {
                    form.refuse("tags", format!("Each tag {error}."));
                    return Ok(None);
                }
            }
            "Tagged."
        }
        Noun::TimeEntries => {
            let (hours, note) = (form.read::<Hours>("worked"), form.read_optional::<Reason>("note"));
            let started_at = begun(tx, form, zone);
            let Some(hours) = hours.filter(|_| form.is_good()) else { return Ok(None) };
            let billing = if form.is_ticked("billable") { Billing::Billable } else { Billing::Free };
            log_time(tx, &loose, &LogTime { hours, started_at, note, billing }).await?;
            "The time is written down."
        }
        Noun::TimeRemoval => {
            let Some(entry) = form.choose::<TimeEntryId>("entry", "a time entry of this ticket") else {
                return Ok(None);
            };
            remove_time(tx, &loose, entry).await?;
            "The time entry is taken back."
        }
        Noun::Timer => {
            start_timer(tx, &loose).await?;
            "Your timer runs."
        }
        Noun::TimerStop => match stop_timer(tx, &loose, None).await? {
            Some(_) => "The time is written down.",
            None => "The timer ran for less than a minute, so no time is written down.",
        },
        _ => return Err(Error::internal("a step of a ticket that no form has")),
    };
    Ok(Some((loose.number, said.to_owned())))
}

/// When the work of the chosen day began. Of today it has just ended; of another day nobody says at what hour.
fn begun(tx: &Tx, form: &mut Form, zone: &TimeZone) -> Option<Timestamp> {
    let today = tx.now().to_zoned(zone.clone()).date();
    let day = form.read_day("started_at", zone)?;
    (day.date() != today).then(|| day.timestamp())
}
