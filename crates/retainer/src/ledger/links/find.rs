//! Reading which links there are.

use kernel::Permission;
use kernel::id::{BalanceLinkId, CustomerId, Id};
use runtime::{Columns, Error, Tx, sql};

use super::{BalanceLink, RevokeRefused};
use crate::customers;

/// The links to a customer's balance that may still open and those that ended lately, the newest first, fifty at most.
///
/// # Errors
/// `customer.not_found`, `permission.missing`, or a fault.
pub async fn of_customer(tx: &Tx, customer: CustomerId) -> Result<Vec<BalanceLink>, Error> {
    tx.require(Permission::LedgerRead)?;
    customers::find::get(tx, customer).await?;
    let rows = tx.rows(OF_CUSTOMER, &[tx.org(), customer.as_uuid()]).await?;
    Ok(rows.iter().map(BalanceLink::of_row).collect())
}

/// Whose balance a link shows.
///
/// # Errors
/// `balance_link.not_found`, `permission.missing`, or a fault.
pub async fn whose(tx: &Tx, link: BalanceLinkId) -> Result<CustomerId, Error> {
    tx.require(Permission::LedgerRead)?;
    let row = tx
        .optional(
            sql!(
                "select customer_id from balance_links
                 where organization_id = $1 and id = $2 and ($3::uuid is null or customer_id = $3)"
            ),
            &[tx.org(), link.as_uuid(), &tx.only_customer()],
        )
        .await?;
    Ok(row.ok_or(RevokeRefused::NotFound)?.id("customer_id"))
}

const OF_CUSTOMER: &str = sql!(
    "select l.id, l.customer_id, l.label, coalesce(u.name, l.made_by_name, '') as made_by, l.created_at, l.expires_at,
            l.revoked_at, l.uses, l.last_used_at
     from balance_links l left join users u on u.id = l.made_by_user_id
     where l.organization_id = $1 and l.customer_id = $2
     order by l.created_at desc, l.id desc limit 50"
);
