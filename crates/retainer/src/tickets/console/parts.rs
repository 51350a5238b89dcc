//! What the pages of tickets are made of.

use kernel::quantity::Hours;
use maud::{Markup, html};

use crate::pages::parts::{Dot, Tone, dot, tag};
use crate::tickets::{Event, Priority, Status, Ticket};

/// A word as the choice of a list.
pub(super) fn choice(word: &str) -> (String, String) {
    (word.to_owned(), word.to_owned())
}

/// The dot of a ticket's status.
pub fn dot_of(ticket: &Ticket) -> Markup {
    if ticket.merged_into.is_some() {
        return dot(Dot::Off, "Merged");
    }
    let kind = match ticket.status {
        Status::Pending if ticket.hours_asked.is_some() => Dot::Waiting,
        Status::InProgress if ticket.hours_asked.is_some() => Dot::Waiting,
        Status::Pending => Dot::New,
        Status::InProgress => Dot::Open,
        Status::Completed => Dot::Done,
        Status::Rejected => Dot::Off,
    };
    // What waits for the customer's word needs nothing of staff now.
    let asked = kind == Dot::Waiting && ticket.status == Status::Pending;
    dot(kind, if asked { "Asked" } else { ticket.status.label() })
}

/// A priority; only what is pressing stands out.
pub(super) fn priority_tag(priority: Priority) -> Markup {
    let tone = match priority {
        Priority::Low | Priority::Medium => return html! { span.soft { (priority) } },
        Priority::High => Tone::Amber,
        Priority::Urgent => Tone::Red,
    };
    tag(tone, priority.word())
}

/// A line of the history in words.
pub(super) fn sentence(event: &Event) -> String {
    let detail = |name: &str| {
        let after = event.detail.get("after").unwrap_or(&event.detail);
        match after.get(name) {
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(serde_json::Value::Null) | None => String::new(),
            Some(serde_json::Value::Array(words)) => {
                words.iter().filter_map(|word| word.as_str()).collect::<Vec<_>>().join(", ")
            }
            Some(other) => other.to_string(),
        }
    };
    let hours = |name: &str| detail(name).parse::<Hours>().map_or_else(|_| detail(name), |hours| hours.to_string());
    let is_none = |name: &str| detail(name).parse::<Hours>().is_ok_and(|hours| hours.atoms() == 0);
    match event.action.as_str() {
        "ticket.imported" => "brought it along from the system before".to_owned(),
        "ticket.opened" if is_none("hours") => "opened it, its hours to be estimated".to_owned(),
        "ticket.opened" => format!("opened it and asked for {} h", hours("hours")),
        "ticket.started" => "started work".to_owned(),
        "ticket.completed" => format!("completed it; {} h were used in all", hours("hours_used")),
        "ticket.rejected" => "rejected it; what was on hold went back".to_owned(),
        "ticket.reopened" if is_none("hours_held") => "reopened it with nothing on hold".to_owned(),
        "ticket.reopened" => format!("reopened it with {} h on hold", hours("hours_held")),
        "ticket.hours_changed" => format!("changed the hours to {} h", hours("hours")),
        "ticket.hours_agreed" => format!("agreed to {} h", hours("hours")),
        "ticket.hours_declined" => format!("did not agree to {} h", hours("hours")),
        "ticket.question_withdrawn" => format!("asks for {} h no longer", hours("hours")),
        "ticket.hours_asked" => format!("asked for {} h in all", hours("hours")),
        "ticket.changed" => "changed what it says".to_owned(),
        "ticket.assigned" if detail("assignee").is_empty() => "took the assignment back".to_owned(),
        "ticket.assigned" => format!("assigned it to {}", detail("assignee")),
        "ticket.tagged" if detail("tags").is_empty() => "took the tags away".to_owned(),
        "ticket.tagged" => format!("tagged it {}", detail("tags")),
        "ticket.time_logged" if detail("member") == event.actor => {
            format!("wrote down {} h", worked(&detail("seconds")))
        }
        "ticket.time_logged" => format!("wrote down {} h for {}", worked(&detail("seconds")), detail("member")),
        "ticket.time_corrected" => format!("corrected a time entry to {} h", worked(&detail("seconds"))),
        "ticket.timer_dropped" if detail("member") == event.actor => {
            format!("stopped the timer after {} s, which is too short to write down", detail("seconds"))
        }
        "ticket.timer_dropped" => format!(
            "stopped the timer of {} after {} s, which is too short to write down",
            detail("member"),
            detail("seconds")
        ),
        "ticket.time_removed" => "took a time entry back".to_owned(),
        "ticket.merged" => format!("merged it into {}", detail("into")),
        "ticket.absorbed" => format!("merged {} into it", detail("from")),
        other => other.to_owned(),
    }
}

/// Worked seconds as people say hours.
fn worked(seconds: &str) -> Hours {
    Hours::of_seconds(seconds.parse().unwrap_or(0))
}
