//! Somebody at the door who is known, and the proof that it is them.

use std::net::IpAddr;

use kernel::id::{CustomerId, Id, MembershipId, UserId};
use kernel::{Actor, ActorKind, Email, Role};
use runtime::{Columns, Error, Tx, sql};
use tokio_postgres::Row;

use super::add_member::find_user;
use super::limit;
use super::password::{self, Hashed, Verdict};
use crate::App;

/// A user, found by their address, before they have proved anything.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) user: UserId,
    pub(super) name: String,
    pub(super) email: Email,
    pub(super) hash: Option<Hashed>,
    /// Whether a code is asked for beside the password.
    pub(super) needs_code: bool,
}

/// A membership of a known user.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) membership: MembershipId,
    pub(super) role: Role,
    pub(super) customer: Option<CustomerId>,
}

impl Known {
    fn of_row(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            user: row.id("id"),
            name: row.get("name"),
            email: row.word("email")?,
            hash: row.get::<_, Option<String>>("password_hash").map(Hashed),
            needs_code: row.get("needs_code"),
        })
    }

    /// The actor that they become with a membership.
    pub(super) fn actor(&self, place: Place, address: Option<IpAddr>) -> Actor {
        let Place { membership, role, customer } = place;
        let kind = ActorKind::User { user: self.user, membership, role, customer };
        Actor { kind, name: self.name.clone(), address }
    }
}

/// The member of this organization with an address.
pub(super) async fn member(tx: &Tx, email: &Email) -> Result<Option<(Known, Place)>, Error> {
    let row = tx
        .optional(
            sql!(
                "select u.id, u.name, u.email, u.password_hash, u.totp_confirmed_at is not null as needs_code,
                        m.id as membership_id, m.role, m.customer_id
                 from users u
                 join memberships m on m.user_id = u.id
                 where m.organization_id = $1 and u.email_folded = $2 and m.ended_at is null"
            ),
            &[tx.org(), &email.folded()],
        )
        .await?;
    row.map(|row| Ok((Known::of_row(&row)?, place(&row)?))).transpose()
}

/// The member of this organization who is a user.
pub(super) async fn member_of_user(tx: &Tx, user: UserId) -> Result<Option<(Known, Place)>, Error> {
    let row = tx
        .optional(
            sql!(
                "select u.id, u.name, u.email, u.password_hash, u.totp_confirmed_at is not null as needs_code,
                        m.id as membership_id, m.role, m.customer_id
                 from users u
                 join memberships m on m.user_id = u.id
                 where m.organization_id = $1 and u.id = $2 and m.ended_at is null"
            ),
            &[tx.org(), user.as_uuid()],
        )
        .await?;
    row.map(|row| Ok((Known::of_row(&row)?, place(&row)?))).transpose()
}

fn place(row: &Row) -> Result<Place, Error> {
    Ok(Place { membership: row.id("membership_id"), role: row.word("role")?, customer: row.id_or_none("customer_id") })
}

/// The user with an address, whatever organizations they belong to. The transaction sees their rows from here on.
pub(super) async fn anywhere(tx: &Tx, email: &Email) -> Result<Option<Known>, Error> {
    let Some(user) = find_user(tx, email).await? else { return Ok(None) };
    tx.see_user(user).await?;
    let row = tx
        .one(
            sql!(
                "select id, name, email, password_hash, totp_confirmed_at is not null as needs_code
                 from users where id = $1"
            ),
            &[user.as_uuid()],
        )
        .await?;
    Known::of_row(&row).map(Some)
}

/// A password that somebody presents, for an address that may or may not be known.
#[derive(Debug, Clone)]
pub(super) struct Presented {
    pub(super) email: Email,
    pub(super) password: String,
    pub(super) address: Option<IpAddr>,
}

/// Checks a password outside of any transaction, because that takes a core for a while. Failures are counted; while
/// there were too many, even the right password is refused, or guesses sent all at once would not be limited.
pub(super) async fn check_password(app: &App, presented: &Presented, stored: Option<Hashed>) -> Result<Verdict, Error> {
    let limits = limit::failures(&presented.email, presented.address);
    limit::check(app, &limits).await?;
    let verdict = password::verify(presented.password.clone(), stored).await?;
    if verdict == Verdict::Wrong {
        limit::take(app, &limits).await?;
    } else {
        limit::check(app, &limits).await?;
    }
    Ok(verdict)
}
