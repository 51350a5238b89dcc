//! The door of the API: a bearer token, and an Idempotency-Key on whatever changes something.

use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::response::IntoResponse;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use kernel::id::{Id, SessionId};
use runtime::http::{Halt, Peer, Problem, Reply, RequestId};
use runtime::tx::Access;
use runtime::{Error, Tx, sql};
use uuid::Uuid;

use super::rate;
use crate::App;
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

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Error> {
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

    /// A transaction that may write. `hash` is the fingerprint of the request's body: a repeated Idempotency-Key with
    /// the same request gets the first answer again, with another request a refusal.
    ///
    /// # Errors
    /// The stored answer, `idempotency.key_reused`, or a fault.
    pub async fn write(&self, hash: &[u8]) -> Result<Write, Halt> {
        let tx = self.begin(Access::Write).await?;
        let key = match &self.key {
            None => None,
            Some(key) => {
                self.claim(&tx, key, hash).await?;
                Some(key.clone())
            }
        };
        Ok(Write { tx, key, actor: self.actor_id() })
    }

    /// The session behind the token.
    pub const fn session(&self) -> SessionId {
        self.session.id
    }

    /// The server.
    pub const fn app(&self) -> &App {
        &self.app
    }

    /// The version that the client saw, from `If-Match`.
    pub const fn expected_version(&self) -> Option<i64> {
        self.if_match
    }

    fn actor_id(&self) -> Uuid {
        self.session.actor.user().map(Id::uuid).unwrap_or_default()
    }

    async fn begin(&self, access: Access) -> Result<Tx, Error> {
        self.app.begin_for(self.session.organization, self.session.actor.clone(), access, Some(self.request)).await
    }

    /// Takes the key. When a request with the same key is still running, this waits for it to end.
    async fn claim(&self, tx: &Tx, key: &str, hash: &[u8]) -> Result<(), Halt> {
        let actor = self.actor_id();
        let claimed = tx
            .execute(
                sql!(
                    "insert into idempotency_keys (organization_id, actor_id, key, request, request_hash, created_at)
                     values ($1, $2, $3, $4, $5, $6) on conflict do nothing"
                ),
                &[tx.org(), &actor, &key, &self.route, &hash, &tx.now()],
            )
            .await?;
        if claimed == 1 {
            return Ok(());
        }
        let row = tx
            .one(
                sql!(
                    "select request, request_hash, status, headers, body from idempotency_keys
                     where organization_id = $1 and actor_id = $2 and key = $3"
                ),
                &[tx.org(), &actor, &key],
            )
            .await?;
        if row.get::<_, &str>("request") != self.route || row.get::<_, &[u8]>("request_hash") != hash {
            return Err(Error::from(DoorRefused::KeyReused).into());
        }
        Err(Halt::Answered(Box::new(replayed(&row)?)))
    }
}

fn replayed(row: &tokio_postgres::Row) -> Result<axum::response::Response, Halt> {
    let status: Option<i16> = row.get("status");
    let status = status.and_then(|status| StatusCode::from_u16(status.unsigned_abs()).ok());
    let status = status.ok_or_else(|| Error::internal("an idempotency key without an answer was committed"))?;
    let headers: Option<serde_json::Value> = row.get("headers");
    let header = |name: &str| headers.as_ref()?.get(name)?.as_str().map(str::to_owned);
    let body: Option<Vec<u8>> = row.get("body");
    let reply = Reply { status, body: body.unwrap_or_default(), location: header("location"), etag: header("etag") };
    let mut response = reply.into_response();
    response.headers_mut().insert("idempotency-replayed", http::HeaderValue::from_static("true"));
    Ok(response)
}

/// A transaction that writes, with the key under which its answer will be kept.
pub struct Write {
    tx: Tx,
    key: Option<String>,
    actor: Uuid,
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
        if let Some(key) = &self.key {
            let headers = serde_json::json!({"location": reply.location, "etag": reply.etag});
            let status = i16::try_from(reply.status.as_u16()).unwrap_or(200);
            self.tx
                .execute(
                    sql!(
                        "update idempotency_keys set status = $4, headers = $5, body = $6
                         where organization_id = $1 and actor_id = $2 and key = $3"
                    ),
                    &[self.tx.org(), &self.actor, key, &status, &headers, &reply.body],
                )
                .await?;
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
