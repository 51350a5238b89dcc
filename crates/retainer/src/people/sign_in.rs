//! Signing in: an address and a password (and a code, where set up) for a session.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use kernel::id::{Id, MembershipId, OrganizationId, SessionId, UserId};
use kernel::{Actor, ActorKind, Email, Role};
use runtime::secret::Token;
use runtime::tx::Access;
use runtime::{Change, Columns, Error, Tx, sql};

use super::authenticate::new_token;
use super::password::{self, Hashed, Verdict};
use crate::App;

/// What somebody presents at the door.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// Where they want in.
    pub organization: OrganizationId,
    /// Their address.
    pub email: Email,
    /// What they typed as their password.
    pub password: String,
    /// For a browser or a program.
    pub kind: SessionKind,
    /// What the session is called in the list of sessions.
    pub label: String,
    /// Where they are.
    pub address: Option<IpAddr>,
}

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// A browser: lives two weeks from its last use.
    Browser,
    /// A program: lives ninety days.
    Api,
}

impl SessionKind {
    const fn word(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Api => "api",
        }
    }

    fn expires(self, now: Timestamp) -> Timestamp {
        let days = if self == Self::Browser { 14 } else { 90 };
        now.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(now)
    }
}

/// Somebody who is in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The secret that opens the session; shown once.
    pub token: Token,
    /// When the session ends.
    pub expires_at: Timestamp,
    /// What they are here.
    pub role: Role,
}

runtime::refusals! {
    /// Why somebody is not let in.
    pub enum SignInRefused {
        /// The address or the password is wrong; which of the two is nobody's business.
        Wrong => Unauthenticated, "sign_in.wrong", "The e-mail address or the password is not right.";
    }
}

struct Known {
    user: UserId,
    membership: MembershipId,
    role: Role,
    customer: Option<kernel::id::CustomerId>,
    name: String,
    hash: Option<Hashed>,
}

/// Lets somebody in. The password is checked outside of any transaction, because that takes a core for a while.
///
/// # Errors
/// [`SignInRefused`], or a fault.
pub async fn sign_in(app: &App, input: SignIn) -> Result<SignedIn, Error> {
    let known = find(app, &input).await?;
    let stored = known.as_ref().and_then(|known| known.hash.clone());
    let verdict = password::verify(input.password.clone(), stored).await?;
    let Some(known) = known.filter(|_| verdict != Verdict::Wrong) else {
        return Err(SignInRefused::Wrong.into());
    };
    let better = match (verdict, input.password.parse()) {
        (Verdict::RightButOld, Ok(password)) => Some(password::hash(password).await?),
        _ => None,
    };
    let kind =
        ActorKind::User { user: known.user, membership: known.membership, role: known.role, customer: known.customer };
    let actor = Actor { kind, name: known.name.clone(), address: input.address };
    let tx = app.begin(input.organization, actor, Access::Write).await?;
    if let Some(better) = better {
        tx.execute(sql!("update users set password_hash = $2 where id = $1"), &[known.user.as_uuid(), &better.0])
            .await?;
    }
    let signed_in = open_session(&tx, &known, &input).await?;
    tx.commit().await?;
    Ok(signed_in)
}

async fn find(app: &App, input: &SignIn) -> Result<Option<Known>, Error> {
    let tx = app.begin(input.organization, Actor::anonymous(input.address), Access::Read).await?;
    let row = tx
        .optional(
            sql!(
                "select u.id, u.name, u.password_hash, m.id as membership_id, m.role, m.customer_id
                 from users u
                 join memberships m on m.user_id = u.id
                 where m.organization_id = $1 and u.email_folded = $2 and m.ended_at is null"
            ),
            &[tx.org(), &input.email.folded()],
        )
        .await?;
    row.map(|row| {
        Ok(Known {
            user: row.id("id"),
            membership: row.id("membership_id"),
            role: row.word("role")?,
            customer: row.id_or_none("customer_id"),
            name: row.get("name"),
            hash: row.get::<_, Option<String>>("password_hash").map(Hashed),
        })
    })
    .transpose()
}

async fn open_session(tx: &Tx, known: &Known, input: &SignIn) -> Result<SignedIn, Error> {
    let session = tx.new_id::<SessionId>();
    let token = new_token(tx.organization());
    let expires_at = input.kind.expires(tx.now());
    tx.execute(
        sql!(
            "insert into sessions (organization_id, id, user_id, membership_id, kind, token_hash, label, address,
                    created_at, last_seen_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)"
        ),
        &[
            tx.org(),
            session.as_uuid(),
            known.user.as_uuid(),
            known.membership.as_uuid(),
            &input.kind.word(),
            &token.hash(),
            &input.label,
            &input.address,
            &tx.now(),
            &expires_at,
        ],
    )
    .await?;
    tx.record(Change::new("session.opened", "session", session).after(serde_json::json!({
        "kind": input.kind.word(), "label": input.label,
    })));
    Ok(SignedIn { token, expires_at, role: known.role })
}
