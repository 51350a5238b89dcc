//! The door of the API for whoever has no token: what they do is done once for each Idempotency-Key, too.

use axum::extract::FromRequestParts;
use http::request::Parts;
use kernel::Actor;
use kernel::id::OrganizationId;
use runtime::http::{Halt, Reply};
use runtime::tx::{Access, keyed_hash};
use runtime::{Error, Tx};
use uuid::Uuid;

use super::Caller;
use super::api::{DoorRefused, idempotency_key};
use super::once::{Once, Sent, Taken};
use crate::App;

/// Somebody who has no token.
#[derive(Debug)]
pub struct Guest {
    /// The server.
    pub app: App,
    /// Where they are and what they use.
    pub caller: Caller,
    key: Option<String>,
    route: String,
}

/// What they ask for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Of whom.
    pub organization: OrganizationId,
    /// Whom or what it is about, such as the address or the token of a link. Guests do not know of each other: the same
    /// key about something else is another key.
    pub about: &'a str,
    /// SHA-256 of the body.
    pub hash: &'a [u8],
    /// Whether the answer holds a secret; then it is kept encrypted.
    pub secret: bool,
}

impl FromRequestParts<App> for Guest {
    type Rejection = Halt;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Halt> {
        let Ok(caller) = Caller::from_request_parts(parts, app).await;
        let key = idempotency_key(&parts.headers)?;
        Ok(Self { app: app.clone(), caller, key, route: format!("{} {}", parts.method, parts.uri.path()) })
    }
}

impl Guest {
    /// Does the work, once. `work` leaves the commit to this door, which keeps the answer with it.
    ///
    /// # Errors
    /// The answer of the first time, `idempotency.key_reused`, what `work` is refused, or a fault.
    pub async fn once<T>(
        &self,
        asked: Asked<'_>,
        work: impl Future<Output = Result<(Tx, T), Error>>,
        reply: impl FnOnce(T) -> Result<Reply, Error>,
    ) -> Result<Reply, Halt> {
        let once = self.key.as_ref().map(|key| self.request(key, asked));
        if let Some(once) = &once {
            self.look(asked.organization, once).await?;
        }
        let (tx, done) = match work.await {
            Ok(done) => done,
            Err(error) => {
                // The same request may have been served meanwhile, and this one refused because of what it did.
                if let (Some(once), Error::Refused(_)) = (&once, &error) {
                    self.look(asked.organization, once).await?;
                }
                return Err(error.into());
            }
        };
        let reply = reply(done)?;
        if let Some(once) = &once {
            match once.take(&tx).await? {
                Taken::Ours if asked.secret => once.keep_sealed(&tx, &reply).await?,
                Taken::Ours => once.keep(&tx, &reply).await?,
                Taken::Before(answer) => return Err(answer.into()),
                Taken::OfAnother => return Err(Error::from(DoorRefused::KeyReused).into()),
            }
        }
        tx.commit().await?;
        Ok(reply)
    }

    fn request(&self, key: &str, asked: Asked<'_>) -> Once {
        let lookup = self.app.db.lookup();
        // With another password it is another request, which the limits of sign-in count: "the key was used with another
        // body" would tell a guesser that the guess was wrong, and nobody would count it.
        let body = if asked.secret { hex::encode(asked.hash) } else { String::new() };
        let key = hex::encode(keyed_hash(lookup, "guest's key", &format!("{} {key} {body}", asked.about)));
        let route = self.route.clone();
        Once::new(&self.app, Sent { actor: Uuid::nil(), key: format!("guest:{key}"), route, hash: asked.hash })
    }

    /// Hands out the answer of the first time.
    async fn look(&self, organization: OrganizationId, once: &Once) -> Result<(), Halt> {
        let tx = self.app.begin(organization, Actor::anonymous(self.caller.address), Access::Once).await?;
        match once.look(&tx).await? {
            Some(Taken::Before(answer)) => Err(answer.into()),
            Some(Taken::OfAnother) => Err(Error::from(DoorRefused::KeyReused).into()),
            Some(Taken::Ours) | None => Ok(()),
        }
    }
}
