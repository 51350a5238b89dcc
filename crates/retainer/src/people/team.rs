//! The nouns of a team: members, invitations, sessions, as they are shown.

use jiff::Timestamp;
use kernel::Role;
use kernel::id::{CustomerId, InvitationId, MembershipId, SessionId, UserId};
use runtime::{Columns, Error};
use tokio_postgres::Row;

/// A member of the organization, or a user of a customer.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Member {
    /// The membership.
    pub id: MembershipId,
    /// The person.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// What they are.
    pub role: Role,
    /// Whom they act for, in the portal.
    pub customer: Option<CustomerId>,
    /// Whether the address has been verified.
    pub email_verified: bool,
    /// Whether a code is asked for when they sign in.
    pub second_factor: bool,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// The version for `If-Match`.
    pub version: i64,
}

impl Member {
    pub(super) fn of_row(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id"),
            user: row.id("user_id"),
            name: row.get("name"),
            email: row.get("email"),
            role: row.word("role")?,
            customer: row.id_or_none("customer_id"),
            email_verified: row.get("email_verified"),
            second_factor: row.get("second_factor"),
            created_at: row.get("created_at"),
            version: row.get("version"),
        })
    }
}

/// An invitation that nobody has accepted yet.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// The invited address.
    pub email: String,
    /// Their name, if the inviter gave one.
    pub name: Option<String>,
    /// What they shall be.
    pub role: Role,
    /// Whom they shall act for, in the portal.
    pub customer: Option<CustomerId>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// How long it is good; after that, send it again.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

impl Invitation {
    pub(super) fn of_row(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id"),
            email: row.get("email"),
            name: row.get("name"),
            role: row.word("role")?,
            customer: row.id_or_none("customer_id"),
            created_at: row.get("created_at"),
            expires_at: row.get("expires_at"),
        })
    }
}

/// A browser or program that is signed in as the actor.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct SignedInPlace {
    /// The session.
    pub id: SessionId,
    /// `browser` or `api`.
    pub kind: String,
    /// What it is called.
    pub label: String,
    /// Where it was opened from.
    pub address: Option<String>,
    /// Whether it is the one that asks.
    pub current: bool,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last used, to about five minutes.
    #[schema(value_type = String, format = DateTime)]
    pub last_seen_at: Timestamp,
    /// When it ends by itself.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

impl SignedInPlace {
    pub(super) fn of_row(row: &Row, current: SessionId) -> Self {
        let id = row.id("id");
        Self {
            id,
            kind: row.get("kind"),
            label: row.get("label"),
            address: row.get::<_, Option<std::net::IpAddr>>("address").map(|address| address.to_string()),
            current: id == current,
            created_at: row.get("created_at"),
            last_seen_at: row.get("last_seen_at"),
            expires_at: row.get("expires_at"),
        }
    }
}
