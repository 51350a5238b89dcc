//! Going over to another plan.

use kernel::id::{Id, InvoiceId, PlanId, SubscriptionId};
use kernel::{Money, Permission};
use runtime::{Error, Tx, sql};

use super::news;
use super::period::{self, PeriodState, StoredPeriod};
use super::preview;
use super::rules::{Switch, switch};
use super::start::StartRefused;
use super::stored::{Stored, SubscriptionState, lock_of_living};
use super::unpaid::void_upgrades;
use crate::invoices::{self, Bought, Due};
use crate::plans;
use crate::plans::find::Named;

runtime::refusals! {
    /// Why something was not done with a subscription.
    pub enum ChangeRefused {
        /// It does not run.
        NotRunning { state: SubscriptionState } => Conflict, "subscription.not_running", "This cannot be done while the subscription is {state}.";
        /// It is on these terms already.
        SamePlan => Conflict, "subscription.same_plan", "The subscription is on these terms already.", at "/plan";
        /// It would come to something else by now.
        Meanwhile => Stale, "subscription.change_stale", "What this change comes to is no longer what it was when you looked at it. Look at it again, then decide.", at "/seen";
        /// Only a dearer plan of the same kind is taken in the period that runs, and only where that is paid.
        NotNow => Conflict, "subscription.not_now", "This plan can only be taken with the next period: in the period that runs, only a dearer plan of the same unit, currency and length of period can.", at "/when";
    }
}

kernel::words! {
    /// When another plan is to be taken.
    When, "when" {
        /// In the period that runs, against the difference in price.
        Now = "now",
        /// When the next period begins.
        NextPeriod = "next_period",
    }
}

/// A wish for another plan.
#[derive(Debug, Clone)]
pub struct ChangePlan {
    /// Of which subscription.
    pub subscription: SubscriptionId,
    /// Which plan, on the terms that are sold now.
    pub plan: PlanId,
    /// When; without, now where that can be, else with the next period.
    pub when: Option<When>,
    /// The `seen` of the [`super::Preview`] that whoever decides has looked at; whatever it comes to is good without.
    pub seen: Option<String>,
}

/// What became of the wish for another plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanChange {
    /// It is taken when this invoice, the difference in price, is paid.
    WhenPaid(InvoiceId),
    /// It is taken when the next period begins.
    AtPeriodEnd,
    /// A change that was arranged is dropped; the plan stays.
    Dropped,
}

/// A subscription and the plan that it may go over to.
pub(super) struct Wish {
    pub(super) subscription: Stored,
    pub(super) present: Named,
    pub(super) target: Named,
    /// The period that could be upgraded, if one can.
    pub(super) upgradable: Option<StoredPeriod>,
}

impl Wish {
    /// What is wanted of a subscription, if it can be had.
    pub(super) async fn of(tx: &Tx, subscription: Stored, plan: PlanId) -> Result<Self, Error> {
        if subscription.state != SubscriptionState::Active {
            return Err(ChangeRefused::NotRunning { state: subscription.state }.into());
        }
        let target = plans::find::get(tx, plan).await?;
        let target = Named { plan: target.id, name: target.name.clone(), version: offered(target)? };
        let present = plans::find::version(tx, subscription.version).await?;
        if target.version.id == subscription.version
            && subscription.next_version.is_none()
            && !has_upgrade(tx, subscription.id).await?
        {
            return Err(ChangeRefused::SamePlan.into());
        }
        let upgradable = match (switch(&present.version.terms, &target.version.terms), subscription.current_number()) {
            (Switch::AtOnce, Some(number)) => period::find(tx, subscription.id, number).await?,
            _ => None,
        };
        let upgradable = upgradable.filter(|it| it.state == PeriodState::Granted);
        Ok(Self { subscription, present, target, upgradable })
    }

    /// Whether it only drops what was arranged.
    pub(super) fn drops(&self) -> bool {
        self.target.version.id == self.subscription.version
    }
}

