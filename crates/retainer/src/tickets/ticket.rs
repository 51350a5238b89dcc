//! The nouns: a ticket, its comments and its time entries.

use jiff::Timestamp;
use kernel::id::{CommentId, CustomerId, MembershipId, TicketId, TimeEntryId};
use kernel::quantity::Hours;
use runtime::{Columns, Error};
use tokio_postgres::Row;

use super::TicketNumber;

kernel::words! {
    /// How pressing a ticket is.
    Priority, "priority" {
        /// It can wait.
        Low = "Low",
        /// As usual.
        Medium = "Medium",
        /// Before the others.
        High = "High",
        /// At once.
        Urgent = "Urgent",
    }
}

kernel::words! {
    /// How far a ticket is.
    Status, "status" {
        /// Nobody has begun.
        Pending = "pending",
        /// Somebody works on it.
        InProgress = "in_progress",
        /// Done; what was used is paid with hours.
        Completed = "completed",
        /// Turned down; its hours went back.
        Rejected = "rejected",
    }
}

impl Status {
    /// Whether work may still be done on it.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::InProgress)
    }

    /// The status as people read it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "In progress",
            Self::Completed => "Completed",
            Self::Rejected => "Rejected",
        }
    }
}

kernel::words! {
    /// Who wrote a comment.
    Side, "side" {
        /// The customer.
        Customer = "customer",
        /// The business.
        Staff = "staff",
    }
}

/// A piece of work that a customer asks for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Ticket {
    /// Its number.
    pub id: TicketNumber,
    /// Its inner id.
    #[serde(skip)]
    pub key: TicketId,
    /// Who asks.
    pub customer: CustomerId,
    /// Their name.
    pub customer_name: String,
    /// What is asked for, in a line.
    pub title: String,
    /// What is asked for, at length.
    pub details: Option<String>,
    /// How pressing it is.
    pub priority: Priority,
    /// How far it is.
    pub status: Status,
    /// The hours it is to take.
    pub hours: Hours,
    /// Of the customer's hours, how many are on hold for it.
    pub hours_held: Hours,
    /// How many were used for it.
    pub hours_used: Hours,
    /// How many in all the customer is asked to agree to, where the plan says so.
    pub hours_asked: Option<Hours>,
    /// Who is assigned.
    pub assignee: Option<MembershipId>,
    /// Their name.
    pub assignee_name: Option<String>,
    /// Words to find it by; staff's own, empty for customers.
    pub tags: Vec<String>,
    /// Who opened it, if a person did.
    pub opened_by: Option<String>,
    /// Where it went on, when it was merged.
    pub merged_into: Option<TicketNumber>,
    /// When it was opened.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was completed, rejected or merged.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Timestamp>,
    /// The version for `If-Match`.
    pub version: i64,
}

impl Ticket {
    pub(super) fn of_row(row: &Row) -> Result<Self, Error> {
        let number = |column: &str| row.get::<_, Option<String>>(column).map(TicketNumber::stored);
        Ok(Self {
            id: TicketNumber::stored(row.get("number")),
            key: row.id("id"),
            customer: row.id("customer_id"),
            customer_name: row.get("customer_name"),
            title: row.get("title"),
            details: row.get("details"),
            priority: row.word("priority")?,
            status: row.word("status")?,
            hours: Hours::of_seconds(row.get("wanted_seconds")),
            hours_held: Hours::of_seconds(row.get("held_seconds")),
            hours_used: Hours::of_seconds(row.get("used_seconds")),
            hours_asked: row.get::<_, Option<i64>>("asked_seconds").map(Hours::of_seconds),
            assignee: row.id_or_none("assignee_id"),
            assignee_name: row.get("assignee_name"),
            tags: row.get("tags"),
            opened_by: row.get("opened_by"),
            merged_into: number("merged_into"),
            created_at: row.get("created_at"),
            closed_at: row.get("closed_at"),
            version: row.get("version"),
        })
    }

    /// As a customer may see it: without staff's own words.
    #[must_use]
    pub fn for_customer(mut self) -> Self {
        self.tags.clear();
        self
    }
}

/// Something that was said about a ticket.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// Who wrote it.
    pub author: String,
    /// For which side.
    pub side: Side,
    /// What was said.
    pub message: String,
    /// Whether only staff see it.
    pub internal: bool,
    /// The ticket it was written on, if that was merged into this one.
    pub from: Option<TicketNumber>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl Comment {
    pub(super) fn of_row(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id"),
            author: row.get("author"),
            side: row.word("side")?,
            message: row.get("message"),
            internal: row.get("internal"),
            from: row.get::<_, Option<String>>("origin").map(TicketNumber::stored),
            created_at: row.get("created_at"),
        })
    }
}

/// Time that somebody worked on a ticket.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct TimeEntry {
    /// Its id.
    pub id: TimeEntryId,
    /// Who worked.
    pub member: MembershipId,
    /// Their name.
    pub member_name: String,
    /// From when.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// How long.
    pub hours: Hours,
    /// By how many minutes the billable time of the ticket is rounded up, as it was when this was written; null where it
    /// counts as it is.
    pub increment: Option<i16>,
    /// What it counts as before that: more than was worked only where each entry was rounded up when it was written.
    #[serde(skip)]
    pub counted: Hours,
    /// On what.
    pub note: Option<String>,
    /// Whether it counts towards what the customer pays.
    pub billable: bool,
    /// The ticket it was worked on, if that was merged into this one.
    pub from: Option<TicketNumber>,
    /// When it was written down.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// The version for `If-Match`.
    pub version: i64,
}

impl TimeEntry {
    pub(super) fn of_row(row: &Row) -> Self {
        Self {
            id: row.id("id"),
            member: row.id("membership_id"),
            member_name: row.get("member_name"),
            started_at: row.get("started_at"),
            hours: Hours::of_seconds(row.get("seconds")),
            increment: row.get("increment_minutes"),
            counted: Hours::of_seconds(
                row.get::<_, Option<i64>>("billed_seconds").unwrap_or_else(|| row.get("seconds")),
            ),
            note: row.get("note"),
            billable: row.get("billable"),
            from: row.get::<_, Option<String>>("origin").map(TicketNumber::stored),
            created_at: row.get("created_at"),
            version: row.get("version"),
        }
    }
}

/// A running timer.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Timer {
    /// Whose.
    pub member: MembershipId,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
}
