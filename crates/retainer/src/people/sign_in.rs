//! Signing in: an address and a password (and a code, where set up) for a session.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use kernel::id::{Id, OrganizationId, SessionId, UserId};
use kernel::{Actor, Email, Role};
use runtime::secret::Token;
use runtime::tx::Access;
use runtime::{Change, Error, Tx, sql};

use super::authenticate::new_token;
use super::known::{self, Known, Place, Presented, check_password};
use super::links::{self, LinkPurpose};
use super::password::{self, Hashed, Verdict};
use super::{limit, second_factor};
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
    /// The code of their authenticator app, or a recovery code.
    pub code: Option<String>,
    /// How the session shall be known.
    pub place: Opening,
}

/// How a session is opened.
#[derive(Debug, Clone)]
pub struct Opening {
    /// For a browser or a program.
    pub kind: SessionKind,
    /// What the session is called in the list of sessions.
    pub label: String,
    /// Where they are.
    pub address: Option<IpAddr>,
    /// What their program calls itself.
    pub agent: Option<String>,
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
        /// The password is right, and a code is needed too.
        CodeNeeded => Unauthenticated, "sign_in.code_needed", "This account asks for a code: send the one that your authenticator app shows, or a recovery code.";
        /// The code is wrong, or was used before.
        CodeWrong => Unauthenticated, "sign_in.code_wrong", "The code is not right, or it was used before. Wait for the next one.", at "/code";
    }
}

/// Lets somebody in. The commit is left to the door.
///
/// # Errors
/// [`SignInRefused`], [`super::LimitRefused`], or a fault.
pub async fn sign_in(app: &App, input: SignIn) -> Result<(Tx, SignedIn), Error> {
    let (known, place) = prove(app, &input).await?;
    if !known.needs_code {
        let tx = begin(app, (&known, place), input.organization, &input.place).await?;
        let signed_in = open_session(&tx, (&known, place), &input.place).await?;
        return Ok((tx, signed_in));
    }
    let code = input.code.as_deref().ok_or(SignInRefused::CodeNeeded)?;
    take_try(app, &known, &input.place).await?;
    let tx = begin(app, (&known, place), input.organization, &input.place).await?;
    let signed_in = open_with_code(app, &tx, (&known, place), code, &input.place).await?;
    Ok((tx, signed_in))
}

/// The first of two steps of a browser: the password was right, and this token stands for that while the code is
/// asked for.
///
/// # Errors
/// [`SignInRefused`], [`super::LimitRefused`], or a fault.
pub async fn ask_for_code(app: &App, input: &SignIn) -> Result<Token, Error> {
    let (known, place) = prove(app, input).await?;
    let tx = begin(app, (&known, place), input.organization, &input.place).await?;
    let token = links::issue(&tx, known.user, LinkPurpose::SecondFactor).await?;
    tx.commit().await?;
    Ok(token)
}

/// The second step: the token of the first and the code.
///
/// # Errors
/// [`SignInRefused`], [`super::LinkRefused`], [`super::LimitRefused`], or a fault.
pub async fn sign_in_with_code(
    app: &App,
    organization: OrganizationId,
    token: &str,
    code: &str,
    opening: Opening,
) -> Result<SignedIn, Error> {
    let tx = app.begin(organization, Actor::anonymous(opening.address), Access::Read).await?;
    let user = links::look(&tx, token, LinkPurpose::SecondFactor).await?;
    let found = known::member_of_user(&tx, user).await?;
    drop(tx);
    let (known, place) = found.ok_or(super::LinkRefused::Useless)?;
    take_try(app, &known, &opening).await?;
    let tx = begin(app, (&known, place), organization, &opening).await?;
    links::take(&tx, token, LinkPurpose::SecondFactor).await?;
    let signed_in = open_with_code(app, &tx, (&known, place), code, &opening).await?;
    tx.commit().await?;
    Ok(signed_in)
}

