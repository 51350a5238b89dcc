//! What owners are told.

use jiff::Timestamp;
use kernel::Email;
use maud::html;
use runtime::{Columns, Error, Tx, sql};

use crate::mail::render::{BASE, button, paragraph};
use crate::mail::{Letter, Secrecy, Stopping, send};
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
    let own = find::own(tx).await?;
    let rows = tx
        .rows(
            sql!(
                "select u.id, u.email from memberships m join users u on u.id = m.user_id
                 where m.organization_id = $1 and m.role = 'owner' and m.ended_at is null order by m.created_at, m.id"
            ),
            &[tx.org()],
        )
        .await?;
    for row in &rows {
        let to: Email = row.word("email")?;
        send(tx, Letter { user: Some(row.id("id")), ..letter(&own, to, told) }).await?;
    }
    Ok(())
}

fn letter(own: &Organization, to: Email, told: Told<'_>) -> Letter {
    let name = &own.name;
    let day = |at: Timestamp| at.to_zoned(own.zone.rules().clone()).strftime("%-d %B %Y, %H:%M (%Z)").to_string();
    let (kind, subject, lead, label) = match told {
        Told::Ready { by, size, expires_at } => (
            "export.ready",
            format!("The archive of {name} is ready"),
            format!(
                "{by} ordered an archive of everything in {name}, and it is ready: {size}. It can be downloaded until {}; then \
                 it is deleted. If you do not know of this, look at the audit trail, and choose a new password.",
                day(expires_at)
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
    let address = format!("{BASE}/{}/settings/export", own.slug);
    Letter {
        kind,
        to,
        user: None,
        subject,
        text: format!("{lead}\n\n{address}"),
        html: html! { (paragraph(&lead)) (button(&address, label)) },
        reason: format!("You get this because you own {name}."),
        secrecy: Secrecy::Open,
        stopping: Stopping::Never,
        good_for: None,
        template: None,
        template_failure: None,
    }
}
