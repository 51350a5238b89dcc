//! Choosing another password.

use kernel::id::{Id, OrganizationId, SessionId};
use kernel::{Actor, Email};
use runtime::tx::Access;
use runtime::{Change, Error, Tx, sql};

use super::find::{self, Me};
use super::known::{Presented, check_password};
use super::links;
use super::mails::{self, About};
use super::password::{self, Hashed, Password, Verdict};
use super::reset_password::end_sessions;
use crate::{App, organizations};

/// Somebody signed in who shows once more who they are.
#[derive(Debug, Clone)]
pub struct Again {
    /// Where.
    pub organization: OrganizationId,
    /// Who.
    pub actor: Actor,
    /// Their address.
    pub email: Email,
    /// What they typed as their password.
    pub password: String,
}

impl Again {
    /// The transaction's actor, and what they typed.
    ///
    /// # Errors
    /// A fault.
    pub async fn of(tx: &Tx, password: String) -> Result<(Me, Self), Error> {
        let me = find::me(tx).await?;
        let (organization, actor, email) = (tx.organization(), tx.actor().clone(), me.email.clone());
        Ok((me, Self { organization, actor, email, password }))
    }
}

runtime::refusals! {
    /// Why the password stays.
    pub enum ChangePasswordRefused {
        /// The present one is wrong.
        Wrong => Invalid, "password.wrong", "This is not your present password.", at "/current";
        /// The new one is the present one.
        Same => Invalid, "password.same", "This is the password you have. Choose another one.", at "/new";
    }
}

/// Whether somebody signed in knows their password. Failures count as failed sign-ins do.
///
/// # Errors
/// [`super::LimitRefused`], or a fault.
pub async fn knows_password(app: &App, again: &Again) -> Result<bool, Error> {
    let tx = app.begin(again.organization, again.actor.clone(), Access::Read).await?;
    let user = again.actor.user().map(Id::uuid);
    let row = tx.one(sql!("select password_hash from users where id = $1"), &[&user]).await?;
    drop(tx);
    let stored = row.get::<_, Option<String>>("password_hash").map(Hashed);
    let presented =
        Presented { email: again.email.clone(), password: again.password.clone(), address: again.actor.address };
    Ok(check_password(app, &presented, stored).await? != Verdict::Wrong)
}

/// Changes the actor's password and ends all their other sessions.
///
/// # Errors
/// [`ChangePasswordRefused`], [`super::LimitRefused`], or a fault.
pub async fn change_password(
    app: &App,
    again: &Again,
    session: SessionId,
    me: &Me,
    password: Password,
) -> Result<(), Error> {
    if !knows_password(app, again).await? {
        return Err(ChangePasswordRefused::Wrong.into());
    }
    if password.reveal() == again.password {
        return Err(ChangePasswordRefused::Same.into());
    }
    let hashed = password::hash(password).await?;
    let tx = app.begin(again.organization, again.actor.clone(), Access::Write).await?;
    tx.execute(
        sql!("update users set password_hash = $2, password_changed_at = $3 where id = $1"),
        &[me.user.as_uuid(), &hashed.0, &tx.now()],
    )
    .await?;
    links::spoil_entrances(&tx, me.user).await?;
    end_sessions(&tx, me.user, Some(session)).await?;
    let own = organizations::find::own(&tx).await?;
    let about = About { organization: &own.name, to: &me.email, user: Some(me.user) };
    mails::password_changed(&tx, about).await?;
    tx.record(Change::new("user.password_changed", "user", me.user));
    tx.commit().await?;
    Ok(())
}
