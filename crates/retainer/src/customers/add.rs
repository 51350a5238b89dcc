//! Adding a customer.

use kernel::id::{CustomerId, Id};
use kernel::text::{Body, Name, Tag};
use kernel::{Email, Permission};
use runtime::{Change, Error, OnConstraint, Tx, sql};

/// A new customer.
#[derive(Debug, Clone)]
pub struct Add {
    /// A person's or company's name.
    pub name: Name,
    /// Where bills and notices go.
    pub email: Option<Email>,
    /// What staff want to remember.
    pub notes: Option<Body>,
    /// Words to find it by.
    pub tags: Vec<Tag>,
}

runtime::refusals! {
    /// Why a customer was not added.
    pub enum AddRefused {
        /// Another living customer has the address.
        EmailTaken { email: Email } => Conflict, "customer.email_taken", "There already is a customer with the address {email}.", at "/email";
    }
}

/// Adds a customer.
///
/// # Errors
/// [`AddRefused`], `permission.missing`, or a fault.
pub async fn add(tx: &Tx, input: Add) -> Result<CustomerId, Error> {
    tx.require(Permission::CustomersWrite)?;
    let customer = tx.new_id::<CustomerId>();
    let email = input.email.as_ref().map(Email::as_str);
    let folded = input.email.as_ref().map(Email::folded);
    let tags = tidy(input.tags);
    let inserted = tx
        .execute(
            sql!(
                "insert into customers (organization_id, id, name, email, email_folded, notes, tags, created_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8)"
            ),
            &[
                tx.org(),
                customer.as_uuid(),
                &input.name.as_str(),
                &email,
                &folded,
                &input.notes.as_ref().map(Body::as_str),
                &tags,
                &tx.now(),
            ],
        )
        .await;
    match &input.email {
        Some(email) => inserted.on_constraint("customers_email", AddRefused::EmailTaken { email: email.clone() })?,
        None => inserted?,
    };
    tx.record(Change::new("customer.added", "customer", customer).after(serde_json::json!({
        "name": input.name, "email": input.email, "tags": tags,
    })));
    Ok(customer)
}

/// Tags in order, each once whatever its case.
pub(super) fn tidy(tags: Vec<Tag>) -> Vec<String> {
    let mut tags: Vec<String> = tags.into_iter().map(Tag::into_string).collect();
    tags.sort_by_key(|tag| tag.to_lowercase());
    tags.dedup_by_key(|tag| tag.to_lowercase());
    tags
}
