//! The door of the API: a bearer token, and an Idempotency-Key on whatever changes something.

use std::ops::Deref;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use kernel::id::{Id, SessionId};
use runtime::http::{Halt, Peer, Problem, Reply, RequestId};
use runtime::tx::Access;
use runtime::{Error, Tx};
use uuid::Uuid;

use super::once::{Once, Sent, Taken};
use super::rate;
use crate::App;
use crate::closing;
use crate::people::authenticate::{self, Session};

/// Somebody with a token.
#[derive(Debug)]
pub struct Door {
    app: App,
    session: Session,
    request: Uuid,
    key: Option<String>,
    route: String,
    if_match: Option<i64>,
}

runtime::refusals! {
    /// Why the door stays shut.
    pub enum DoorRefused {
        /// No token was sent.
        NoToken => Unauthenticated, "token.missing", "Send a token in the header Authorization: Bearer …; POST /api/v1/session-tokens gives one.";
        /// The token opens nothing.
        BadToken => Unauthenticated, "token.invalid", "The token is unknown, expired or revoked. POST /api/v1/session-tokens gives a new one.";
        /// The key is unusable.
        BadKey => Invalid, "idempotency.bad_key", "The Idempotency-Key must be 1 to 255 visible characters.";
        /// The key was used for something else.
        KeyReused => Conflict, "idempotency.key_reused", "This Idempotency-Key was used for another request. Take a new one.";
        /// `If-Match` holds no version.
        BadVersion => Invalid, "version.bad", "If-Match must hold the ETag of the version you saw, such as \"3\".";
    }
}

impl FromRequestParts<App> for Door {
    type Rejection = Halt;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Halt> {
        let address = parts.extensions.get::<Peer>().and_then(|peer| peer.0);
        let request = parts.extensions.get::<RequestId>().map(|id| id.0).unwrap_or_default();
        let token = bearer(&parts.headers).ok_or_else(|| Error::from(DoorRefused::NoToken))?;
        let session =
            authenticate::authenticate(app, token, address).await?.ok_or_else(|| Error::from(DoorRefused::BadToken))?;
        rate::count(app, parts, session.id)?;
        Ok(Self {
            app: app.clone(),
            session,
            request,
            key: idempotency_key(&parts.headers)?,
            route: format!("{} {}", parts.method, parts.uri.path()),
            if_match: if_match(&parts.headers)?,
        })
    }
}

/// The token that a request carries.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let text = value.to_str().map_err(|_| DoorRefused::BadKey)?;
    let good = (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if good { Ok(Some(text.to_owned())) } else { Err(DoorRefused::BadKey.into()) }
}

fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Error> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().map_err(|_| DoorRefused::BadVersion)?.trim();
    if text == "*" {
        return Ok(None);
    }
    let version = text.trim_start_matches("W/").trim_matches('"').parse();
    version.map(Some).map_err(|_| DoorRefused::BadVersion.into())
}

impl Door {
    /// A transaction that only reads.
    ///
    /// # Errors
    /// A fault.
    pub async fn read(&self) -> Result<Tx, Error> {
        self.begin(Access::Read).await
    }

    /// A transaction for a read of one statement.
    ///
    /// # Errors
    /// A fault.
    pub async fn read_once(&self) -> Result<Tx, Error> {
        self.begin(Access::Once).await
    }

    /// A transaction for a read that is written down in the trail. It changes nothing, so no key makes it happen once.
    ///
    /// # Errors
    /// A fault.
    pub async fn read_noted(&self) -> Result<Tx, Error> {
        self.begin(Access::Write).await
    }

    /// A transaction that may write. `hash` is the fingerprint of the request's body: a repeated Idempotency-Key with
    /// the same request gets the first answer again, with another request a refusal.
    ///
    /// # Errors
    /// The stored answer, `idempotency.key_reused`, `organization.closing`, or a fault.
    pub async fn write(&self, hash: &[u8]) -> Result<Write, Halt> {
        closing::require_still(self.session.closes_at, self.address()).map_err(Error::from)?;
        let tx = self.begin(Access::Write).await?;
        let Some(key) = self.key.clone() else { return Ok(Write { tx, once: None }) };
        let actor = self.session.actor.user().map(Id::uuid).unwrap_or_default();
        let once = Once::new(&self.app, Sent { actor, key, route: self.route.clone(), hash });
        match once.take(&tx).await? {
            Taken::Ours => Ok(Write { tx, once: Some(once) }),
            Taken::Before(answer) => Err(answer.into()),
            Taken::OfAnother => Err(Error::from(DoorRefused::KeyReused).into()),
        }
    }

    /// The session behind the token.
    pub const fn session(&self) -> SessionId {
        self.session.id
    }

    /// The session itself.
    pub const fn signed_in(&self) -> &Session {
        &self.session
    }

    /// The server.
    pub const fn app(&self) -> &App {
        &self.app
    }

    /// The version that the client saw, from `If-Match`.
    pub const fn expected_version(&self) -> Option<i64> {
        self.if_match
    }

    /// The address below the organization.
    fn address(&self) -> &str {
        let path = self.route.split_once(' ').map_or("", |(_, path)| path);
        path.strip_prefix("/api/v1").unwrap_or(path)
    }

    async fn begin(&self, access: Access) -> Result<Tx, Error> {
        self.app.begin_for(self.session.organization, self.session.actor.clone(), access, Some(self.request)).await
    }
}

/// A transaction that writes, with the key under which its answer will be kept.
pub struct Write {
    tx: Tx,
    once: Option<Once>,
}

impl Deref for Write {
    type Target = Tx;
    fn deref(&self) -> &Tx {
        &self.tx
    }
}

impl Write {
    /// Commits, keeping the answer beside its key.
    ///
    /// # Errors
    /// A fault; then nothing happened.
    pub async fn finish(self, reply: Reply) -> Result<Reply, Halt> {
        if let Some(once) = &self.once {
            once.keep(&self.tx, &reply).await?;
        }
        self.tx.commit().await?;
        Ok(reply)
    }
}

/// What answers an address of the API that does not exist.
pub async fn nothing_here() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "request.not_found",
        "There is nothing at this address. /api/openapi.json lists what there is.",
    )
}

/// What answers a method that an address does not have.
pub async fn wrong_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "request.method",
        "This address does not take this method. /api/openapi.json lists what it takes.",
    )
}
