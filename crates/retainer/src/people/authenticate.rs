//! Finding the actor behind a session token.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kernel::id::{Id, OrganizationId, SessionId};
use kernel::{Actor, ActorKind};
use runtime::secret::{Token, hash};
use runtime::tx::Access;
use runtime::{Columns, Error, sql};

use crate::App;

/// A session that was found.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Where it is signed in.
    pub organization: OrganizationId,
    /// Who it is.
    pub actor: Actor,
}

/// How long a session may be served from memory, if nobody says earlier that it has changed.
const REMEMBERED: Duration = Duration::from_secs(30);

/// Sessions looked up a moment ago. Empty while the server cannot hear that sessions end (see [`Sessions::heard`]).
#[derive(Debug)]
pub struct Sessions {
    known: moka::sync::Cache<Vec<u8>, Session>,
    hearing: AtomicBool,
}

impl Default for Sessions {
    fn default() -> Self {
        let known = moka::sync::Cache::builder().max_capacity(100_000).time_to_live(REMEMBERED).build();
        Self { known, hearing: AtomicBool::new(false) }
    }
}

impl Sessions {
    /// Forgets all, because one has ended or somebody's rights have changed.
    pub fn forget(&self) {
        self.known.invalidate_all();
    }

    /// Says whether endings are heard; while they are not, nothing is remembered.
    pub fn heard(&self, hearing: bool) {
        self.forget();
        self.hearing.store(hearing, Ordering::SeqCst);
    }
}

/// A token's prefix names its organization, so that the session can be looked up behind row-level security.
pub fn new_token(organization: OrganizationId) -> Token {
    Token::new(&format!("rt_{}", kernel::id::encode(organization.uuid().as_u128())))
}

/// The organization that a token belongs to; none when it is no session token.
pub fn organization_of(token: &str) -> Option<OrganizationId> {
    let (organization, _) = token.strip_prefix("rt_")?.split_once('_')?;
    kernel::id::decode(organization).map(|bits| OrganizationId::from_uuid(uuid::Uuid::from_u128(bits)))
}

/// The session of a token, if it is alive.
///
/// # Errors
/// A fault of the database.
pub async fn authenticate(app: &App, token: &str, address: Option<IpAddr>) -> Result<Option<Session>, Error> {
    let Some(organization) = organization_of(token) else { return Ok(None) };
    let key = hash(token);
    let found = match app.sessions.known.get(&key) {
        Some(session) => Some(session),
        None => look_up(app, organization, &key).await?,
    };
    Ok(found.map(|mut session| {
        session.actor.address = address;
        session
    }))
}

async fn look_up(app: &App, organization: OrganizationId, key: &[u8]) -> Result<Option<Session>, Error> {
    let tx = app.begin(organization, Actor::anonymous(None), Access::Read).await?;
    let row = tx
        .optional(
            sql!(
                "select s.id, s.user_id, s.membership_id, s.last_seen_at, m.role, m.customer_id, u.name
                 from sessions s
                 join memberships m on m.organization_id = s.organization_id and m.id = s.membership_id
                 join users u on u.id = s.user_id
                 where s.organization_id = $1 and s.token_hash = $2 and s.revoked_at is null
                   and s.expires_at > $3 and m.ended_at is null"
            ),
            &[tx.org(), &key, &tx.now()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let kind = ActorKind::User {
        user: row.id("user_id"),
        membership: row.id("membership_id"),
        role: row.word("role")?,
        customer: row.id_or_none("customer_id"),
    };
    let session =
        Session { id: row.id("id"), organization, actor: Actor { kind, name: row.get("name"), address: None } };
    let last_seen: jiff::Timestamp = row.get("last_seen_at");
    let now = tx.now();
    drop(tx);
    if now.duration_since(last_seen) > jiff::SignedDuration::from_mins(5) {
        touch(app, &session).await?;
    }
    if app.sessions.hearing.load(Ordering::SeqCst) {
        app.sessions.known.insert(key.to_vec(), session.clone());
    }
    Ok(Some(session))
}

/// Notes that the session is in use; a browser's session lives on from here.
async fn touch(app: &App, session: &Session) -> Result<(), Error> {
    let tx = app.begin(session.organization, Actor::anonymous(None), Access::Write).await?;
    tx.execute(
        sql!(
            "update sessions set last_seen_at = $3,
                    expires_at = greatest(expires_at, case kind when 'browser' then $3::timestamptz + interval '14 days' else expires_at end)
             where organization_id = $1 and id = $2 and revoked_at is null"
        ),
        &[tx.org(), session.id.as_uuid(), &tx.now()],
    )
    .await?;
    tx.commit().await
}
