//! Opening a link.

use jiff::tz::TimeZone;
use kernel::id::{CustomerId, Id};
use runtime::secret::hash;
use runtime::{Error, Tx, sql};

use super::RevokeRefused;
use crate::organizations;

/// What a link shows.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The name of the business.
    pub organization: String,
    /// Its zone, in which days are told.
    pub zone: TimeZone,
    /// Whose balance.
    pub customer: CustomerId,
    /// Their name.
    pub name: String,
}

/// Opens a link and counts it.
///
/// # Errors
/// `balance_link.not_found` for whatever opens nothing, or a fault.
pub async fn open(tx: &Tx, token: &str) -> Result<Opened, Error> {
    let row = tx
        .optional(
            sql!(
                "update balance_links l set uses = l.uses + 1, last_used_at = $3
                 from customers c
                 where l.organization_id = $1 and l.token_hash = $2 and l.revoked_at is null
                   and (l.expires_at is null or l.expires_at > $3)
                   and c.organization_id = l.organization_id and c.id = l.customer_id and c.archived_at is null
                 returning c.id, c.name"
            ),
            &[tx.org(), &hash(token), &tx.now()],
        )
        .await?
        .ok_or(RevokeRefused::NotFound)?;
    let customer = CustomerId::from_uuid(row.get("id"));
    let own = organizations::find::own(tx).await?;
    Ok(Opened { organization: own.name, zone: own.zone.rules().clone(), customer, name: row.get("name") })
}
