//! A mail to everybody who owns the organization.

use kernel::id::UserId;
use runtime::{Columns, Error, Tx, sql};

use super::render::{BASE, button, paragraph};
use super::{Letter, Secrecy, Stopping, send};

/// What owners are told, and the page on which they do something about it.
#[derive(Debug, Clone)]
pub struct ToOwners {
    /// What it is for: `export.ready` …
    pub kind: &'static str,
    /// The subject, one line.
    pub subject: String,
    /// What there is to say.
    pub said: String,
    /// The page, below the organization's address: `/settings/export`.
    pub page: String,
    /// What the button says that leads there.
    pub label: &'static str,
}

/// Tells all owners of the transaction's organization. Nobody can stop such mails.
///
/// # Errors
/// A fault.
pub async fn to_owners(tx: &Tx, told: &ToOwners) -> Result<(), Error> {
    let owners = tx
        .rows(
            sql!(
                "select u.id, u.email, o.slug, o.name from memberships m
                 join users u on u.id = m.user_id
                 join organizations o on o.organization_id = m.organization_id
                 where m.organization_id = $1 and m.role = 'owner' and m.ended_at is null order by m.created_at, m.id"
            ),
            &[tx.org()],
        )
        .await?;
    for row in &owners {
        let address = format!("{BASE}/{}{}", row.get::<_, &str>("slug"), told.page);
        let letter = Letter {
            kind: told.kind,
            to: row.word("email")?,
            user: Some(row.id::<UserId>("id")),
            subject: told.subject.clone(),
            text: format!("{}\n\n{address}", told.said),
            html: maud::html! { (paragraph(&told.said)) (button(&address, told.label)) },
            reason: format!("You get this because you own {}.", row.get::<_, &str>("name")),
            secrecy: Secrecy::Open,
            stopping: Stopping::Never,
            good_for: None,
            about: None,
            template: None,
            template_failure: None,
        };
        send(tx, letter).await?;
    }
    Ok(())
}
