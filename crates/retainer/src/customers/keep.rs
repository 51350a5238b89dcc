//! Keeping a customer from being put away meanwhile.

use kernel::id::{CustomerId, Id};
use runtime::{Error, Tx, sql};

use super::{Customer, FindRefused};

/// A customer, who is neither archived nor anonymised by somebody else until the transaction ends. For whoever begins
/// something that an archived customer must not have: archiving waits for them, or they for it, and whoever is second
/// sees what the first has done. Several may keep the same customer at once. Lock it before the subscription. Portal users
/// find only their own.
///
/// # Errors
/// [`FindRefused`], or a fault.
pub async fn keep(tx: &Tx, customer: CustomerId) -> Result<Customer, Error> {
    let row = tx
        .optional(
            sql!(
                "select id, name, email, notes, tags, created_at, archived_at, anonymised_at, version from customers
                 where organization_id = $1 and id = $2 and ($3::uuid is null or id = $3) for key share"
            ),
            &[tx.org(), customer.as_uuid(), &tx.only_customer()],
        )
        .await?;
    row.as_ref().map(Customer::of_row).transpose()?.ok_or_else(|| FindRefused::NotFound.into())
}
