//! What happened, as people say it.

use kernel::quantity::Hours;
use serde_json::Value;

use super::AuditEntry;

/// What the filter offers: the first part of an action, and what people call it.
pub(super) const KINDS: &[(&str, &str)] = &[
    ("ticket", "Tickets"),
    ("customer", "Customers"),
    ("subscription", "Subscriptions"),
    ("invoice", "Invoices"),
    ("payment", "Payments"),
    ("top_up", "Top-ups"),
    ("balance", "Balances set by hand"),
    ("plan", "Plans"),
    ("member", "Members"),
    ("invitation", "Invitations"),
    ("organization", "Settings"),
    ("export", "Exports"),
    ("session", "Signing in and out"),
    ("user", "Accounts"),
    ("second_factor", "Authenticator apps"),
    ("preferences", "Choices of notifications"),
];

/// What somebody did, to stand between their name and that of the thing.
pub(super) fn deed(action: &str) -> String {
    let words = match action {
        "ticket_view.saved" => "saved the view",
        "ticket_view.changed" => "changed the view",
        "ticket_view.removed" => "removed the view",
        "invoice.reminded" => "reminded of invoice",
        "mail.released" => "sent after all the mail",
        "balance_link.made" => "made a link to the balance of",
        "balance_link.revoked" => "ended a link to the balance of",
        "customer.files_removed" => "emptied the files of",
        "user.anonymised" => "forgot who was",
        "user.reset_issued" => "made a link for a new password for",
        "contract.granted" => "let an analyst read",
        "contract.revoked" => "no longer lets an analyst read",
        "customer.added" => "added the customer",
        "customer.changed" => "changed the customer",
        "customer.archived" => "archived the customer",
        "customer.restored" => "brought back the customer",
        "customer.anonymised" => "forgot who was the customer",
        "invoice.opened" => "billed with invoice",
        "invoice.voided" => "voided invoice",
        "payment.recorded" => "recorded a payment for",
        "payment.refunded" => "gave back a payment for",
        "top_up.sold" => "sold a top-up to",
        "balance.adjusted" => "set by hand the balance of",
        "plan.offered" => "began to sell the plan",
        "plan.terms_changed" => "changed the terms of the plan",
        "plan.archived" => "archived the plan",
        "member.added" => "added as a member",
        "member.removed" => "removed the member",
        "member.role_changed" => "changed the role of",
        "invitation.sent" => "invited",
        "invitation.resent" => "invited once more",
        "invitation.revoked" => "called off the invitation of",
        "invitation.accepted" => "accepted the invitation of",
        "organization.created" => "set up",
        "organization.changed" => "changed the settings of",
        "organization.closing" => "asked to delete",
        "organization.kept" => "kept",
        "organization.exported" => "wrote into an archive all of",
        "export.ordered" => "ordered an archive of everything of",
        "export.downloaded" => "downloaded the archive of everything of",
        "export.deleted" => "deleted the archive of everything of",
        "export.expired" => "deleted, after its seven days, the archive of everything of",
        "organization.imported" => "took in from an archive",
        "session.opened" => "signed in",
        "session.revoked" => "ended a session",
        "user.changed" => "changed the profile of",
        "user.email_verified" => "confirmed the address of",
        "user.password_changed" => "changed the password of",
        "user.password_reset" => "chose a new password for",
        "user.reset_requested" => "asked for a new password for",
        "user.verification_sent" => "sent the confirming mail to",
        "second_factor.begun" => "began to set up an authenticator app for",
        "second_factor.confirmed" => "set up an authenticator app for",
        "second_factor.removed" => "removed the authenticator app of",
        "preferences.changed" => "changed the notifications of",
        other => to_a_ticket(other).or_else(|| to_a_plan(other)).unwrap_or(other),
    };
    words.replace(['.', '_'], " ")
}

/// What somebody did with a ticket.
fn to_a_ticket(deed: &str) -> Option<&'static str> {
    Some(match deed.strip_prefix("ticket.")? {
        "opened" => "opened",
        "started" => "began work on",
        "completed" => "completed",
        "rejected" => "rejected",
        "reopened" => "reopened",
        "commented" => "commented on",
        "hours_changed" => "changed the hours of",
        "hours_agreed" => "agreed to the hours of",
        "hours_asked" => "asked for more hours for",
        "hours_declined" => "did not agree to the hours of",
        "question_withdrawn" => "took back the question about the hours of",
        "changed" => "changed what it says on",
        "assigned" => "assigned",
        "tagged" => "tagged",
        "time_logged" => "wrote down time on",
        "time_corrected" => "corrected time on",
        "time_removed" => "took back time on",
        "merged" => "merged away",
        "file_attached" => "attached a file to",
        "file_removed" => "took a file away from",
        "timer_dropped" => "dropped the timer on",
        "absorbed" => "merged another ticket into",
        _ => return None,
    })
}

/// What became of a subscription, to stand before "the plan of …".
fn to_a_plan(deed: &str) -> Option<&'static str> {
    Some(match deed.strip_prefix("subscription.")? {
        "started" => "started",
        "activated" => "began",
        "trial_started" => "began the trial of",
        "renewed" => "renewed",
        "past_due" => "marked as past due",
        "recovered" => "took up again",
        "paused" => "paused",
        "resumed" => "went on with",
        "change_arranged" => "arranged a change of",
        "change_dropped" => "dropped the change of",
        "upgrade_billed" => "billed an upgrade of",
        "upgraded" => "upgraded",
        "cancellation_arranged" => "arranged the end of",
        "cancelled" => "cancelled",
        "reactivated" => "took back the cancellation of",
        "ended" => "ended",
        "taken_over" => "took over",
        _ => return None,
    })
}

/// The one figure or word that says most about it, where there is one: `with 2:30 h`.
pub(super) fn point(entry: &AuditEntry) -> Option<String> {
    let after = entry.after.as_ref()?;
    let field = |name: &str| match after.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let spoken = |name: &str| {
        let written = field(name)?;
        Some(written.parse::<Hours>().map_or(written, |hours| hours.to_string()))
    };
    match entry.action.as_str() {
        "ticket.completed" => spoken("hours_used").map(|hours| format!("with {hours} h")),
        "ticket.opened"
        | "ticket.hours_changed"
        | "ticket.hours_agreed"
        | "ticket.hours_asked"
        | "ticket.hours_declined"
        | "ticket.question_withdrawn" => spoken("hours").map(|hours| format!("with {hours} h")),
        "ticket.assigned" => Some(field("assignee").map_or("to nobody".to_owned(), |name| format!("to {name}"))),
        "ticket.absorbed" => field("from").map(|number| format!("from {number}")),
        "ticket.merged" => field("into").map(|number| format!("into {number}")),
        "member.role_changed" | "member.added" | "invitation.sent" => field("role").map(|role| format!("as {role}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_without_words_of_its_own_is_still_readable() {
        assert_eq!(deed("ticket.completed"), "completed");
        assert_eq!(deed("gift_card.sold"), "gift card sold");
    }
}
