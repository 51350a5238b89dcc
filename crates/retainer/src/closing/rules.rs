//! What may still be done while an organization closes.

use jiff::{SignedDuration, Timestamp};
use kernel::Actor;

use crate::organizations::{ClosingRefused, require_open};

/// How long an owner has to think again.
pub(super) const GRACE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long before the end owners are told once more, in this order.
pub(super) const REMINDERS: [SignedDuration; 2] = [SignedDuration::from_hours(7 * 24), SignedDuration::from_hours(24)];

/// What people may still send: what is about themselves, the keeping, and taking along what the organization knows. The first words of addresses, on the API and
/// on pages.
const STILL: &[&str] = &[
    "me",
    "session-tokens",
    "sessions",
    "notifications",
    "notification-preferences",
    "organization/deletion",
    "organization/export",
    "profile",
    "sign-out",
    "settings/deletion",
    "settings/export",
    "settings/keeping",
];

/// Refuses what is no longer possible at an address `below` the organization.
///
/// # Errors
/// `organization.closing`
pub fn require_still(closes_at: Option<Timestamp>, below: &str) -> Result<(), ClosingRefused> {
    let below = below.trim_start_matches('/');
    let is_still =
        STILL.iter().any(|word| below.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    if is_still { Ok(()) } else { require_open(closes_at) }
}

/// How many reminders are due at an instant.
pub(super) fn reminders_due(closes_at: Timestamp, now: Timestamp) -> i16 {
    let left = closes_at.duration_since(now);
    let due = REMINDERS.iter().filter(|before| left <= **before).count();
    i16::try_from(due).unwrap_or(i16::MAX)
}

/// Who asked, as it is said in a mail.
pub(super) fn asker(actor: &Actor) -> &str {
    if actor.user().is_some() { &actor.name } else { "Whoever runs this installation" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[test]
    fn while_it_closes_people_look_after_themselves_only() {
        let until = Some(at("2026-12-20T09:00:00Z"));
        for still in [
            "/me",
            "/me/password",
            "/organization/deletion",
            "/organization/export",
            "/settings/keeping",
            "/sign-out",
            "profile",
        ] {
            assert_eq!(require_still(until, still), Ok(()), "{still}");
        }
        for over in ["/tickets", "/members", "/organization", "/settings", "/mentions", "/profiles"] {
            assert!(require_still(until, over).is_err(), "{over}");
            assert_eq!(require_still(None, over), Ok(()), "{over}");
        }
    }

    #[test]
    fn reminders_come_a_week_and_a_day_before() {
        let until = at("2026-12-20T09:00:00Z");
        for (now, due) in [
            ("2026-12-13T08:59:59Z", 0),
            ("2026-12-13T09:00:00Z", 1),
            ("2026-12-19T08:59:59Z", 1),
            ("2026-12-19T09:00:00Z", 2),
        ] {
            assert_eq!(reminders_due(until, at(now)), due, "{now}");
        }
    }
}
