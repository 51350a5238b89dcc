//! People on the API: session tokens and who one is; below, one's account, the doors for whoever is not signed in, and
//! the team.

mod account;
mod entrance;
mod team;

use http::StatusCode;
use jiff::Timestamp;
use kernel::id::OrganizationId;
use kernel::{Email, Role};
use runtime::Error;
use runtime::http::{Body, Halt, NoBody, Reply};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::find::{self, Me};
use super::{Opening, SessionKind, SignIn, SignInRefused, SignedIn, limit, sign_in, sign_out};
use crate::App;
use crate::doors::{Asked, Caller, Door, Guest};
use crate::organizations::{self, Slug};

/// The routes of people.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(post_session_token))
        .routes(routes!(delete_own_session_token))
        .routes(routes!(get_me))
        .merge(account::routes())
        .merge(entrance::routes())
        .merge(team::routes())
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
    /// The code of the authenticator app, or a recovery code, where that is set up.
    #[serde(default)]
    code: Option<String>,
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

impl SessionToken {
    /// The answer.
    fn answer(signed_in: &SignedIn) -> Result<Reply, Error> {
        let token = signed_in.token.reveal().to_owned();
        let token = Self { token, expires_at: signed_in.expires_at, role: signed_in.role };
        Ok(Reply { status: StatusCode::CREATED, ..Reply::ok(&token)? })
    }
}

/// How a program's session is opened.
fn opening(label: Option<String>, caller: &Caller) -> Opening {
    let label = label.unwrap_or_else(|| "API".to_owned());
    let label = label.chars().filter(|letter| !letter.is_control()).take(100).collect();
    Opening { kind: SessionKind::Api, label, address: caller.address, agent: caller.agent.clone() }
}

/// The organization of a slug, if there is one.
async fn organization(app: &App, slug: &str) -> Result<Option<OrganizationId>, Error> {
    match slug.parse::<Slug>() {
        Ok(slug) => organizations::find::by_slug(app, &slug).await,
        Err(_) => Ok(None),
    }
}

/// Sign in: a token for an address and a password, and a code where that is set up.
#[utoipa::path(post, path = "/session-tokens", tag = "People", security(()),
    request_body = SessionTokenWanted, responses((status = 201, body = SessionToken)))]
async fn post_session_token(guest: Guest, body: Body<SessionTokenWanted>) -> Result<Reply, Halt> {
    let SessionTokenWanted { organization: slug, email, password, code, label } = body.input;
    let organization = organization(&guest.app, &slug).await?.ok_or_else(|| Error::from(SignInRefused::Wrong))?;
    // Before a kept answer is looked for, too: while the account is shut, not even the right password opens it.
    limit::check(&guest.app, &limit::failures(&email, guest.caller.address)).await?;
    let about = email.folded();
    let asked = Asked { organization, about: &about, hash: &body.hash, secret: true };
    let input = SignIn { organization, email, password, code, place: opening(label, &guest.caller) };
    guest.once(asked, sign_in(&guest.app, input), |signed_in| SessionToken::answer(&signed_in)).await
}

/// Sign out: end the session of the token that is used.
#[utoipa::path(delete, path = "/session-tokens/current", tag = "People", responses((status = 204)))]
async fn delete_own_session_token(door: Door, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    sign_out(&tx, door.session()).await?;
    let reply = tx.finish(Reply::nothing()).await?;
    Ok(reply)
}

/// Who one is.
#[utoipa::path(get, path = "/me", tag = "People", responses((status = 200, body = Me)))]
async fn get_me(door: Door) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&find::me(&tx).await?)?)
}
