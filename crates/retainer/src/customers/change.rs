//! Changing a customer.

use kernel::id::{CustomerId, Id};
use kernel::text::{Body, Name, Tag};
use kernel::{Email, Permission};
use runtime::{Change as Recorded, Error, OnConstraint, Tx, sql};

use super::{Customer, FindRefused};

/// What shall be different; what is `None` stays. Inner `None` empties the field.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The name.
    pub name: Option<Name>,
    /// The address.
    pub email: Option<Option<Email>>,
    /// What staff want to remember.
    pub notes: Option<Option<Body>>,
    /// The words to find it by.
    pub tags: Option<Vec<Tag>>,
    /// The version that was seen; none changes whatever is there.
    pub expected: Option<i64>,
}

runtime::refusals! {
    /// Why a customer was not changed.
    pub enum ChangeRefused {
        /// Somebody else changed it first.
        Stale => Stale, "customer.stale", "Somebody changed this customer meanwhile. Look at it again, then repeat your change.";
        /// Another living customer has the address.
        EmailTaken { email: Email } => Conflict, "customer.email_taken", "There already is a customer with the address {email}.", at "/email";
        /// It was put away.
        Archived => Conflict, "customer.archived", "This customer is archived. Bring it back first.";
        /// It is no longer a person.
        Anonymised => Conflict, "customer.anonymised", "This customer was anonymised; nothing about it can be changed any more.";
    }
}

/// Changes a customer; returns it as it is now.
///
/// # Errors
/// [`ChangeRefused`], [`FindRefused`], `permission.missing`, or a fault.
pub async fn change(tx: &Tx, customer: CustomerId, input: Change) -> Result<Customer, Error> {
    tx.require(Permission::CustomersWrite)?;
    let before = lock(tx, customer).await?;
    if before.anonymised_at.is_some() {
        return Err(ChangeRefused::Anonymised.into());
    }
    if input.expected.is_some_and(|expected| expected != before.version) {
        return Err(ChangeRefused::Stale.into());
    }
    let mut after = before.clone();
    after.name = input.name.map_or(after.name, Name::into_string);
    after.email = input.email.unwrap_or(after.email);
    after.notes = input.notes.map_or(after.notes, |notes| notes.map(Body::into_string));
    after.tags = input.tags.map_or(after.tags, super::add::tidy);
    write(tx, &after).await?;
    after.version = before.version + 1;
    let state =
        |it: &Customer| serde_json::json!({"name": it.name, "email": it.email, "notes": it.notes, "tags": it.tags});
    tx.record(Recorded::new("customer.changed", "customer", customer).before(state(&before)).after(state(&after)));
    Ok(after)
}

/// Loads a customer and keeps others from changing it until the end of the transaction.
pub(super) async fn lock(tx: &Tx, customer: CustomerId) -> Result<Customer, Error> {
    let row = tx
        .optional(
            sql!(
                "select id, name, email, notes, tags, created_at, archived_at, anonymised_at, version from customers
                 where organization_id = $1 and id = $2 for update"
            ),
            &[tx.org(), customer.as_uuid()],
        )
        .await?;
    row.as_ref().map(Customer::of_row).transpose()?.ok_or_else(|| FindRefused::NotFound.into())
}

/// Writes all fields of a locked customer and counts its version up.
pub(super) async fn write(tx: &Tx, customer: &Customer) -> Result<(), Error> {
    let email = customer.email.as_ref().map(Email::as_str);
    let folded = customer.email.as_ref().map(Email::folded);
    let written = tx
        .execute(
            sql!(
                "update customers set name = $3, email = $4, email_folded = $5, notes = $6, tags = $7, archived_at = $8,
                        anonymised_at = $9, version = version + 1
                 where organization_id = $1 and id = $2"
            ),
            &[
                tx.org(),
                customer.id.as_uuid(),
                &customer.name,
                &email,
                &folded,
                &customer.notes,
                &customer.tags,
                &customer.archived_at,
                &customer.anonymised_at,
            ],
        )
        .await;
    match &customer.email {
        Some(email) => written.on_constraint("customers_email", ChangeRefused::EmailTaken { email: email.clone() })?,
        None => written?,
    };
    Ok(())
}
