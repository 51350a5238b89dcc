//! Reading customers.

use kernel::Permission;
use kernel::id::{CustomerId, Id};
use runtime::{Error, Tx, sql};

use super::Customer;

runtime::refusals! {
    /// Why a customer is not shown.
    pub enum FindRefused {
        /// There is none, or it is another organization's or another customer's business.
        NotFound => NotFound, "customer.not_found", "There is no such customer.";
    }
}

/// One customer. A customer's own users see only theirs.
///
/// # Errors
/// [`FindRefused`], or a fault.
pub async fn get(tx: &Tx, customer: CustomerId) -> Result<Customer, Error> {
    let own = tx.only_customer();
    if own.is_none() {
        tx.require(Permission::CustomersRead)?;
    }
    let row = tx
        .optional(
            sql!(
                "select id, name, email, notes, tags, created_at, archived_at, version from customers
                 where organization_id = $1 and id = $2 and ($3::uuid is null or id = $3)"
            ),
            &[tx.org(), customer.as_uuid(), &own],
        )
        .await?;
    row.as_ref().map(Customer::of_row).transpose()?.ok_or_else(|| FindRefused::NotFound.into())
}
