//! What owners are told.

use jiff::Timestamp;
use runtime::{Error, Tx};

use crate::mail::{self, ToOwners};
use crate::organizations::Organization;

/// What there is to tell.
#[derive(Debug, Clone, Copy)]
pub(super) enum Told<'a> {
    /// Somebody asked for the end.
    Asked { by: &'a str, closes_at: Timestamp },
    /// The end is near.
    Reminder { closes_at: Timestamp },
    /// It goes on.
    Kept { by: &'a str },
}

/// Tells all owners.
pub(super) async fn to_owners(tx: &Tx, own: &Organization, told: Told<'_>) -> Result<(), Error> {
    mail::to_owners(tx, &words(own, told)).await
}

fn words(own: &Organization, told: Told<'_>) -> ToOwners {
    let name = &own.name;
    let (kind, subject, said) = match told {
        Told::Asked { by, closes_at } => (
            "organization.closing",
            format!("{name} will be deleted"),
            format!(
                "{by} asked for {name} to be deleted. That happens on {}. Until then nothing in it can be changed, and any \
                 owner can keep it. Whatever the law wants kept, such as invoices, is yours to keep: have it exported before.",
                own.moment(closes_at)
            ),
        ),
        Told::Reminder { closes_at } => (
            "organization.closing_soon",
            format!("{name} will be deleted on {}", own.moment(closes_at)),
            format!(
                "Everything in {name} will be deleted on {}: customers, tickets, invoices, balances. After that nobody can \
                 bring it back. Any owner can keep it until then.",
                own.moment(closes_at)
            ),
        ),
        Told::Kept { by } => (
            "organization.kept",
            format!("{name} will not be deleted"),
            format!("{by} decided to keep {name}. Everything goes on where it was."),
        ),
    };
    let label = if matches!(told, Told::Kept { .. }) { "Look at it" } else { "Keep it" };
    ToOwners { kind, subject, said, page: "/settings/deletion".to_owned(), label }
}
