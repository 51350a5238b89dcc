//! What owners are told.

use jiff::Timestamp;
use kernel::Email;
use maud::html;
use runtime::{Columns, Error, Tx, sql};

use crate::mail::render::{BASE, button, paragraph};
use crate::mail::{Letter, Secrecy, Stopping, send};
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
        send(tx, Letter { user: Some(row.id("id")), ..letter(own, to, told) }).await?;
    }
    Ok(())
}

fn letter(own: &Organization, to: Email, told: Told<'_>) -> Letter {
    let name = &own.name;
    let day = |at: Timestamp| at.to_zoned(own.zone.rules().clone()).strftime("%-d %B %Y, %H:%M (%Z)").to_string();
    let (kind, subject, lead) = match told {
        Told::Asked { by, closes_at } => (
            "organization.closing",
            format!("{name} will be deleted"),
            format!(
                "{by} asked for {name} to be deleted. That happens on {}. Until then nothing in it can be changed, and any \
                 owner can keep it. Whatever the law wants kept, such as invoices, is yours to keep: have it exported before.",
                day(closes_at)
            ),
        ),
        Told::Reminder { closes_at } => (
            "organization.closing_soon",
            format!("{name} will be deleted on {}", day(closes_at)),
            format!(
                "Everything in {name} will be deleted on {}: customers, tickets, invoices, balances. After that nobody can \
                 bring it back. Any owner can keep it until then.",
                day(closes_at)
            ),
        ),
        Told::Kept { by } => (
            "organization.kept",
            format!("{name} will not be deleted"),
            format!("{by} decided to keep {name}. Everything goes on where it was."),
        ),
    };
    let address = format!("{BASE}/{}/settings/deletion", own.slug);
    let label = if matches!(told, Told::Kept { .. }) { "Look at it" } else { "Keep it" };
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