/// Goes over to a plan on the terms that are sold now. A dearer one of the same kind is taken at once, when the
/// difference to what stays paid of the period is, unless the next period is wanted; any other when the next period
/// begins. Choosing the present plan drops what was arranged. [`super::preview_change`] says beforehand what it comes to.
///
/// # Errors
/// [`ChangeRefused`], `subscription.plan_archived`, `subscription.customer_archived`, `plan.not_found`, `permission.missing`, or a fault.
pub async fn change_plan(tx: &Tx, input: ChangePlan) -> Result<PlanChange, Error> {
    tx.require(Permission::BillingWrite)?;
    let subscription = lock_of_living(tx, input.subscription).await?;
    let mut wish = Wish::of(tx, subscription, input.plan).await?;
    let had_arranged = wish.subscription.next_version.is_some();
    if input.when == Some(When::Now) && wish.upgradable.is_none() && !wish.drops() {
        return Err(ChangeRefused::NotNow.into());
    }
    if let Some(seen) = &input.seen
        && *seen != preview::of(tx, &wish).await?.seen
    {
        return Err(ChangeRefused::Meanwhile.into());
    }
    void_upgrades(tx, wish.subscription.id).await?;
    if wish.drops() {
        wish.subscription.next_version = None;
        wish.subscription.write(tx, "subscription.change_dropped", None).await?;
        if had_arranged {
            news::stays(tx, &wish.subscription, &wish.present).await?;
        }
        return Ok(PlanChange::Dropped);
    }
    match wish.upgradable.as_ref().filter(|_| input.when != Some(When::NextPeriod)) {
        Some(period) => bill_difference(tx, &wish, period.number).await,
        None => {
            wish.subscription.next_version = Some(wish.target.version.id);
            wish.subscription.write(tx, "subscription.change_arranged", None).await?;
            news::arranged(tx, &wish.subscription, (&wish.present, &wish.target)).await?;
            Ok(PlanChange::AtPeriodEnd)
        }
    }
}

fn offered(plan: plans::Plan) -> Result<plans::PlanVersion, Error> {
    if plan.archived_at.is_some() { Err(StartRefused::PlanArchived.into()) } else { Ok(plan.current) }
}

/// Whether a change to a dearer plan waits for its payment.
pub(super) async fn has_upgrade(tx: &Tx, subscription: SubscriptionId) -> Result<bool, Error> {
    for invoice in invoices::find::open_of(tx, subscription).await? {
        let lines = invoices::find::lines(tx, invoice).await?;
        if lines.iter().any(|line| line.kind == invoices::LineKind::Upgrade) {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn bill_difference(tx: &Tx, wish: &Wish, number: i32) -> Result<PlanChange, Error> {
    let (subscription, target) = (&wish.subscription, &wish.target);
    let bill = invoices::Open {
        customer: subscription.customer,
        bought: Bought::Upgrade(subscription.id, number, target.version.id),
        description: format!("From {} to {}: the difference for the present period", wish.present.name, target.name),
        amount: difference(tx, subscription.id, number, target.version.terms.price).await?,
        // When the period ends, what was not paid for is taken back.
        due: subscription.renews_at.map_or(Due::InDays, Due::Until),
    };
    let invoice = invoices::open(tx, bill).await?;
    subscription.write(tx, "subscription.upgrade_billed", None).await?;
    Ok(PlanChange::WhenPaid(invoice))
}

/// What a better plan costs more than what stays paid for the period: the price of the plan that it was granted under,
/// unless that was given back in full, and every upgrade since of which the same is true.
pub(super) async fn difference(
    tx: &Tx,
    subscription: SubscriptionId,
    number: i32,
    price: Money,
) -> Result<Money, Error> {
    let row = tx
        .one(
            sql!(
                "select v.price_minor
                        - coalesce(sum(l.amount_minor) filter (where l.kind = 'period' and i.state = 'refunded'), 0)::bigint
                        + coalesce(sum(l.amount_minor) filter (where l.kind = 'upgrade' and i.state = 'paid'), 0)::bigint
                        as minor
                 from subscription_periods p
                 join plan_versions v on v.organization_id = p.organization_id and v.id = p.plan_version_id
                 left join invoice_lines l on l.organization_id = p.organization_id
                    and l.subscription_id = p.subscription_id and l.period_number = p.number
                 left join invoices i on i.organization_id = l.organization_id and i.id = l.invoice_id
                 where p.organization_id = $1 and p.subscription_id = $2 and p.number = $3
                 group by v.price_minor"
            ),
            &[tx.org(), subscription.as_uuid(), &number],
        )
        .await?;
    Ok(Money::new(price.minor - row.get::<_, i64>("minor"), price.currency))
}
