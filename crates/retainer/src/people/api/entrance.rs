//! The doors of the API for whoever is not signed in: signing up, links of mails.

use axum::extract::State;
use axum::response::Response;
use kernel::Email;
use kernel::text::Name;
use runtime::Error;
use runtime::http::{Body, Halt, Peer, Problem, Reply};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{SessionToken, opening};
use crate::App;
use crate::people::password::Password;
use crate::people::{
    Accept, LinkRefused, LinkUsed, SignUp, SignedUp, accept_invitation, request_reset, reset_password, sign_up,
    verify_email,
};

type From = axum::Extension<Peer>;

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

async fn used(app: &App, slug: &str, token: String, address: Option<std::net::IpAddr>) -> Result<LinkUsed, Error> {
    let organization = super::organization(app, slug).await?.ok_or(LinkRefused::Useless)?;
    Ok(LinkUsed { organization, token, address })
}

/// Sign up as a customer, where that is open to strangers. A mail asks to confirm the address.
#[utoipa::path(post, path = "/sign-ups", tag = "People", security(()), request_body = SignUpWanted,
    responses((status = 201, body = SignedUp)))]
async fn post_sign_up(
    State(app): State<App>,
    axum::Extension(Peer(address)): From,
    body: Body<SignUpWanted>,
) -> Result<Reply, Halt> {
    let SignUpWanted { organization, name, email, password } = body.input;
    let nowhere = || {
        let detail = "There is no such organization.";
        Problem::new(http::StatusCode::NOT_FOUND, "organization.not_found", detail).at("/organization", detail)
    };
    let organization = super::organization(&app, &organization).await?.ok_or_else(nowhere)?;
    let signed_up = sign_up(&app, SignUp { organization, name, email, password, address }).await?;
    Ok(Reply::created("/api/v1/me".to_owned(), &signed_up)?)
}

/// Ask for a new password. The answer is the same whether or not the address is known; a mail follows if it is.
#[utoipa::path(post, path = "/password-resets", tag = "People", security(()), request_body = ResetWanted,
    responses((status = 204)))]
async fn post_password_reset(
    State(app): State<App>,
    axum::Extension(Peer(address)): From,
    body: Body<ResetWanted>,
) -> Result<Reply, Halt> {
    if let Some(organization) = super::organization(&app, &body.input.organization).await? {
        request_reset(&app, organization, &body.input.email, address).await?;
    }
    Ok(Reply::nothing())
}

/// Choose a new password with the link of the mail. All sessions end.
#[utoipa::path(post, path = "/passwords", tag = "People", security(()), request_body = NewPassword,
    responses((status = 204)))]
async fn post_password(
    State(app): State<App>,
    axum::Extension(Peer(address)): From,
    body: Body<NewPassword>,
) -> Result<Reply, Halt> {
    let NewPassword { organization, token, password } = body.input;
    reset_password(&app, &used(&app, &organization, token, address).await?, password).await?;
    Ok(Reply::nothing())
}

/// Confirm an address with the link of the mail.
#[utoipa::path(post, path = "/email-verifications", tag = "People", security(()), request_body = Verification,
    responses((status = 204)))]
async fn post_email_verification(
    State(app): State<App>,
    axum::Extension(Peer(address)): From,
    body: Body<Verification>,
) -> Result<Reply, Halt> {
    let Verification { organization, token } = body.input;
    verify_email(&app, &used(&app, &organization, token, address).await?).await?;
    Ok(Reply::nothing())
}

/// Accept an invitation with the link of the mail; answers with a session token.
#[utoipa::path(post, path = "/invitation-acceptances", tag = "People", security(()), request_body = Acceptance,
    responses((status = 201, body = SessionToken)))]
async fn post_invitation_acceptance(
    State(app): State<App>,
    axum::Extension(Peer(address)): From,
    body: Body<Acceptance>,
) -> Result<Response, Halt> {
    let Acceptance { organization, token, name, password, code } = body.input;
    let used = used(&app, &organization, token, address).await?;
    let accept = Accept { name, password, code, opening: opening(None, address) };
    Ok(SessionToken::answer(&accept_invitation(&app, &used, accept).await?))
}
