//! The operator of the installation vouches for an address: for when no mail reaches anybody.

use jiff::Timestamp;
use kernel::id::{Id, UserId};
use kernel::{Actor, Email};
use runtime::tx::Access;
use runtime::{Change, Columns, Error, Tx, sql};

use super::look_up::{self, Somebody};
use crate::App;

/// For whom the operator vouched, so that they see whether it is who they think.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Vouched {
    /// The address.
    pub confirmed: Email,
    /// What they call themselves.
    pub name: String,
    /// Since when the account is there: whoever made it may not be whose address it is.
    pub since: Timestamp,
    /// Whether the address was confirmed before.
    pub already: bool,
}

/// Marks somebody's address as verified on the operator's word. What was confirmed before stays so, without a word.
///
/// # Errors
/// [`super::LookUpRefused`], or a fault.
pub async fn vouch(app: &App, email: &Email) -> Result<Vouched, Error> {
    let Somebody { organization, user, .. } = look_up::somebody(app, email, None).await?;
    let tx = app.begin(organization, Actor::system("retainer user confirm-email"), Access::Write).await?;
    let row = tx
        .one(
            sql!("select email, name, created_at, email_verified_at is not null as already from users where id = $1"),
            &[user.as_uuid()],
        )
        .await?;
    let (name, since, already) = (row.get("name"), row.get("created_at"), row.get("already"));
    let vouched = Vouched { confirmed: row.word("email")?, name, since, already };
    if !already {
        confirm(&tx, user).await?;
    }
    tx.commit().await?;
    Ok(vouched)
}

/// Marks a user's address as verified: it is theirs, as whoever runs the installation knows.
pub(crate) async fn confirm(tx: &Tx, user: UserId) -> Result<(), Error> {
    tx.see_user(user).await?;
    tx.execute(
        sql!("update users set email_verified_at = coalesce(email_verified_at, $2) where id = $1"),
        &[user.as_uuid(), &tx.now()],
    )
    .await?;
    tx.see_actor().await?;
    tx.record(Change::new("user.email_verified", "user", user));
    Ok(())
}
