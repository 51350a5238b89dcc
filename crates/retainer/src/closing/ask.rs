//! Asking for the end of an organization.

use kernel::Permission;
use kernel::text::Reason;
use runtime::{Change, Error, Tx, sql};
use serde_json::json;

use super::mails::{self, Told};
use super::rules::{GRACE, asker};
use crate::App;
use crate::organizations::find;
use crate::people::{Again, knows_password};

/// An owner's wish.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The organization's own word, typed again, so that nobody closes the wrong one.
    pub slug: String,
    /// Why.
    pub reason: Option<Reason>,
}

runtime::refusals! {
    /// Why it goes on.
    pub enum AskRefused {
        /// Whoever asks does not know the owner's password.
        WrongPassword => Invalid, "closing.wrong_password", "This is not your password.", at "/password";
        /// Another word was typed.
        WrongSlug { slug: String } => Invalid, "closing.wrong_slug", "Type \"{slug}\", the word in this organization's addresses, to show that you mean this one.", at "/slug";
    }
}

/// Refuses whoever found a door open but does not know the owner's password. Failures count as failed sign-ins do.
///
/// # Errors
/// [`AskRefused::WrongPassword`], [`crate::people::LimitRefused`], or a fault.
pub async fn require_password(app: &App, again: &Again) -> Result<(), Error> {
    if knows_password(app, again).await? { Ok(()) } else { Err(AskRefused::WrongPassword.into()) }
}

/// Begins to close the transaction's organization. Asking twice is asking once.
///
/// # Errors
/// [`AskRefused`], `permission.missing`, or a fault.
pub async fn ask(tx: &Tx, input: &Ask) -> Result<(), Error> {
    tx.require(Permission::SettingsWrite)?;
    tx.one(sql!("select id from organizations where organization_id = $1 and id = $1 for update"), &[tx.org()]).await?;
    let own = find::own(tx).await?;
    if input.slug.trim() != own.slug {
        return Err(AskRefused::WrongSlug { slug: own.slug }.into());
    }
    if own.closes_at.is_some() {
        return Ok(());
    }
    let closes_at = tx.now().checked_add(GRACE).map_err(|error| Error::internal(error.to_string()))?;
    let reason = input.reason.as_ref().map(Reason::as_str);
    tx.execute(
        sql!(
            "update organizations set closing_since = $2, closes_at = $3, closing_reason = $4, closing_told = 0,
                    version = version + 1
             where organization_id = $1 and id = $1"
        ),
        &[tx.org(), &tx.now(), &closes_at, &reason],
    )
    .await?;
    tx.record(
        Change::new("organization.closing", "organization", tx.organization())
            .after(json!({"closes_at": closes_at, "reason": reason})),
    );
    mails::to_owners(tx, &own, Told::Asked { by: asker(tx.actor()), closes_at }).await
}
