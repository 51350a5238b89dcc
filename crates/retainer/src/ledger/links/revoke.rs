//! Revoking a link.

use kernel::id::{BalanceLinkId, CustomerId, Id};
use runtime::{Change, Columns, Error, Tx, sql};
use serde_json::json;

use super::make::require_may_share;

runtime::refusals! {
    /// Why a link was not revoked.
    pub enum RevokeRefused {
        /// There is none, or it is not theirs to see.
        NotFound => NotFound, "balance_link.not_found", "There is no such link.";
    }
}

/// Revokes a link; it opens nothing from then on. Doing it again changes nothing. Whose balance it showed.
///
/// # Errors
/// [`RevokeRefused`], `permission.missing`, or a fault.
pub async fn revoke(tx: &Tx, link: BalanceLinkId) -> Result<CustomerId, Error> {
    require_may_share(tx)?;
    let row = tx
        .optional(
            sql!(
                "select customer_id, label, revoked_at is not null as over from balance_links
                 where organization_id = $1 and id = $2 and ($3::uuid is null or customer_id = $3) for update"
            ),
            &[tx.org(), link.as_uuid(), &tx.only_customer()],
        )
        .await?
        .ok_or(RevokeRefused::NotFound)?;
    let customer: CustomerId = row.id("customer_id");
    if row.get("over") {
        return Ok(customer);
    }
    tx.execute(
        sql!("update balance_links set revoked_at = $3 where organization_id = $1 and id = $2"),
        &[tx.org(), link.as_uuid(), &tx.now()],
    )
    .await?;
    tx.record(
        Change::new("balance_link.revoked", "customer", customer)
            .before(json!({"link": link, "label": row.get::<_, String>("label")})),
    );
    Ok(customer)
}
