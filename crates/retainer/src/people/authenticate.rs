//! Finding the actor behind a session token.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use kernel::id::{Id, OrganizationId, SessionId};
use kernel::{Actor, ActorKind};
use runtime::secret::{Token, hash};
use runtime::tx::Access;
use runtime::{Change, Columns, Error, sql};

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
    /// When the organization's time is over, if it is being closed.
    pub closes_at: Option<Timestamp>,
    /// Whether it was just noted to be in use; a browser's session lives on from here.
    pub prolonged: bool,
}

/// How long a session may be served from memory, if nobody says earlier that it has changed.
const REMEMBERED: SignedDuration = SignedDuration::from_secs(30);

/// A session as it was found, and how long that may be believed.
#[derive(Debug, Clone)]
struct Found {
    session: Session,
    until: Timestamp,
    /// How often all was forgotten before it was looked for.
    generation: u64,
}

/// Sessions looked up a moment ago. Empty while the server cannot hear that sessions end (see [`Sessions::heard`]).
#[derive(Debug)]
pub struct Sessions {
    known: moka::sync::Cache<Vec<u8>, Found>,
    hearing: AtomicBool,
    generation: AtomicU64,
}

impl Default for Sessions {
    fn default() -> Self {
        let known =
            moka::sync::Cache::builder().max_capacity(100_000).time_to_live(std::time::Duration::from_secs(30)).build();
        Self { known, hearing: AtomicBool::new(false), generation: AtomicU64::new(0) }
    }
}

impl Sessions {
    /// Forgets all, because one has ended or somebody's rights have changed. What is being looked up meanwhile was
    /// perhaps read before the end, so it is not remembered either.
    pub fn forget(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.known.invalidate_all();
    }

    /// Says whether endings are heard; while they are not, nothing is remembered.
    pub fn heard(&self, hearing: bool) {
        self.hearing.store(hearing, Ordering::SeqCst);
        self.forget();
    }

    fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    fn get(&self, key: &[u8], now: Timestamp) -> Option<Session> {
        let found = self.known.get(key)?;
        (found.generation == self.generation() && now < found.until).then_some(found.session)
    }

    fn remember(&self, key: &[u8], found: Found) {
        if self.hearing.load(Ordering::SeqCst) {
            self.known.insert(key.to_vec(), found);
        }
    }
}

/// Whether a change that was committed ends sessions or changes what they may do. Whatever does so is recorded as a
/// change of a session, a membership or a user, so no door has to think of it.
pub fn concerns_sessions(change: &Change) -> bool {
    match change.subject_kind {
        "session" => change.action != "session.opened",
        "customer" => change.action == "customer.anonymised",
        "organization" => matches!(change.action, "organization.closing" | "organization.kept"),
        kind => matches!(kind, "membership" | "user"),
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
    let found = match app.sessions.get(&key, app.clock.now()) {
        Some(session) => Some(session),
        None => look_up(app, organization, &key).await?,
    };
    Ok(found.map(|mut session| {
        session.actor.address = address;
        session
    }))
}

async fn look_up(app: &App, organization: OrganizationId, key: &[u8]) -> Result<Option<Session>, Error> {
    let generation = app.sessions.generation();
    let tx = app.begin(organization, Actor::anonymous(None), Access::Read).await?;
    let row = tx
        .optional(
            sql!(
                "select s.id, s.user_id, s.membership_id, s.last_seen_at, s.expires_at, m.role, m.customer_id, u.name,
                        o.closes_at
                 from sessions s
                 join organizations o on o.organization_id = s.organization_id
                 join memberships m on m.organization_id = s.organization_id and m.id = s.membership_id
                 join users u on u.id = s.user_id
                 where s.organization_id = $1 and s.token_hash = $2 and s.revoked_at is null
                   and s.expires_at > $3 and m.ended_at is null
                   and (o.closes_at is null or o.closes_at > $3)"
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
    let actor = Actor { kind, name: row.get("name"), address: None };
    let closes_at: Option<Timestamp> = row.get("closes_at");
    let mut session = Session { id: row.id("id"), organization, actor, closes_at, prolonged: false };
    // With the organization end its sessions.
    let expires_at = closes_at.into_iter().fold(row.get("expires_at"), Timestamp::min);
    let last_seen: Timestamp = row.get("last_seen_at");
    let now = tx.now();
    drop(tx);
    let until = now.checked_add(REMEMBERED).unwrap_or(now).min(expires_at);
    app.sessions.remember(key, Found { session: session.clone(), until, generation });
    if now.duration_since(last_seen) > SignedDuration::from_mins(5) {
        touch(app, &session).await?;
        session.prolonged = true;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn found(generation: u64) -> Found {
        let session = Session {
            id: SessionId::from_uuid(uuid::Uuid::from_u128(1)),
            organization: OrganizationId::from_uuid(uuid::Uuid::from_u128(2)),
            actor: Actor::anonymous(None),
            closes_at: None,
            prolonged: false,
        };
        Found { session, until: Timestamp::from_second(100).expect("an instant"), generation }
    }

    #[test]
    fn what_was_read_before_an_ending_is_not_remembered_after_it() {
        let sessions = Sessions::default();
        sessions.heard(true);
        let now = Timestamp::from_second(1).expect("an instant");
        let before = sessions.generation();
        sessions.forget();
        sessions.remember(b"key", found(before));
        assert!(sessions.get(b"key", now).is_none());
        sessions.remember(b"key", found(sessions.generation()));
        assert!(sessions.get(b"key", now).is_some());
        assert!(sessions.get(b"key", Timestamp::from_second(100).expect("an instant")).is_none());
    }
}