/// Checks address and password; replaces an old hash.
async fn prove(app: &App, input: &SignIn) -> Result<(Known, Place), Error> {
    let tx = app.begin(input.organization, Actor::anonymous(input.place.address), Access::Read).await?;
    let found = known::member(&tx, &input.email).await?;
    drop(tx);
    let stored = found.as_ref().and_then(|(known, _)| known.hash.clone());
    let presented =
        Presented { email: input.email.clone(), password: input.password.clone(), address: input.place.address };
    let verdict = check_password(app, &presented, stored).await?;
    let (known, place) = found.filter(|_| verdict != Verdict::Wrong).ok_or(SignInRefused::Wrong)?;
    if verdict == Verdict::RightButOld {
        let better = password::hash_again(input.password.clone()).await?;
        let tx = begin(app, (&known, place), input.organization, &input.place).await?;
        replace_hash(&tx, known.user, known.hash.as_ref(), &better).await?;
        tx.commit().await?;
    }
    Ok((known, place))
}

/// Replaces a hash, unless the password was changed meanwhile.
async fn replace_hash(tx: &Tx, user: UserId, old: Option<&Hashed>, better: &Hashed) -> Result<(), Error> {
    let old = old.map(|hashed| hashed.0.as_str());
    tx.execute(
        sql!("update users set password_hash = $3 where id = $1 and password_hash = $2"),
        &[user.as_uuid(), &old, &better.0],
    )
    .await
    .map(drop)
}

type Somebody<'a> = (&'a Known, Place);

async fn begin(
    app: &App,
    (known, place): Somebody<'_>,
    organization: OrganizationId,
    opening: &Opening,
) -> Result<Tx, Error> {
    app.begin(organization, known.actor(place, opening.address), Access::Write).await
}

/// Opens a session in another organization for somebody who is signed in already, code and all; nothing where they do not
/// belong.
///
/// # Errors
/// A fault.
pub async fn open_door(
    app: &App,
    organization: OrganizationId,
    user: UserId,
    opening: &Opening,
) -> Result<Option<SignedIn>, Error> {
    let tx = app.begin(organization, Actor::anonymous(opening.address), Access::Read).await?;
    let found = known::member_of_user(&tx, user).await?;
    drop(tx);
    let Some((known, place)) = found else { return Ok(None) };
    let tx = begin(app, (&known, place), organization, opening).await?;
    let signed_in = open_session(&tx, (&known, place), opening).await?;
    tx.commit().await?;
    Ok(Some(signed_in))
}

async fn open_with_code(
    app: &App,
    tx: &Tx,
    somebody: Somebody<'_>,
    code: &str,
    opening: &Opening,
) -> Result<SignedIn, Error> {
    if !second_factor::accept(tx, &app.key, somebody.0.user, code).await? {
        return Err(SignInRefused::CodeWrong.into());
    }
    open_session(tx, somebody, opening).await
}

/// Takes a try for a code, right or wrong, before it is looked at: codes sent all at once would else pass the limit
/// together. A right one is good once in half a minute, so nobody honest is kept waiting.
async fn take_try(app: &App, known: &Known, opening: &Opening) -> Result<(), Error> {
    limit::take(app, &limit::failures(&known.email, opening.address)).await
}

/// Opens a session for somebody who has proved who they are.
pub(super) async fn open_session(tx: &Tx, (known, place): Somebody<'_>, opening: &Opening) -> Result<SignedIn, Error> {
    let session = tx.new_id::<SessionId>();
    let token = new_token(tx.organization());
    let expires_at = opening.kind.expires(tx.now());
    tx.execute(
        sql!(
            "insert into sessions (organization_id, id, user_id, membership_id, kind, token_hash, label, address,
                    user_agent, created_at, last_seen_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11)"
        ),
        &[
            tx.org(),
            session.as_uuid(),
            known.user.as_uuid(),
            place.membership.as_uuid(),
            &opening.kind.word(),
            &token.hash(),
            &opening.label,
            &opening.address,
            &opening.agent,
            &tx.now(),
            &expires_at,
        ],
    )
    .await?;
    tx.record(Change::new("session.opened", "session", session).after(serde_json::json!({
        "kind": opening.kind.word(), "label": opening.label,
    })));
    Ok(SignedIn { token, expires_at, role: place.role })
}
