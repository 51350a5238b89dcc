//! The operator of the installation vouches for an address: for when no mail reaches anybody.

use kernel::id::{Id, UserId};
use kernel::{Actor, Email};
use runtime::tx::Access;
use runtime::{Change, Error, Tx, sql};

use super::look_up::{self, Somebody};
use crate::App;

/// Marks somebody's address as verified on the operator's word.
///
/// # Errors
/// [`super::LookUpRefused`], or a fault.
pub async fn vouch(app: &App, email: &Email) -> Result<(), Error> {
    let Somebody { organization, user, .. } = look_up::somebody(app, email, None).await?;
    let tx = app.begin(organization, Actor::system("retainer user confirm-email"), Access::Write).await?;
    confirm(&tx, user).await?;
    tx.commit().await
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
