//! Forgetting who a customer was, while what they bought and used stays.

use kernel::Permission;
use kernel::id::CustomerId;
use kernel::text::Reason;
use runtime::{Change, Error, Tx};

use super::archive::refuse_while_subscribed;
use super::change::{lock, write};
use super::forget_files::forget_files;
use super::forget_users::forget_users;

/// Removes name, address, notes and tags of a customer, archives it, ends its users' memberships and forgets who they
/// were, in mails, notifications and the audit trail, too. The files on its tickets are emptied.
/// Money, ledger and tickets stay, under a name that says nothing.
/// There is no way back; doing it again changes nothing.
///
/// # Errors
/// [`super::ArchiveRefused`], [`super::FindRefused`], `permission.missing`, or a fault.
pub async fn anonymise(tx: &Tx, customer: CustomerId, reason: &Reason) -> Result<(), Error> {
    tx.require(Permission::CustomersWrite)?;
    let mut customer = lock(tx, customer).await?;
    if customer.anonymised_at.is_some() {
        return Ok(());
    }
    refuse_while_subscribed(tx, customer.id).await?;
    let text = customer.id.to_string();
    customer.name = format!("Former customer {}", &text[text.len() - 6..]);
    let email = customer.email.take();
    customer.notes = None;
    customer.tags = Vec::new();
    customer.archived_at = customer.archived_at.or(Some(tx.now()));
    customer.anonymised_at = Some(tx.now());
    write(tx, &customer).await?;
    forget_files(tx, customer.id).await?;
    forget_users(tx, customer.id, email.as_ref()).await?;
    // The audit entry must not keep what is to be forgotten, so it has no state before.
    tx.record(
        Change::new("customer.anonymised", "customer", customer.id)
            .after(serde_json::json!({"reason": reason.as_str()})),
    );
    Ok(())
}
