//! Letting a subscription stand still, and go on.

use jiff::{SignedDuration, Timestamp};
use kernel::Permission;
use kernel::id::{Id, SubscriptionId};
use kernel::text::Reason;
use runtime::{Error, Tx, sql};

use super::change_plan::ChangeRefused;
use super::stored::{Stored, SubscriptionState, lock, lock_of_living};
use crate::ledger::{self, AccountState, Freeze, Key, Owner, Time, Unfreeze};
use crate::plans;

/// Lets a subscription stand still: nothing is granted, spent or lost meanwhile, and the clock of its units stops.
///
/// # Errors
/// [`ChangeRefused`] unless it is active, `permission.missing`, or a fault.
pub async fn pause(tx: &Tx, subscription: SubscriptionId, reason: Option<Reason>) -> Result<(), Error> {
    tx.require(Permission::BillingWrite)?;
    let mut subscription = lock(tx, subscription).await?;
    if subscription.state != SubscriptionState::Active {
        return Err(ChangeRefused::NotRunning { state: subscription.state }.into());
    }
    let unit = plans::find::version(tx, subscription.version).await?.version.terms.unit;
    let owner = Owner::Customer(subscription.customer);
    let balance = ledger::find::balance(tx, owner, unit).await?;
    // Also one that nothing was granted to yet: what is paid for during the pause finds its clock stopped.
    if balance.state == AccountState::Open {
        let key = Key::new(format!("{}:pause:{}", subscription.id, tx.now()));
        ledger::freeze(tx, Freeze { owner, unit, time: Time::Stands, key }).await?;
    }
    subscription.state = SubscriptionState::Paused;
    subscription.paused_at = Some(tx.now());
    subscription.write(tx, "subscription.paused", reason.as_ref().map(Reason::as_str)).await
}

/// Lets a paused subscription go on: its period, and its units, get back the time that stood still.
///
/// # Errors
/// [`ChangeRefused`] unless it is paused, `subscription.customer_archived`, `permission.missing`, or a fault.
pub async fn resume(tx: &Tx, subscription: SubscriptionId) -> Result<(), Error> {
    tx.require(Permission::BillingWrite)?;
    let mut subscription = lock_of_living(tx, subscription).await?;
    if subscription.state != SubscriptionState::Paused {
        return Err(ChangeRefused::NotRunning { state: subscription.state }.into());
    }
    thaw(tx, &mut subscription).await?;
    subscription.state = SubscriptionState::Active;
    subscription.write(tx, "subscription.resumed", None).await
}

/// Gives back the time that stood still since the pause began, to the units and to the period.
pub(super) async fn thaw(tx: &Tx, subscription: &mut Stored) -> Result<(), Error> {
    let Some(since) = subscription.paused_at.take() else { return Ok(()) };
    let unit = plans::find::version(tx, subscription.version).await?.version.terms.unit;
    let owner = Owner::Customer(subscription.customer);
    if ledger::find::balance(tx, owner, unit).await?.state == AccountState::Frozen {
        let key = Key::new(format!("{}:resume:{since}", subscription.id));
        ledger::unfreeze(tx, Unfreeze { owner, unit, key }).await?;
    }
    let span = tx.now().duration_since(since);
    let Some(renews_at) = subscription.renews_at else { return Ok(()) };
    let renews_at = later(renews_at, span)?;
    // From here on the periods are counted from the moved end of this one.
    subscription.renews_at = Some(renews_at);
    subscription.anchor_at = Some(renews_at);
    subscription.anchor_number = subscription.next_number;
    if let Some(trial) = subscription.trial_ends_at.filter(|ends| *ends > since) {
        subscription.trial_ends_at = Some(later(trial, span)?);
    }
    if let Some(number) = subscription.current_number() {
        tx.execute(
            sql!(
                "update subscription_periods set ends_at = $4
                 where organization_id = $1 and subscription_id = $2 and number = $3"
            ),
            &[tx.org(), subscription.id.as_uuid(), &number, &renews_at],
        )
        .await?;
    }
    Ok(())
}

fn later(at: Timestamp, span: SignedDuration) -> Result<Timestamp, Error> {
    at.checked_add(span).map_err(|error| Error::internal(error.to_string()))
}
