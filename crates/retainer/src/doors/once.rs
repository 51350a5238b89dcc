//! What is sent twice is done once: a request's key is taken in the transaction that does the work, and the answer is kept
//! beside it. Whoever repeats the request gets that answer; whoever uses the key for another request is told so.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode};
use jiff::{SignedDuration, Timestamp};
use runtime::http::{Halt, Reply};
use runtime::seal::{self, Purpose};
use runtime::secret::Key;
use runtime::{Error, Tx, sql};
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::App;

/// One request with its key.
#[derive(Debug, Clone)]
pub(super) struct Once {
    actor: Uuid,
    key: String,
    route: String,
    fingerprint: Vec<u8>,
    /// As fingerprints were before they were made under a key. What was kept then is a month old at most; whoever repeats it
    /// must be recognised, or it would be done twice. Nobody's with guests, whose bodies hold passwords.
    before: Option<Vec<u8>>,
    sealing: Key,
}

/// Who sends what.
pub(super) struct Sent<'a> {
    /// Whose keys this one is told apart from; nobody's for guests.
    pub(super) actor: Uuid,
    /// The key.
    pub(super) key: String,
    /// The method and path.
    pub(super) route: String,
    /// SHA-256 of the body.
    pub(super) hash: &'a [u8],
}

/// What became of taking a key.
pub(super) enum Taken {
    /// It is this request's.
    Ours,
    /// The same request was answered before.
    Before(Answer),
    /// Another request has it.
    OfAnother,
}

/// A kept answer.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    headers: Value,
    body: Vec<u8>,
}

/// How long an answer that holds a secret is handed out again: long enough for a connection that broke.
const SECRETS_LAST: SignedDuration = SignedDuration::from_mins(10);

const FIND: &str = sql!(
    "select request, request_hash, status, headers, body, created_at from idempotency_keys
     where organization_id = $1 and actor_id = $2 and key = $3"
);

impl Once {
    pub(super) fn new(app: &App, sent: Sent<'_>) -> Self {
        let Sent { actor, key, route, hash } = sent;
        // Bodies hold passwords: their hash without a key would tell whoever reads the table which ones to try.
        let fingerprint = runtime::tx::keyed_hash(app.db.lookup(), "request", &hex::encode(hash));
        let before = (!actor.is_nil()).then(|| hash.to_vec());
        Self { actor, key, route, fingerprint, before, sealing: app.key.clone() }
    }

    /// Takes the key. While a request with the same key is running, this waits for its end.
    pub(super) async fn take(&self, tx: &Tx) -> Result<Taken, Error> {
        let taken = tx
            .execute(
                sql!(
                    "insert into idempotency_keys (organization_id, actor_id, key, request, request_hash, created_at)
                     values ($1, $2, $3, $4, $5, $6) on conflict do nothing"
                ),
                &[tx.org(), &self.actor, &self.key, &self.route, &self.fingerprint, &tx.now()],
            )
            .await?;
        if taken == 1 {
            return Ok(Taken::Ours);
        }
        let row = tx.one(FIND, &[tx.org(), &self.actor, &self.key]).await?;
        self.read(&row, tx)
    }

    /// What the key was taken for, if it was; takes nothing.
    pub(super) async fn look(&self, tx: &Tx) -> Result<Option<Taken>, Error> {
        let row = tx.optional(FIND, &[tx.org(), &self.actor, &self.key]).await?;
        row.map(|row| self.read(&row, tx)).transpose()
    }

    fn read(&self, row: &Row, tx: &Tx) -> Result<Taken, Error> {
        let kept: &[u8] = row.get("request_hash");
        let same = kept == self.fingerprint || self.before.as_deref() == Some(kept);
        if row.get::<_, &str>("request") != self.route || !same {
            return Ok(Taken::OfAnother);
        }
        let status: Option<i16> = row.get("status");
        let status = status.and_then(|status| StatusCode::from_u16(status.unsigned_abs()).ok());
        let status = status.ok_or_else(|| Error::internal("an idempotency key without an answer was committed"))?;
        let headers: Value = row.get::<_, Option<Value>>("headers").unwrap_or_default();
        let body = row.get::<_, Option<Vec<u8>>>("body").unwrap_or_default();
        let is_sealed = headers.get("sealed").is_some();
        if is_sealed && tx.now().duration_since(row.get::<_, Timestamp>("created_at")) > SECRETS_LAST {
            return Ok(Taken::OfAnother);
        }
        let body = if is_sealed { seal::open(&self.sealing, purpose(tx), &body)? } else { body };
        Ok(Taken::Before(Answer { status, headers, body }))
    }

    /// Keeps the answer beside the key.
    pub(super) async fn keep(&self, tx: &Tx, reply: &Reply) -> Result<(), Error> {
        let headers = serde_json::json!({"location": reply.location, "etag": reply.etag});
        self.write(tx, reply.status, &headers, &reply.body).await
    }

    /// Keeps an answer that holds a secret, encrypted under the installation's key.
    pub(super) async fn keep_sealed(&self, tx: &Tx, reply: &Reply) -> Result<(), Error> {
        let headers = serde_json::json!({"location": reply.location, "etag": reply.etag, "sealed": true});
        let body = seal::seal(&self.sealing, purpose(tx), &reply.body)?;
        self.write(tx, reply.status, &headers, &body).await
    }

    /// Keeps where a form led to.
    pub(super) async fn keep_place(&self, tx: &Tx, place: &str) -> Result<(), Error> {
        self.write(tx, StatusCode::SEE_OTHER, &serde_json::json!({ "location": place }), &[]).await
    }

    async fn write(&self, tx: &Tx, status: StatusCode, headers: &Value, body: &[u8]) -> Result<(), Error> {
        let status = i16::try_from(status.as_u16()).unwrap_or(200);
        tx.execute(
            sql!(
                "update idempotency_keys set status = $4, headers = $5, body = $6
                 where organization_id = $1 and actor_id = $2 and key = $3"
            ),
            &[tx.org(), &self.actor, &self.key, &status, headers, &body],
        )
        .await
        .map(drop)
    }
}

fn purpose(tx: &Tx) -> Purpose<'static> {
    Purpose { what: "kept answer", whose: *tx.org() }
}

impl Answer {
    /// The address that the answer named.
    pub(super) fn location(&self) -> Option<&str> {
        self.headers.get("location")?.as_str()
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let header = |name: &str| self.headers.get(name)?.as_str().map(str::to_owned);
        let (location, etag) = (header("location"), header("etag"));
        let mut response = Reply { status: self.status, body: self.body, location, etag }.into_response();
        response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
        response
    }
}

impl From<Answer> for Halt {
    fn from(answer: Answer) -> Self {
        Self::Answered(Box::new(answer.into_response()))
    }
}
