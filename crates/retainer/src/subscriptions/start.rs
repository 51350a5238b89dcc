//! Starting a subscription.

use jiff::{Timestamp, ToSpan};
use kernel::Permission;
use kernel::id::{CustomerId, Id, InvoiceId, PlanId, SubscriptionId};
use runtime::{Error, OnConstraint, Tx, sql};

use super::period::{self, NewPeriod, PeriodState, lot_terms};
use super::rules::Life;
use super::stored::{Stored, SubscriptionState};
use crate::invoices::{self, Bought, Due};
use crate::ledger::{self, Category, Key, Owner, Source, SourceKind};
use crate::plans::find::Named;
use crate::{customers, organizations, plans};

/// A plan for a customer.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// For whom.
    pub customer: CustomerId,
    /// Which plan, on the terms that are sold now.
    pub plan: PlanId,
}

/// What was started.
#[derive(Debug, Clone, Copy)]
pub struct Started {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// What has to be paid first; none in a trial, and where it costs nothing.
    pub invoice: Option<InvoiceId>,
}

runtime::refusals! {
    /// Why a subscription was not started.
    pub enum StartRefused {
        /// There is one already.
        AlreadySubscribed => Conflict, "subscription.already_live", "This customer has a subscription already. Change its plan, or cancel it first.", at "/customer";
        /// The customer was put away.
        CustomerArchived => Conflict, "subscription.customer_archived", "This customer is archived. Bring it back first.", at "/customer";
        /// The plan is off the shelf.
        PlanArchived => Conflict, "subscription.plan_archived", "This plan is no longer sold. Choose another.", at "/plan";
    }
}

/// Starts a subscription: it waits for its first payment, runs its trial, or, where it costs nothing, begins at once.
///
/// # Errors
/// [`StartRefused`], `customer.not_found`, `plan.not_found`, `permission.missing`, or a fault.
pub async fn start(tx: &Tx, input: Start) -> Result<Started, Error> {
    tx.require(Permission::BillingWrite)?;
    let ((), plan) = tokio::try_join!(keep_living(tx, input.customer), plans::find::get(tx, input.plan))?;
    if plan.archived_at.is_some() {
        return Err(StartRefused::PlanArchived.into());
    }
    let plan = Named { plan: plan.id, name: plan.name, version: plan.current };
    let mut subscription = Stored::new(tx.new_id(), input.customer, plan.version.id);
    insert(tx, &subscription).await?;
    let id = subscription.id;
    if plan.version.terms.trial_days > 0 && !has_tried(tx, input.customer, id).await? {
        begin_trial(tx, &mut subscription, &plan).await?;
        return Ok(Started { subscription: id, invoice: None });
    }
    if plan.version.terms.price.minor == 0 {
        subscription.tell(tx, "subscription.started", None, None).await?;
        activate(tx, &mut subscription, &plan, None).await?;
        return Ok(Started { subscription: id, invoice: None });
    }
    subscription.tell(tx, "subscription.started", None, None).await?;
    let description = format!("{}: {}", plan.name, plan.version.terms.summary());
    let amount = plan.version.terms.price;
    let first = invoices::Open {
        customer: input.customer,
        bought: Bought::Period(id, 0),
        description,
        amount,
        due: Due::InDays,
    };
    Ok(Started { subscription: id, invoice: Some(invoices::open(tx, first).await?) })
}

/// Keeps a customer from being archived until the transaction ends, and refuses if it is.
pub(super) async fn keep_living(tx: &Tx, customer: CustomerId) -> Result<(), Error> {
    let customer = customers::keep(tx, customer).await?;
    if customer.archived_at.is_some() { Err(StartRefused::CustomerArchived.into()) } else { Ok(()) }
}

async fn insert(tx: &Tx, subscription: &Stored) -> Result<(), Error> {
    tx.execute(
        sql!(
            "insert into subscriptions (organization_id, id, customer_id, plan_version_id, state, created_at)
             values ($1, $2, $3, $4, 'incomplete', $5)"
        ),
        &[
            tx.org(),
            subscription.id.as_uuid(),
            subscription.customer.as_uuid(),
            subscription.version.as_uuid(),
            &tx.now(),
        ],
    )
    .await
    .on_constraint("subscriptions_one_live", StartRefused::AlreadySubscribed)
    .map(drop)
}

async fn has_tried(tx: &Tx, customer: CustomerId, but: SubscriptionId) -> Result<bool, Error> {
    let row = tx
        .one(
            sql!(
                "select exists (select from subscriptions
                  where organization_id = $1 and customer_id = $2 and id <> $3 and trial_ends_at is not null) as tried"
            ),
            &[tx.org(), customer.as_uuid(), but.as_uuid()],
        )
        .await?;
    Ok(row.get("tried"))
}

/// A period's units to try, which end with the trial; the first period begins, and is billed, then.
async fn begin_trial(tx: &Tx, subscription: &mut Stored, plan: &Named) -> Result<(), Error> {
    let terms = &plan.version.terms;
    let zone = organizations::find::own(tx).await?.zone.rules().clone();
    let ends = tx.now().to_zoned(zone).checked_add(i64::from(terms.trial_days).days());
    let ends: Timestamp = ends.map_err(|error| Error::internal(error.to_string()))?.timestamp();
    let source = Source::new(SourceKind::Trial, format!("{}:trial", subscription.id));
    let mut lot = lot_terms(terms, source, Life { expires_at: Some(ends), rolled_until: None });
    lot.category = Category::Promotional;
    lot.price = None;
    lot.rollover = None;
    let owner = Owner::Customer(subscription.customer);
    let key = Key::new(format!("{}:trial", subscription.id));
    ledger::grant(tx, ledger::Grant { owner, terms: lot, key }).await?;
    subscription.state = SubscriptionState::Active;
    subscription.trial_ends_at = Some(ends);
    subscription.anchor_at = Some(ends);
    subscription.renews_at = Some(ends);
    subscription.write(tx, "subscription.trial_started", None).await
}

/// Begins the first period now: the subscription counts its periods from this instant.
pub(super) async fn activate(
    tx: &Tx,
    subscription: &mut Stored,
    plan: &Named,
    invoice: Option<InvoiceId>,
) -> Result<(), Error> {
    subscription.state = SubscriptionState::Active;
    subscription.anchor_at = Some(tx.now());
    subscription.next_number = 1;
    let ends_at = subscription.schedule(tx, plan).await?.start(1);
    subscription.renews_at = ends_at;
    let first = NewPeriod { number: 0, starts_at: tx.now(), ends_at, state: PeriodState::Billed, invoice };
    period::insert(tx, subscription, first).await?;
    period::grant(tx, subscription, plan, 0).await?;
    subscription.write(tx, "subscription.activated", None).await
}
