//! Reading people.

use kernel::id::{CustomerId, Id, UserId};
use kernel::{Email, Role};
use runtime::{Columns, Error, Tx, sql};

/// The actor's own profile.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Me {
    /// The user.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Their address.
    #[schema(value_type = String)]
    pub email: Email,
    /// What they are in this organization.
    pub role: Role,
    /// Whom they act for, in the portal.
    pub customer: Option<CustomerId>,
    /// Their zone; the organization's without.
    pub time_zone: Option<String>,
    /// Whether the address has been verified.
    pub email_verified: bool,
    /// The organization's slug.
    pub organization: String,
}

/// Who the actor is.
///
/// # Errors
/// A fault.
pub async fn me(tx: &Tx) -> Result<Me, Error> {
    let user = tx.actor().user().map(Id::uuid);
    let row = tx
        .one(
            sql!(
                "select u.id, u.name, u.email, u.time_zone, u.email_verified_at, m.role, m.customer_id, o.slug
                 from users u
                 join memberships m on m.user_id = u.id and m.ended_at is null
                 join organizations o on o.organization_id = m.organization_id
                 where m.organization_id = $1 and u.id = $2"
            ),
            &[tx.org(), &user],
        )
        .await?;
    Ok(Me {
        user: row.id("id"),
        name: row.get("name"),
        email: row.word("email")?,
        role: row.word("role")?,
        customer: row.id_or_none("customer_id"),
        time_zone: row.get("time_zone"),
        email_verified: row.get::<_, Option<jiff::Timestamp>>("email_verified_at").is_some(),
        organization: row.get("slug"),
    })
}
