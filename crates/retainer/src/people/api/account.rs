//! One's own account on the API: profile, password, sessions, second factor.

use kernel::id::SessionId;
use kernel::text::Name;
use runtime::Error;
use runtime::http::{At, Body, Halt, NoBody, Page, Reply};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::App;
use crate::doors::Door;
use crate::organizations::{self, Zone};
use crate::people::find::{self, Me};
use crate::people::password::Password;
use crate::people::second_factor::{self, SetUp};
use crate::people::{
    Again, ChangeProfile, SecondFactorRefused, SignedInPlace, change_password, change_profile, knows_password,
    limit_verification, revoke_session, send_verification,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(patch_me))
        .routes(routes!(put_password))
        .routes(routes!(post_own_verification))
        .routes(routes!(get_sessions))
        .routes(routes!(delete_session))
        .routes(routes!(post_second_factor))
        .routes(routes!(post_second_factor_confirmation))
        .routes(routes!(post_second_factor_removal))
}

/// What shall be different about one's profile; what is left out stays.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ProfileChange {
    /// The name.
    #[serde(default)]
    name: Option<Name>,
    /// The zone; null for the organization's.
    #[serde(default, deserialize_with = "runtime::http::given")]
    #[schema(value_type = Option<Zone>)]
    time_zone: Option<Option<Zone>>,
}

/// Another password.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordChange {
    /// The present password.
    current: String,
    /// The new one.
    new: Password,
}

/// Shows once more who one is.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordAgain {
    /// The password.
    password: String,
}

/// A code of the authenticator app.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Code {
    /// Six digits.
    code: String,
}

/// Codes for when the authenticator app is gone, each good once. They are shown once.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct RecoveryCodes {
    /// The codes.
    recovery_codes: Vec<String>,
}

/// Change one's name or zone.
#[utoipa::path(patch, path = "/me", tag = "People", request_body = ProfileChange, responses((status = 200, body = Me)))]
async fn patch_me(door: Door, body: Body<ProfileChange>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    change_profile(&tx, ChangeProfile { name: body.input.name, zone: body.input.time_zone }).await?;
    let reply = Reply::ok(&find::me(&tx).await?)?;
    let reply = tx.finish(reply).await?;
    Ok(reply)
}

/// Who asks, and their password to be checked.
async fn again(door: &Door, password: String) -> Result<(Me, Again), Error> {
    Again::of(&door.read().await?, password).await
}

/// Change one's password; all other sessions end.
#[utoipa::path(put, path = "/me/password", tag = "People", request_body = PasswordChange, responses((status = 204)))]
async fn put_password(door: Door, body: Body<PasswordChange>) -> Result<Reply, Halt> {
    let PasswordChange { current, new } = body.input;
    let (me, again) = again(&door, current).await?;
    change_password(door.app(), &again, door.session(), &me, new).await?;
    Ok(Reply::nothing())
}

/// Send the mail that confirms one's address, once more.
#[utoipa::path(post, path = "/me/email-verification", tag = "People", responses((status = 204)))]
async fn post_own_verification(door: Door, body: NoBody) -> Result<Reply, Halt> {
    let (me, again) = again(&door, String::new()).await?;
    limit_verification(door.app(), &me, again.actor.address).await?;
    let tx = door.write(&body.hash).await?;
    send_verification(&tx, door.app(), &me).await?;
    tx.finish(Reply::nothing()).await
}

/// Where one is signed in.
#[utoipa::path(get, path = "/sessions", tag = "People", responses((status = 200, body = Page<SignedInPlace>)))]
async fn get_sessions(door: Door) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&find::sessions(&tx, door.session()).await?)?)
}

/// End one of one's sessions.
#[utoipa::path(delete, path = "/sessions/{session}", tag = "People", params(("session" = SessionId, Path)),
    responses((status = 204)))]
async fn delete_session(door: Door, At(session): At<SessionId>, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    revoke_session(&tx, session).await?;
    let reply = tx.finish(Reply::nothing()).await?;
    Ok(reply)
}

/// Begin to set up an authenticator app; nothing is asked for until a code confirms it.
#[utoipa::path(post, path = "/me/second-factor", tag = "People", request_body = PasswordAgain,
    responses((status = 201, body = SetUp), (status = 204, description = "A repeated request: the secret is shown once.")))]
async fn post_second_factor(door: Door, body: Body<PasswordAgain>) -> Result<Reply, Halt> {
    let (me, again) = again(&door, body.input.password).await?;
    if !knows_password(door.app(), &again).await? {
        return Err(Error::from(SecondFactorRefused::WrongPassword).into());
    }
    let tx = door.write(&body.hash).await?;
    let own = organizations::find::own(&tx).await?;
    let set_up = second_factor::begin(&tx, &door.app().key, &me, &own.name).await?;
    // What is kept beside an Idempotency-Key holds no secret.
    tx.finish(Reply::nothing()).await?;
    Ok(Reply::created("/api/v1/me/second-factor".to_owned(), &set_up)?)
}

/// Confirm the authenticator app with a code; from now on codes are asked for.
#[utoipa::path(post, path = "/me/second-factor/confirmation", tag = "People", request_body = Code,
    responses((status = 200, body = RecoveryCodes), (status = 204, description = "A repeated request: the codes are shown once.")))]
async fn post_second_factor_confirmation(door: Door, body: Body<Code>) -> Result<Reply, Halt> {
    let (me, again) = again(&door, String::new()).await?;
    crate::people::limit_codes(door.app(), &me, again.actor.address).await?;
    let tx = door.write(&body.hash).await?;
    let recovery_codes = second_factor::confirm(&tx, &door.app().key, me.user, &body.input.code).await?;
    tx.finish(Reply::nothing()).await?;
    Ok(Reply::ok(&RecoveryCodes { recovery_codes })?)
}

/// Remove the authenticator app.
#[utoipa::path(post, path = "/me/second-factor/removal", tag = "People", request_body = PasswordAgain,
    responses((status = 204)))]
async fn post_second_factor_removal(door: Door, body: Body<PasswordAgain>) -> Result<Reply, Halt> {
    let (me, again) = again(&door, body.input.password).await?;
    if !knows_password(door.app(), &again).await? {
        return Err(Error::from(SecondFactorRefused::WrongPassword).into());
    }
    let tx = door.write(&body.hash).await?;
    second_factor::remove(&tx, me.user).await?;
    tx.finish(Reply::nothing()).await
}
