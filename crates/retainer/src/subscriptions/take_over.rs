//! Letting an imported subscription go on here: the system that it came from bills it no more.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kernel::id::{Id, LotId, PlanVersionId, SubscriptionId};
use kernel::{Period, Permission, Quantity};
use runtime::{Columns, Error, Tx, sql};

use super::period::{self, lot_terms};
use super::rules::{Schedule, life};
use super::stored::{Stored, SubscriptionState, lock_of_living};
use super::unpaid::is_overdue;
use crate::ledger::{self, Amount, Key, Source, Upgrade, UpgradeMode};
use crate::organizations;
use crate::plans;
use crate::plans::find::Named;

runtime::refusals! {
    /// Why a subscription does not go on here.
    pub enum TakeOverRefused {
        /// It renews here, or does not run.
        NotWaiting => Conflict, "subscription.not_waiting", "Only an imported subscription that runs, and does not renew here yet, can be taken over.";
        /// Its plan has one period.
        NoNextPeriod => Conflict, "subscription.no_next_period", "The plan of this subscription has one period only.";
        /// The next period would begin in the past.
        StartsInThePast => Invalid, "subscription.starts_in_the_past", "The next period must begin in the future.", at "/from";
    }
}

/// Subscriptions that were imported, run, and do not renew here, in the order of their ids, behind `after`; not such as the source
/// has lost, has for another customer, or with a period that is long over.
///
/// # Errors
/// A fault.
pub async fn waiting(tx: &Tx, after: Option<SubscriptionId>, limit: i64) -> Result<Vec<SubscriptionId>, Error> {
    let rows = tx
        .rows(
            sql!(
                "select id from waiting_subscriptions
                 where organization_id = $1 and ($2::uuid is null or id > $2) and not is_gone and not is_moved and not is_over
                 order by id limit $3"
            ),
            &[tx.org(), &after.map(Id::uuid), &limit],
        )
        .await?;
    Ok(rows.iter().map(|row| row.id("id")).collect())
}

/// How an imported subscription goes on here.
#[derive(Debug, Clone, Copy, Default)]
pub struct TakeOver {
    /// When the first period begins that is billed here; without, when the imported one ends.
    pub from: Option<Timestamp>,
    /// When somebody was told what it would be billed, if that was before: a period that has ended since is billed as told.
    pub told_at: Option<Timestamp>,
}

/// Lets an imported subscription renew here, on the terms that its plan has now. The next period begins at `from`; without it when
/// the period ends that was imported, or, where that is over, at the first instant after now that periods counted from
/// there begin: what lies before was the other system's to bill. What is left of the imported hours ends as the plan
/// says.
///
/// # Errors
/// [`TakeOverRefused`], `organization.closing`, `subscription.not_found`, `subscription.customer_archived`, `permission.missing`, or a fault.
pub async fn take_over(tx: &Tx, subscription: SubscriptionId, input: TakeOver) -> Result<(), Error> {
    tx.require(Permission::BillingWrite)?;
    organizations::find::own(tx).await?.require_open()?;
    let now = input.told_at.unwrap_or(tx.now());
    let mut subscription = lock_of_living(tx, subscription).await?;
    let running = matches!(subscription.state, SubscriptionState::Active | SubscriptionState::PastDue);
    let waits = running && subscription.renews_at.is_none();
    let number = subscription.current_number().filter(|_| waits).ok_or(TakeOverRefused::NotWaiting)?;
    let plan = newest(tx, subscription.version).await?;
    subscription.version = plan.version.id;
    let ends_at = ends_at(tx, &subscription, number).await?;
    subscription.anchor_number = subscription.next_number;
    let starts_at = match (input.from, ends_at) {
        (Some(from), _) => from,
        (None, Some(end)) => first_after(tx, (&subscription, &plan), (end, now)).await?,
        (None, None) => return Err(TakeOverRefused::NotWaiting.into()),
    };
    if starts_at <= now {
        return Err(TakeOverRefused::StartsInThePast.into());
    }
    subscription.anchor_at = Some(starts_at);
    subscription.renews_at = Some(starts_at);
    let schedule = subscription.schedule(tx, &plan).await?;
    if schedule.start(subscription.next_number + 1).is_none() {
        return Err(TakeOverRefused::NoNextPeriod.into());
    }
    end_period(tx, &subscription, starts_at).await?;
    bind_hours(tx, &subscription, &plan, &schedule).await?;
    // What was overdue elsewhere was billed elsewhere.
    if subscription.state == SubscriptionState::PastDue && !is_overdue(tx, subscription.id).await? {
        subscription.state = SubscriptionState::Active;
    }
    subscription.write(tx, "subscription.taken_over", None).await
}

