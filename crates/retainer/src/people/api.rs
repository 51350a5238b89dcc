//! People on the API: session tokens and who one is.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::Timestamp;
use kernel::{Email, Role};
use runtime::http::{Body, Halt, NoBody, Peer, Reply};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::find::{self, Me};
use super::{SessionKind, SignIn, SignInRefused, sign_in, sign_out};
use crate::App;
use crate::doors::Door;
use crate::organizations::{self, Slug};

/// The routes of people.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(post_session_token))
        .routes(routes!(delete_own_session_token))
        .routes(routes!(get_me))
}

/// Who wants a session token.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SessionTokenWanted {
    /// The organization's slug.
    #[schema(value_type = String, example = "leverai")]
    organization: String,
    /// The address.
    email: Email,
    /// The password.
    password: String,
    /// What the session is called in the list of sessions.
    #[serde(default)]
    label: Option<String>,
}

/// A session token. It is shown once.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct SessionToken {
    /// The token: send it as `Authorization: Bearer …`.
    token: String,
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// What its holder is in the organization.
    role: Role,
}

/// Sign in: a token for an address and a password.
#[utoipa::path(post, path = "/session-tokens", tag = "People", security(()),
    request_body = SessionTokenWanted, responses((status = 201, body = SessionToken)))]
async fn post_session_token(
    State(app): State<App>,
    axum::Extension(Peer(address)): axum::Extension<Peer>,
    body: Body<SessionTokenWanted>,
) -> Result<Response, Halt> {
    let wanted = body.input;
    let organization = match wanted.organization.parse::<Slug>() {
        Ok(slug) => organizations::find::by_slug(&app, &slug).await?,
        Err(_) => None,
    };
    let organization = organization.ok_or_else(|| runtime::Error::from(SignInRefused::Wrong))?;
    let label = wanted
        .label
        .unwrap_or_else(|| "API".to_owned())
        .chars()
        .filter(|letter| !letter.is_control())
        .take(100)
        .collect();
    let input =
        SignIn { organization, email: wanted.email, password: wanted.password, kind: SessionKind::Api, label, address };
    let signed_in = sign_in(&app, input).await?;
    let token = SessionToken {
        token: signed_in.token.reveal().to_owned(),
        expires_at: signed_in.expires_at,
        role: signed_in.role,
    };
    // Not kept beside an Idempotency-Key: that would store the secret. A repeated sign-in opens another session.
    Ok((StatusCode::CREATED, axum::Json(token)).into_response())
}

/// Sign out: end the session of the token that is used.
#[utoipa::path(delete, path = "/session-tokens/current", tag = "People", responses((status = 204)))]
async fn delete_own_session_token(door: Door, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    sign_out(&tx, door.session()).await?;
    let reply = tx.finish(Reply::nothing()).await?;
    door.app().sessions.forget();
    Ok(reply)
}

/// Who one is.
#[utoipa::path(get, path = "/me", tag = "People", responses((status = 200, body = Me)))]
async fn get_me(door: Door) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&find::me(&tx).await?)?)
}
