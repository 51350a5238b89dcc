//! Stopping a subscription, and taking that back.

use kernel::Permission;
use kernel::id::{Id, SubscriptionId};
use kernel::text::Reason;
use runtime::{Error, OnConstraint, Tx, sql};

use super::change_plan::ChangeRefused;
use super::credit;
use super::pause::thaw;
use super::start::StartRefused;
use super::stored::{SubscriptionState, lock, lock_of_living};
use super::take_over::ends_at;
use super::unpaid::void_open;

kernel::words! {
    /// When a subscription stops.
    CancelAt, "at" {
        /// At once; what was paid for stays until it expires.
        Now = "now",
        /// When its period ends.
        PeriodEnd = "period_end",
    }
}

runtime::refusals! {
    /// Why a subscription was not stopped as asked.
    pub enum CancelRefused {
        /// Its period is the other system's, which does not end it because we say so.
        BilledElsewhere => Conflict, "subscription.billed_elsewhere", "The period of this subscription came along from another system. Stop it at once, or take it over first and then let it end with its period.", at "/at";
    }
}

runtime::refusals! {
    /// Why a subscription was not taken up again.
    pub enum ReactivateRefused {
        /// Nothing was cancelled.
        NotCancelled => Conflict, "subscription.not_cancelled", "This subscription was not cancelled.";
        /// Its last period is over.
        TooLate => Conflict, "subscription.too_late", "The period of this subscription is over. Start a new one.";
    }
}

/// Stops a subscription. What was paid for stays usable until it expires; what was not paid is no longer owed.
///
/// # Errors
/// [`ChangeRefused`] when it has stopped already, [`CancelRefused`], `permission.missing`, or a fault.
pub async fn cancel(tx: &Tx, subscription: SubscriptionId, at: CancelAt, reason: Option<Reason>) -> Result<(), Error> {
    tx.require(Permission::BillingWrite)?;
    let mut subscription = lock(tx, subscription).await?;
    if matches!(subscription.state, SubscriptionState::Cancelled | SubscriptionState::Ended) {
        return Err(ChangeRefused::NotRunning { state: subscription.state }.into());
    }
    let reason = reason.as_ref().map(Reason::as_str);
    // What has no period end to wait for stops at once.
    if at == CancelAt::PeriodEnd && subscription.renews_at.is_some() {
        subscription.cancel_at_period_end = true;
        return subscription.write(tx, "subscription.cancellation_arranged", reason).await;
    }
    let number = subscription.current_number();
    if let (CancelAt::PeriodEnd, Some(number)) = (at, number)
        && ends_at(tx, &subscription, number).await?.is_some_and(|end| end > tx.now())
    {
        return Err(CancelRefused::BilledElsewhere.into());
    }
    thaw(tx, &mut subscription).await?;
    credit::close_current(tx, &subscription).await?;
    void_open(tx, subscription.id, "The subscription was cancelled.").await?;
    subscription.stop(SubscriptionState::Cancelled, tx.now());
    subscription.write(tx, "subscription.cancelled", reason).await
}

/// Takes a cancellation back, as long as the period runs.
///
/// # Errors
/// [`ReactivateRefused`], `subscription.already_live`, `subscription.customer_archived`, `permission.missing`, or a fault.
pub async fn reactivate(tx: &Tx, subscription: SubscriptionId) -> Result<(), Error> {
    tx.require(Permission::BillingWrite)?;
    let mut subscription = lock_of_living(tx, subscription).await?;
    if subscription.cancel_at_period_end {
        subscription.cancel_at_period_end = false;
        return subscription.write(tx, "subscription.reactivated", None).await;
    }
    if subscription.state != SubscriptionState::Cancelled {
        return Err(ReactivateRefused::NotCancelled.into());
    }
    if subscription.renews_at.is_none_or(|ends| ends <= tx.now()) {
        return Err(ReactivateRefused::TooLate.into());
    }
    let other = tx
        .optional(
            sql!(
                "select id from subscriptions where organization_id = $1 and customer_id = $2
                    and state in ('incomplete', 'active', 'past_due', 'paused')"
            ),
            &[tx.org(), subscription.customer.as_uuid()],
        )
        .await?;
    if other.is_some() {
        return Err(StartRefused::AlreadySubscribed.into());
    }
    subscription.state = SubscriptionState::Active;
    subscription.ended_at = None;
    let written = subscription.write(tx, "subscription.reactivated", None).await;
    written.on_constraint("subscriptions_one_live", StartRefused::AlreadySubscribed)
}
