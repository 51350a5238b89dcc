//! Going over to another plan.

use kernel::id::{Id, InvoiceId, PlanId, SubscriptionId};
use kernel::{Money, Permission};
use runtime::{Error, Tx, sql};

use super::period::{self, PeriodState};
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
    }
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

/// Goes over to a plan on the terms that are sold now. A dearer one of the same kind is taken at once, when the
/// difference to what stays paid of the period is; any other when the next period begins. Choosing the present plan drops what was arranged.
///
/// # Errors
/// [`ChangeRefused`], `subscription.plan_archived`, `subscription.customer_archived`, `plan.not_found`, `permission.missing`, or a fault.
pub async fn change_plan(tx: &Tx, subscription: SubscriptionId, plan: PlanId) -> Result<PlanChange, Error> {
    tx.require(Permission::BillingWrite)?;
    let mut subscription = lock_of_living(tx, subscription).await?;
    if subscription.state != SubscriptionState::Active {
        return Err(ChangeRefused::NotRunning { state: subscription.state }.into());
    }
    let target = plans::find::get(tx, plan).await?;
    let target = Named { plan: target.id, name: target.name.clone(), version: offered(target)? };
    let present = plans::find::version(tx, subscription.version).await?;
    if target.version.id == subscription.version {
        if subscription.next_version.take().is_none() && !has_upgrade(tx, subscription.id).await? {
            return Err(ChangeRefused::SamePlan.into());
        }
        void_upgrades(tx, subscription.id).await?;
        subscription.write(tx, "subscription.change_dropped", None).await?;
        return Ok(PlanChange::Dropped);
    }
    let granted = match subscription.current_number() {
        Some(number) => period::find(tx, subscription.id, number).await?.filter(|it| it.state == PeriodState::Granted),
        None => None,
    };
    void_upgrades(tx, subscription.id).await?;
    match (switch(&present.version.terms, &target.version.terms), granted) {
        (Switch::AtOnce, Some(period)) => bill_difference(tx, &subscription, (&present, &target), period.number).await,
        _ => {
            subscription.next_version = Some(target.version.id);
            subscription.write(tx, "subscription.change_arranged", None).await?;
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

async fn bill_difference(
    tx: &Tx,
    subscription: &Stored,
    (present, target): (&Named, &Named),
    number: i32,
) -> Result<PlanChange, Error> {
    let amount = difference(tx, subscription.id, number, target.version.terms.price).await?;
    let bill = invoices::Open {
        customer: subscription.customer,
        bought: Bought::Upgrade(subscription.id, number, target.version.id),
        description: format!("From {} to {}: the difference for the present period", present.name, target.name),
        amount,
        due: Due::InDays,
    };
    let invoice = invoices::open(tx, bill).await?;
    subscription.write(tx, "subscription.upgrade_billed", None).await?;
    Ok(PlanChange::WhenPaid(invoice))
}

/// What a better plan costs more than what stays paid for the period: the price of the plan that it was granted under,
/// unless that was given back in full, and every upgrade since of which the same is true.
async fn difference(tx: &Tx, subscription: SubscriptionId, number: i32, price: Money) -> Result<Money, Error> {
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
