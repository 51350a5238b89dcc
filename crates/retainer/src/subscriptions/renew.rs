//! Going into the next period.

use jiff::Timestamp;
use kernel::id::SubscriptionId;
use runtime::{Columns, Error, Tx, sql};
use uuid::Uuid;

use super::credit;
use super::news;
use super::period::{self, NewPeriod, PeriodState};
use super::rules::is_billed_when_missed;
use super::stored::{Stored, SubscriptionState, lock};
use super::unpaid::{is_overdue, void_open};
use crate::invoices::{self, Bought, Due};
use crate::plans;
use crate::plans::find::Named;

/// Subscriptions of the organization whose next period has begun, the longest ago first; not those of `but`.
///
/// # Errors
/// A fault.
pub(super) async fn due(tx: &Tx, but: &[Uuid], limit: i64) -> Result<Vec<SubscriptionId>, Error> {
    let rows = tx
        .rows(
            sql!(
                "select id from subscriptions
                 where organization_id = $1 and state in ('active', 'past_due') and renews_at <= $2 and id <> all ($4)
                 order by renews_at, id limit $3"
            ),
            &[tx.org(), &tx.now(), &limit, &but],
        )
        .await?;
    Ok(rows.iter().map(|row| row.id("id")).collect())
}

/// Goes into the next period, if it has begun. Several that were missed are caught up one call at a time, in order.
/// Whoever calls it how often, each period is made once: the subscription is locked and its number moves on in the same
/// transaction.
///
/// # Errors
/// `subscription.not_found`, or a fault.
pub async fn renew(tx: &Tx, subscription: SubscriptionId) -> Result<(), Error> {
    let mut subscription = lock(tx, subscription).await?;
    let running = matches!(subscription.state, SubscriptionState::Active | SubscriptionState::PastDue);
    let Some(starts_at) = subscription.renews_at.filter(|at| running && *at <= tx.now()) else { return Ok(()) };
    close(tx, &subscription).await?;
    if subscription.cancel_at_period_end {
        void_open(tx, subscription.id, "The subscription was cancelled.").await?;
        subscription.stop(SubscriptionState::Cancelled, starts_at);
        subscription.renews_at = None;
        return subscription.write(tx, "subscription.cancelled", Some("As arranged, at the end of its period.")).await;
    }
    let mut before = None;
    if let Some(version) = subscription.next_version.take() {
        before = Some(plans::find::version(tx, subscription.version).await?);
        subscription.version = version;
        subscription.anchor_at = Some(starts_at);
        subscription.anchor_number = subscription.next_number;
    }
    let plan = plans::find::version(tx, subscription.version).await?;
    begin(tx, &mut subscription, &plan, starts_at).await?;
    match before {
        Some(before) => news::changed(tx, &subscription, (&before, &plan)).await,
        None => Ok(()),
    }
}

/// Ends the period so far, if there is one: its credit line is settled, and an upgrade that nobody paid is dropped.
async fn close(tx: &Tx, subscription: &Stored) -> Result<(), Error> {
    if subscription.current_number().is_none() {
        return Ok(());
    }
    credit::close_current(tx, subscription).await?;
    super::unpaid::void_upgrades(tx, subscription.id).await
}

async fn begin(tx: &Tx, subscription: &mut Stored, plan: &Named, starts_at: Timestamp) -> Result<(), Error> {
    let number = subscription.next_number;
    let schedule = subscription.schedule(tx, plan).await?;
    let ends_at = schedule.start(number + 1);
    let overdue = is_overdue(tx, subscription.id).await?;
    let wanted = is_billed_when_missed(&plan.version.terms, &schedule, number, tx.now());
    let price = plan.version.terms.price;
    let state = match (overdue, wanted) {
        (true, _) => PeriodState::Skipped,
        (false, false) => PeriodState::Lapsed,
        (false, true) => PeriodState::Billed,
    };
    let mut invoice = None;
    if state == PeriodState::Billed && price.minor > 0 {
        let description = format!("{}: {}", plan.name, plan.version.terms.summary());
        let bought = Bought::Period(subscription.id, number);
        let bill =
            invoices::Open { customer: subscription.customer, bought, description, amount: price, due: Due::InDays };
        invoice = Some(invoices::open(tx, bill).await?);
    }
    period::insert(tx, subscription, NewPeriod { number, starts_at, ends_at, state, invoice }).await?;
    subscription.next_number = number + 1;
    subscription.renews_at = ends_at;
    if overdue {
        subscription.state = SubscriptionState::PastDue;
    }
    if state == PeriodState::Billed && price.minor == 0 {
        period::grant(tx, subscription, plan, number).await?;
    }
    subscription.write(tx, "subscription.renewed", None).await
}

/// Subscriptions that run although a payment is overdue, and those whose first payment never came; not those of `but`.
///
/// # Errors
/// A fault.
pub(super) async fn overdue(tx: &Tx, but: &[Uuid], limit: i64) -> Result<Vec<SubscriptionId>, Error> {
    let rows = tx
        .rows(
            sql!(
                "select distinct s.id from invoices i
                 join invoice_lines l on l.organization_id = i.organization_id and l.invoice_id = i.id
                 join subscriptions s on s.organization_id = l.organization_id and s.id = l.subscription_id
                 where i.organization_id = $1 and i.state = 'open' and i.due_at <= $2 and l.kind in ('period', 'overage')
                   and (s.state = 'active'
                        or s.state = 'incomplete' and i.due_at <= $2::timestamptz - interval '720 hours')
                   and s.id <> all ($4)
                 order by s.id limit $3"
            ),
            &[tx.org(), &tx.now(), &limit, &but],
        )
        .await?;
    Ok(rows.iter().map(|row| row.id("id")).collect())
}

/// Notes that a payment is overdue: nothing new is granted until it comes. What was paid for stays usable. One whose
/// first payment is thirty days late comes to its end.
///
/// # Errors
/// `subscription.not_found`, or a fault.
pub(super) async fn fall_due(tx: &Tx, subscription: SubscriptionId) -> Result<(), Error> {
    let mut subscription = lock(tx, subscription).await?;
    if subscription.state == SubscriptionState::Incomplete {
        void_open(tx, subscription.id, "Its payment did not come.").await?;
        subscription.stop(SubscriptionState::Ended, tx.now());
        return subscription.write(tx, "subscription.ended", Some("Its first payment did not come.")).await;
    }
    if subscription.state != SubscriptionState::Active || !is_overdue(tx, subscription.id).await? {
        return Ok(());
    }
    subscription.state = SubscriptionState::PastDue;
    subscription.write(tx, "subscription.past_due", None).await
}
