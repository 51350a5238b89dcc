//! The doors of the API for whoever is not signed in: signing up, links of mails.

use kernel::Email;
use kernel::text::Name;
use runtime::Error;
use runtime::http::{Body, Halt, Problem, Reply};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{SessionToken, opening};
use crate::App;
use crate::doors::{Asked, Guest};
use crate::people::password::Password;
use crate::people::{
    Accept, LinkRefused, LinkUsed, SignUp, SignedIn, SignedUp, accept_invitation, request_reset, reset_password,
    sign_up, verify_email,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(post_sign_up))
        .routes(routes!(post_password_reset))
        .routes(routes!(post_password))
        .routes(routes!(post_email_verification))
        .routes(routes!(post_invitation_acceptance))
}

/// Somebody who wants to be a customer.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SignUpWanted {
    /// The organization's slug.
    #[schema(example = "leverai")]
    organization: String,
    /// Their name.
    name: Name,
    /// Their address.
    email: Email,
    /// The password they choose.
    password: Password,
}

/// Somebody who has forgotten their password.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ResetWanted {
    /// The organization's slug.
    #[schema(example = "leverai")]
    organization: String,
    /// Their address.
    email: Email,
}

/// A new password for a link.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    /// The organization's slug.
    #[schema(example = "leverai")]
    organization: String,
    /// The last part of the link's address.
    token: String,
    /// The new password.
    password: Password,
}

/// The proof that one reads one's mail.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Verification {
    /// The organization's slug.
    #[schema(example = "leverai")]
    organization: String,
    /// The last part of the link's address.
    token: String,
}

/// Somebody who accepts an invitation.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Acceptance {
    /// The organization's slug.
    #[schema(example = "leverai")]
    organization: String,
    /// The last part of the link's address.
    token: String,
    /// Their name; whoever has an account keeps theirs.
    #[serde(default)]
    name: Option<Name>,
    /// The password they choose, or that of their account.
    password: String,
    /// The code of their authenticator app, if their account asks for it.
    #[serde(default)]
    code: Option<String>,
}

async fn used(guest: &Guest, slug: &str, token: String) -> Result<LinkUsed, Error> {
    let organization = super::organization(&guest.app, slug).await?.ok_or(LinkRefused::Useless)?;
    Ok(LinkUsed { organization, token, address: guest.caller.address })
}

/// What is asked for with a link.
fn asked<'a>(used: &'a LinkUsed, hash: &'a [u8]) -> Asked<'a> {
    Asked { organization: used.organization, about: &used.token, hash, secret: false }
}

/// The answer to work that has none of its own.
fn nothing((): ()) -> Result<Reply, Error> {
    Ok(Reply::nothing())
}

/// Sign up as a customer, where that is open to strangers. A mail asks to confirm the address.
#[utoipa::path(post, path = "/sign-ups", tag = "People", security(()), request_body = SignUpWanted,
    responses((status = 201, body = SignedUp)))]
async fn post_sign_up(guest: Guest, body: Body<SignUpWanted>) -> Result<Reply, Halt> {
    let SignUpWanted { organization, name, email, password } = body.input;
    let nowhere = || {
        let detail = "There is no such organization.";
        Problem::new(http::StatusCode::NOT_FOUND, "organization.not_found", detail).at("/organization", detail)
    };
    let organization = super::organization(&guest.app, &organization).await?.ok_or_else(nowhere)?;
    let about = email.folded();
    let asked = Asked { organization, about: &about, hash: &body.hash, secret: false };
    let input = SignUp { organization, name, email, password, address: guest.caller.address };
    let reply = |signed_up: SignedUp| Reply::created("/api/v1/me".to_owned(), &signed_up);
    guest.once(asked, sign_up(&guest.app, input), reply).await
}

/// Ask for a new password. The answer is the same whether or not the address is known; a mail follows if it is.
#[utoipa::path(post, path = "/password-resets", tag = "People", security(()), request_body = ResetWanted,
    responses((status = 204)))]
async fn post_password_reset(guest: Guest, body: Body<ResetWanted>) -> Result<Reply, Halt> {
    let ResetWanted { organization, email } = body.input;
    let Some(organization) = super::organization(&guest.app, &organization).await? else { return Ok(Reply::nothing()) };
    let about = email.folded();
    let asked = Asked { organization, about: &about, hash: &body.hash, secret: false };
    let work = async { Ok((request_reset(&guest.app, organization, &email, guest.caller.address).await?, ())) };
    guest.once(asked, work, nothing).await
}

/// Choose a new password with the link of the mail. All sessions end.
#[utoipa::path(post, path = "/passwords", tag = "People", security(()), request_body = NewPassword,
    responses((status = 204)))]
async fn post_password(guest: Guest, body: Body<NewPassword>) -> Result<Reply, Halt> {
    let NewPassword { organization, token, password } = body.input;
    let used = used(&guest, &organization, token).await?;
    let work = async { Ok((reset_password(&guest.app, &used, password).await?, ())) };
    guest.once(asked(&used, &body.hash), work, nothing).await
}

/// Confirm an address with the link of the mail.
#[utoipa::path(post, path = "/email-verifications", tag = "People", security(()), request_body = Verification,
    responses((status = 204)))]
async fn post_email_verification(guest: Guest, body: Body<Verification>) -> Result<Reply, Halt> {
    let Verification { organization, token } = body.input;
    let used = used(&guest, &organization, token).await?;
    let work = async { Ok((verify_email(&guest.app, &used).await?, ())) };
    guest.once(asked(&used, &body.hash), work, nothing).await
}

/// Accept an invitation with the link of the mail; answers with a session token.
#[utoipa::path(post, path = "/invitation-acceptances", tag = "People", security(()), request_body = Acceptance,
    responses((status = 201, body = SessionToken)))]
async fn post_invitation_acceptance(guest: Guest, body: Body<Acceptance>) -> Result<Reply, Halt> {
    let Acceptance { organization, token, name, password, code } = body.input;
    let used = used(&guest, &organization, token).await?;
    let accept = Accept { name, password, code, opening: opening(None, &guest.caller) };
    let asked = Asked { secret: true, ..asked(&used, &body.hash) };
    let reply = |signed_in: SignedIn| SessionToken::answer(&signed_in);
    guest.once(asked, accept_invitation(&guest.app, &used, accept), reply).await
}