/// The plan of a version with the terms that it has now: nobody has agreed here to older ones.
async fn newest(tx: &Tx, version: PlanVersionId) -> Result<Named, Error> {
    let named = plans::find::version(tx, version).await?;
    let plan = plans::find::get(tx, named.plan).await?;
    Ok(Named { version: plan.current, ..named })
}

/// When the imported period ends, as the source says.
pub(super) async fn ends_at(tx: &Tx, subscription: &Stored, number: i32) -> Result<Option<Timestamp>, Error> {
    let row = tx
        .optional(
            sql!(
                "select ends_at from subscription_periods
                 where organization_id = $1 and subscription_id = $2 and number = $3"
            ),
            &[tx.org(), subscription.id.as_uuid(), &number],
        )
        .await?;
    Ok(row.and_then(|row| row.get("ends_at")))
}

async fn first_after(
    tx: &Tx,
    (subscription, plan): (&Stored, &Named),
    (end, now): (Timestamp, Timestamp),
) -> Result<Timestamp, Error> {
    let schedule = subscription.schedule(tx, plan).await?;
    Ok(next_start(schedule.period, end, &schedule.zone, now).ok_or(TakeOverRefused::NoNextPeriod)?)
}

/// When the first period begins that Retainer bills after one that another system billed until `end`: then, or, where
/// that is over, at the first instant after `now` that periods counted from there begin.
pub fn next_start(period: Period, end: Timestamp, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let schedule = Schedule { period, anchor_at: end, anchor_number: 0, zone: zone.clone() };
    (0..).map_while(|number| schedule.start(number)).find(|start| *start > now)
}

async fn end_period(tx: &Tx, subscription: &Stored, at: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!(
            "update subscription_periods set ends_at = $4
             where organization_id = $1 and subscription_id = $2 and number = $3"
        ),
        &[tx.org(), subscription.id.as_uuid(), &subscription.current_number(), &at],
    )
    .await
    .map(drop)
}

/// Puts what is left of the imported lots into such that end as the plan says. There are several where the source
/// renewed between two imports. What open work holds of them stays held.
async fn bind_hours(tx: &Tx, subscription: &Stored, plan: &Named, schedule: &Schedule) -> Result<(), Error> {
    let Some(number) = subscription.current_number() else { return Ok(()) };
    let Some(period) = period::find(tx, subscription.id, number).await? else { return Ok(()) };
    let terms = &plan.version.terms;
    let life = life(terms, schedule, number, subscription.clock(tx));
    let source = period::source(subscription.id, &period);
    for (nth, (lot, amount)) in (0..).zip(imported_lots(tx, period.lot, plan).await?) {
        let source = if nth == 0 {
            source.clone()
        } else {
            Source::new(source.kind, format!("{}:imported:{nth}", source.reference))
        };
        let key = Key::new(format!("{}:takeover", source.reference));
        let amount = Amount::Limited(Quantity::new(amount, terms.unit));
        let terms = ledger::Terms { amount, ..lot_terms(terms, source, life) };
        let granted = ledger::upgrade(tx, Upgrade { from: lot, terms, mode: UpgradeMode::Replace, key }).await?;
        if nth == 0 {
            period::replace_lot(tx, (subscription.id, number), granted.lot).await?;
        }
    }
    Ok(())
}

/// The lots that imports made for the subscription of `lot` and how much each was, the oldest first: those that live
/// and count what the plan counts.
async fn imported_lots(tx: &Tx, lot: Option<LotId>, plan: &Named) -> Result<Vec<(LotId, i64)>, Error> {
    let rows = tx
        .rows(
            sql!(
                "select l.id, l.amount
                 from (select account_id, regexp_replace(source_ref, ':more:.*$', '') as base from allowance_lots
                       where organization_id = $1 and id = $2) own
                 join allowance_accounts a on a.organization_id = $1 and a.id = own.account_id and a.unit_code = $3
                 join allowance_lots l on l.organization_id = $1 and l.account_id = own.account_id
                    and l.source_kind = 'import' and (l.source_ref = own.base or starts_with(l.source_ref, own.base || ':'))
                 where l.ended_as is null and l.amount > 0
                 order by l.opened_seq"
            ),
            &[tx.org(), &lot.map(Id::uuid), &plan.version.terms.unit.to_string()],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.id("id"), row.get("amount"))).collect())
}
