//! Putting a customer away, and bringing it back.

use kernel::Permission;
use kernel::id::{CustomerId, Id};
use runtime::{Change, Error, Tx, sql};

use super::change::{ChangeRefused, lock, write};
use super::forget_users::revoke_invitations;

runtime::refusals! {
    /// Why a customer was not archived.
    pub enum ArchiveRefused {
        /// Its plan still runs.
        StillSubscribed => Conflict, "customer.still_subscribed", "This customer's plan still runs. Cancel the subscription first.";
        /// Work is open that holds its hours: whoever asked for it would wait for nothing.
        OpenTickets { tickets: i64 } => Conflict, "customer.open_tickets", "This customer has open tickets ({tickets}). Complete or reject them first; what they hold goes back then.";
    }
}

/// Puts a customer away: it is no longer listed, its address is free for another, and its open invitations are off. Doing
/// it again changes nothing. Its row is locked before its plan is looked at: who has kept it ([`super::keep()`]) has
/// finished by then.
///
/// # Errors
/// [`ArchiveRefused`], [`super::FindRefused`], `permission.missing`, or a fault.
pub async fn archive(tx: &Tx, customer: CustomerId) -> Result<(), Error> {
    tx.require(Permission::CustomersWrite)?;
    let mut customer = lock(tx, customer).await?;
    if customer.archived_at.is_some() {
        return Ok(());
    }
    refuse_while_subscribed(tx, customer.id).await?;
    refuse_while_working(tx, customer.id).await?;
    customer.archived_at = Some(tx.now());
    write(tx, &customer).await?;
    revoke_invitations(tx, customer.id).await?;
    tx.record(
        Change::new("customer.archived", "customer", customer.id).after(serde_json::json!({"archived_at": tx.now()})),
    );
    Ok(())
}

/// Brings an archived customer back. Doing it again changes nothing.
///
/// # Errors
/// [`ChangeRefused`] when its address was taken meanwhile or it was anonymised, [`super::FindRefused`],
/// `permission.missing`, or a fault.
pub async fn restore(tx: &Tx, customer: CustomerId) -> Result<(), Error> {
    tx.require(Permission::CustomersWrite)?;
    let mut customer = lock(tx, customer).await?;
    if customer.anonymised_at.is_some() {
        return Err(ChangeRefused::Anonymised.into());
    }
    let Some(archived_at) = customer.archived_at.take() else { return Ok(()) };
    write(tx, &customer).await?;
    tx.record(
        Change::new("customer.restored", "customer", customer.id)
            .before(serde_json::json!({"archived_at": archived_at})),
    );
    Ok(())
}

async fn refuse_while_working(tx: &Tx, customer: CustomerId) -> Result<(), Error> {
    let row = tx
        .one(
            sql!(
                "select count(*) as open from tickets
                 where organization_id = $1 and customer_id = $2 and status in ('pending', 'in_progress')
                   and merged_into_id is null"
            ),
            &[tx.org(), customer.as_uuid()],
        )
        .await?;
    let tickets: i64 = row.get("open");
    if tickets > 0 { Err(ArchiveRefused::OpenTickets { tickets }.into()) } else { Ok(()) }
}

pub(super) async fn refuse_while_subscribed(tx: &Tx, customer: CustomerId) -> Result<(), Error> {
    let live = tx
        .optional(
            sql!(
                "select id from subscriptions
                 where organization_id = $1 and customer_id = $2 and state in ('incomplete', 'active', 'past_due', 'paused')"
            ),
            &[tx.org(), customer.as_uuid()],
        )
        .await?;
    if live.is_some() { Err(ArchiveRefused::StillSubscribed.into()) } else { Ok(()) }
}
