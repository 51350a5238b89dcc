//! What owners are told.

use jiff::Timestamp;
use runtime::{Error, Tx};

use crate::mail::{self, ToOwners};
use crate::organizations::{Organization, find};

/// What there is to tell.
#[derive(Debug, Clone, Copy)]
pub(super) enum Told<'a> {
    /// It can be downloaded.
    Ready { by: &'a str, size: &'a str, expires_at: Timestamp },
    /// It could not be written.
    Failed { by: &'a str, why: &'a str },
}

/// Tells all owners: what leaves is all that the organization knows.
pub(super) async fn to_owners(tx: &Tx, told: Told<'_>) -> Result<(), Error> {
    mail::to_owners(tx, &words(&find::own(tx).await?, told)).await
}

fn words(own: &Organization, told: Told<'_>) -> ToOwners {
    let name = &own.name;
    let (kind, subject, said, label) = match told {
        Told::Ready { by, size, expires_at } => (
            "export.ready",
            format!("The archive of {name} is ready"),
            format!(
                "{by} ordered an archive of everything in {name}, and it is ready: {size}. It can be downloaded until {}; then \
                 it is deleted. If you do not know of this, look at the audit trail, and choose a new password.",
                own.moment(expires_at)
            ),
            "Download it",
        ),
        Told::Failed { by, why } => (
            "export.failed",
            format!("The archive of {name} could not be written"),
            format!("{by} ordered an archive of everything in {name}, and it could not be written. {why}"),
            "Order it again",
        ),
    };
    ToOwners { kind, subject, said, page: "/settings/export".to_owned(), label }
}
