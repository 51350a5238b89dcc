//! Links that act in a person's name: single-use, expiring, kept as hashes only, good in one organization.

use jiff::SignedDuration;
use kernel::id::{Id, SecretLinkId, UserId};
use runtime::secret::{Token, hash};
use runtime::{Columns, Error, Tx, sql};

/// What a link does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkPurpose {
    /// Proves that the person reads the address.
    VerifyEmail,
    /// Lets the person choose a new password.
    ResetPassword,
    /// Remembers that the password was right while the code is asked for.
    SecondFactor,
}

impl LinkPurpose {
    const fn word(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
            Self::SecondFactor => "second_factor",
        }
    }

    /// How long such a link is good.
    pub(super) const fn life(self) -> SignedDuration {
        match self {
            Self::VerifyEmail => SignedDuration::from_hours(72),
            Self::ResetPassword => SignedDuration::from_mins(60),
            Self::SecondFactor => SignedDuration::from_mins(10),
        }
    }
}

runtime::refusals! {
    /// Why a link does nothing.
    pub enum LinkRefused {
        /// It was never issued here, has been used, or its time is over.
        Useless => Invalid, "link.useless", "This link is not good any more: it has been used, or its time is over. Ask for a new one.", at "/token";
    }
}

/// Issues a link for a user.
pub(super) async fn issue(tx: &Tx, user: UserId, purpose: LinkPurpose) -> Result<Token, Error> {
    let token = Token::new("rl");
    let expires_at = tx.now().checked_add(purpose.life()).unwrap_or(tx.now());
    let id = tx.new_id::<SecretLinkId>();
    tx.execute(
        sql!(
            "insert into secret_links (organization_id, id, purpose, user_id, token_hash, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7)"
        ),
        &[tx.org(), id.as_uuid(), &purpose.word(), user.as_uuid(), &token.hash(), &tx.now(), &expires_at],
    )
    .await?;
    Ok(token)
}

/// Whose link it is; the link stays good.
pub(super) async fn look(tx: &Tx, token: &str, purpose: LinkPurpose) -> Result<UserId, Error> {
    let row = tx
        .optional(
            sql!(
                "select user_id from secret_links
                 where organization_id = $1 and token_hash = $2 and purpose = $3 and used_at is null and expires_at > $4"
            ),
            &[tx.org(), &hash(token), &purpose.word(), &tx.now()],
        )
        .await?;
    Ok(row.ok_or(LinkRefused::Useless)?.id("user_id"))
}

/// Uses a link up; of two at once, one wins.
pub(super) async fn take(tx: &Tx, token: &str, purpose: LinkPurpose) -> Result<UserId, Error> {
    let row = tx
        .optional(
            sql!(
                "update secret_links set used_at = $4
                 where organization_id = $1 and token_hash = $2 and purpose = $3 and used_at is null and expires_at > $4
                 returning user_id"
            ),
            &[tx.org(), &hash(token), &purpose.word(), &tx.now()],
        )
        .await?;
    Ok(row.ok_or(LinkRefused::Useless)?.id("user_id"))
}

/// Makes all links of a purpose useless that a user still has, in all organizations; the transaction must see the user.
pub(super) async fn spoil(tx: &Tx, user: UserId, purpose: LinkPurpose) -> Result<(), Error> {
    tx.execute(
        sql!("update secret_links set used_at = $3 where user_id = $1 and purpose = $2 and used_at is null"),
        &[user.as_uuid(), &purpose.word(), &tx.now()],
    )
    .await
    .map(drop)
}

/// Makes all links useless that let somebody in who knew the password or reads the mail of before: the password is
/// another from here on.
pub(super) async fn spoil_entrances(tx: &Tx, user: UserId) -> Result<(), Error> {
    spoil(tx, user, LinkPurpose::ResetPassword).await?;
    spoil(tx, user, LinkPurpose::SecondFactor).await
}
