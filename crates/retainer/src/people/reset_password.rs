//! A new password for somebody who has forgotten theirs.

use kernel::id::{Id, OrganizationId, UserId};
use kernel::{Actor, Email};
use runtime::tx::{Access, Enqueued};
use runtime::{Change, Columns, Error, Tx, sql};

use super::add_member::find_user;
use super::links::{self, LinkPurpose};
use super::look_up::{self, Somebody};
use super::mails::{self, About};
use super::password::{self, Password};
use super::verify_email::{LinkUsed, count};
use super::{limit, second_factor};
use crate::{App, organizations};

/// Takes the wish for a new password. The answer is the same, and takes as long, whether or not the address is known:
/// the looking is left to a job. The commit is left to the door.
///
/// # Errors
/// [`super::LimitRefused`], or a fault.
pub async fn request_reset(
    app: &App,
    organization: OrganizationId,
    email: &Email,
    address: Option<std::net::IpAddr>,
) -> Result<Tx, Error> {
    limit::take(app, &limit::mails(email, address)).await?;
    let tx = app.begin(organization, Actor::anonymous(address), Access::Write).await?;
    tx.enqueue(Enqueued {
        name: "people.send_reset",
        payload: serde_json::json!({ "email": email }),
        run_at: None,
        key: None,
    });
    Ok(tx)
}

/// Sends the mail with the link, if the address belongs to a member or to somebody who is invited.
///
/// # Errors
/// A fault.
pub async fn send_reset(app: &App, organization: OrganizationId, email: &Email) -> Result<(), Error> {
    let tx = app.begin(organization, Actor::system("people.send_reset"), Access::Write).await?;
    let Some(user) = find_user(&tx, email).await? else { return Ok(()) };
    let row = tx
        .one(
            sql!(
                "select exists (
                     select from memberships where organization_id = $1 and user_id = $2 and ended_at is null
                 ) or exists (
                     select from invitations
                     where organization_id = $1 and email_folded = $3 and accepted_at is null and revoked_at is null
                       and expires_at > $4
                 ) as belongs"
            ),
            &[tx.org(), user.as_uuid(), &email.folded(), &tx.now()],
        )
        .await?;
    if !row.get::<_, bool>("belongs") {
        return Ok(());
    }
    tx.see_user(user).await?;
    // The mail goes to the address that is kept, not to the one that was typed.
    let row = tx.one(sql!("select email from users where id = $1"), &[user.as_uuid()]).await?;
    let email: Email = row.word("email")?;
    let own = organizations::find::own(&tx).await?;
    let link = links::issue(&tx, user, LinkPurpose::ResetPassword).await?;
    let link = app.url(&format!("/{}/reset/{}", own.slug, link.reveal()));
    let about = About { organization: &own.name, to: &email, user: Some(user) };
    mails::reset_password(&tx, about, link).await?;
    tx.record(Change::new("user.reset_requested", "user", user));
    tx.commit().await
}

/// A link for a new password that was issued by the operator.
#[derive(Debug, Clone, serde::Serialize)]
pub struct IssuedReset {
    /// The organization in which it is good.
    pub organization: String,
    /// The link; whoever opens it chooses the password.
    pub link: String,
    /// Until when it is good.
    pub expires_at: jiff::Timestamp,
}

/// Issues a link for a new password without sending it, for the operator of the installation, who hands it over. It is
/// good once and for an hour, in the organization that is named, or else in the first that the person belongs to.
///
/// # Errors
/// [`super::LookUpRefused`], or a fault.
pub async fn issue_reset(app: &App, email: &Email, organization: Option<&str>) -> Result<IssuedReset, Error> {
    let Somebody { organization, slug, user } = look_up::somebody(app, email, organization).await?;
    let tx = app.begin(organization, Actor::system("retainer user reset-password"), Access::Write).await?;
    let link = links::issue(&tx, user, LinkPurpose::ResetPassword).await?;
    let expires_at = tx.now().checked_add(LinkPurpose::ResetPassword.life()).unwrap_or(tx.now());
    tx.record(Change::new("user.reset_issued", "user", user).after(serde_json::json!({"expires_at": expires_at})));
    tx.commit().await?;
    let link = app.url(&format!("/{slug}/reset/{}", link.reveal()));
    Ok(IssuedReset { organization: slug, link, expires_at })
}

/// Whether a link for a new password would still work; whoever holds a used one is told before they have thought of a
/// password.
///
/// # Errors
/// [`super::LinkRefused`], [`super::LimitRefused`], or a fault.
pub async fn look_at_reset(app: &App, used: &LinkUsed) -> Result<(), Error> {
    limit::check(app, &limit::bad_tokens(used.address)).await?;
    let tx = app.begin(used.organization, Actor::anonymous(used.address), Access::Read).await?;
    let looked = links::look(&tx, &used.token, LinkPurpose::ResetPassword).await;
    drop(tx);
    match looked {
        Ok(_) => Ok(()),
        Err(error) => count(app, used, error).await,
    }
}

/// Sets a new password by a link. All sessions end and all other reset links and half-done sign-ins become useless,
/// in all organizations.
///
/// # Errors
/// [`super::LinkRefused`], [`super::LimitRefused`], or a fault.
///
/// Failed sign-ins of others do not matter here, and are forgotten: whoever reads the mail always gets in, however often
/// others have guessed. The commit is left to the door.
pub async fn reset_password(app: &App, used: &LinkUsed, password: Password) -> Result<Tx, Error> {
    limit::check(app, &limit::bad_tokens(used.address)).await?;
    // Looked at first, so that nobody makes the server hash passwords without a good link.
    let tx = app.begin(used.organization, Actor::anonymous(used.address), Access::Read).await?;
    let looked = links::look(&tx, &used.token, LinkPurpose::ResetPassword).await;
    drop(tx);
    if let Err(error) = looked {
        return count(app, used, error).await;
    }
    let hashed = password::hash(password).await?;
    let tx = app.begin(used.organization, Actor::anonymous(used.address), Access::Write).await?;
    let user = links::take(&tx, &used.token, LinkPurpose::ResetPassword).await?;
    tx.see_user(user).await?;
    let row = tx
        .one(
            sql!(
                "update users set password_hash = $2, password_changed_at = $3 where id = $1
                 returning email, email_verified_at is not null as verified"
            ),
            &[user.as_uuid(), &hashed.0, &tx.now()],
        )
        .await?;
    // Nobody has proved yet that the address is theirs: whoever set a second factor up was perhaps not its owner, and
    // must not keep the owner out. The link does not prove it either, because an owner of the organization may read it.
    if !row.get::<_, bool>("verified") {
        second_factor::remove(&tx, user).await?;
    }
    links::spoil_entrances(&tx, user).await?;
    end_sessions(&tx, user, None).await?;
    limit::forgive(&tx, &row.word("email")?, used.address).await?;
    tx.record(Change::new("user.password_reset", "user", user));
    Ok(tx)
}

/// Ends all sessions of a user, wherever they are signed in, but one.
pub(super) async fn end_sessions(tx: &Tx, user: UserId, but: Option<kernel::id::SessionId>) -> Result<(), Error> {
    tx.execute(
        sql!(
            "update sessions set revoked_at = $3
             where user_id = $1 and ($2::uuid is null or id <> $2) and revoked_at is null"
        ),
        &[user.as_uuid(), &but.map(Id::uuid), &tx.now()],
    )
    .await
    .map(drop)
}
