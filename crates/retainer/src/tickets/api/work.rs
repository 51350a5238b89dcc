//! Time entries and timers on the API.

use axum::extract::FromRequestParts;
use http::request::Parts;
use jiff::Timestamp;
use kernel::id::TimeEntryId;
use kernel::quantity::Hours;
use kernel::text::Reason;
use runtime::Error;
use runtime::http::{At, Body, Halt, NoBody, Reply, Segments};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::seen;
use crate::App;
use crate::doors::Door;
use crate::tickets::{
    Billing, LogTime, TicketNumber, TicketRefused, TimeEntry, TimeRefused, Timer, correct_time, counted, find,
    log_time, remove_time, start_timer, stop_timer,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_time_entries, post_time_entry))
        .routes(routes!(put_time_entry, delete_time_entry))
        .routes(routes!(post_timer, delete_timer))
}

/// Time that was worked: either hours or minutes.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Worked {
    /// How long, in hours.
    hours: Option<Hours>,
    /// How long, in minutes.
    #[schema(minimum = 1, maximum = 10080)]
    minutes: Option<u32>,
    /// From when; without, it has just ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Timestamp>,
    /// On what.
    note: Option<Reason>,
    /// Whether it counts towards what the customer pays; it does without.
    billable: Option<bool>,
}

impl Worked {
    fn input(self) -> Result<LogTime, Error> {
        let hours = match (self.hours, self.minutes) {
            (Some(hours), None) => hours,
            (None, Some(minutes)) => Hours::of_seconds(i64::from(minutes) * 60),
            _ => return Err(TimeRefused::Duration.into()),
        };
        let billing = if self.billable == Some(false) { Billing::Free } else { Billing::Billable };
        Ok(LogTime { hours, started_at: self.started_at, note: self.note, billing })
    }
}

/// The time entries of a ticket.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct TimeEntries {
    /// The entries, the earliest first.
    items: Vec<TimeEntry>,
    /// What the billable ones count as together: rounded up once for the ticket.
    billable: Hours,
}

/// The address of a time entry.
struct AtEntry(TicketNumber, TimeEntryId);

impl<S: Send + Sync> FromRequestParts<S> for AtEntry {
    type Rejection = Halt;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Halt> {
        let nothing = |_| Halt::from(Error::from(TicketRefused::NotFound));
        let path = Segments::<(String, String)>::from_request_parts(parts, state).await;
        let Segments((number, entry)) = path.map_err(|_| nothing(()))?;
        let entry = entry.parse().map_err(|_| Halt::from(Error::from(TimeRefused::NotFound)))?;
        Ok(Self(number.parse().map_err(|_| nothing(()))?, entry))
    }
}

/// The time that was worked on a ticket; for staff.
#[utoipa::path(get, path = "/tickets/{id}/time-entries", tag = "Tickets", params(("id" = TicketNumber, Path)),
    responses((status = 200, body = TimeEntries)))]
async fn get_time_entries(door: Door, At(number): At<TicketNumber>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let items = find::time_entries(&tx, &number).await?;
    let billable = counted(&items);
    Ok(Reply::ok(&TimeEntries { items, billable })?)
}

/// Write down time that one worked on a ticket.
#[utoipa::path(post, path = "/tickets/{id}/time-entries", tag = "Tickets", params(("id" = TicketNumber, Path)),
    request_body = Worked, responses((status = 201, body = TimeEntry)))]
async fn post_time_entry(door: Door, At(number): At<TicketNumber>, body: Body<Worked>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let location = format!("/api/v1/tickets/{number}/time-entries");
    let entry = log_time(&tx, &seen(&door, number), &body.input.input()?).await?;
    tx.finish(Reply::created(location, &entry)?.version(entry.version)).await
}

/// Correct a time entry; what it said stays in the history.
#[utoipa::path(put, path = "/tickets/{id}/time-entries/{entry}", tag = "Tickets",
    params(("id" = TicketNumber, Path), ("entry" = TimeEntryId, Path)),
    request_body = Worked, responses((status = 200, body = TimeEntry)))]
async fn put_time_entry(door: Door, AtEntry(number, entry): AtEntry, body: Body<Worked>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let entry = correct_time(&tx, &seen(&door, number), entry, &body.input.input()?).await?;
    tx.finish(Reply::ok(&entry)?.version(entry.version)).await
}

/// Take a time entry back; it stays in the history.
#[utoipa::path(delete, path = "/tickets/{id}/time-entries/{entry}", tag = "Tickets",
    params(("id" = TicketNumber, Path), ("entry" = TimeEntryId, Path)), responses((status = 204)))]
async fn delete_time_entry(door: Door, AtEntry(number, entry): AtEntry, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    remove_time(&tx, &seen(&door, number), entry).await?;
    tx.finish(Reply::nothing()).await
}

/// Start one's timer on a ticket.
#[utoipa::path(post, path = "/tickets/{id}/timer", tag = "Tickets", params(("id" = TicketNumber, Path)),
    responses((status = 201, body = Timer)))]
async fn post_timer(door: Door, At(number): At<TicketNumber>, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let location = format!("/api/v1/tickets/{number}/timer");
    let timer = start_timer(&tx, &seen(&door, number)).await?;
    tx.finish(Reply::created(location, &timer)?).await
}

/// Stop one's timer on a ticket; the time is written down. Of one that ran for less than a minute nothing is.
#[utoipa::path(delete, path = "/tickets/{id}/timer", tag = "Tickets", params(("id" = TicketNumber, Path)),
    responses((status = 200, body = TimeEntry), (status = 204, description = "It ran for less than a minute.")))]
async fn delete_timer(door: Door, At(number): At<TicketNumber>, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let entry = stop_timer(&tx, &seen(&door, number), None).await?;
    let reply = match &entry {
        Some(entry) => Reply::ok(entry)?.version(entry.version),
        None => Reply::nothing(),
    };
    tx.finish(reply).await
}
