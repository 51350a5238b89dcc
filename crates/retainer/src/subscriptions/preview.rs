//! What going over to another plan would come to, before anybody decides.

use jiff::Timestamp;
use kernel::id::{PlanId, SubscriptionId};
use kernel::{Decimal, Money, Permission, Quantity, Unit};
use runtime::{Error, Tx};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::change_plan::{When, Wish, difference};
use super::period::StoredPeriod;
use super::rules::life;
use super::stored::look;
use crate::ledger;
use crate::plans::terms::UpgradeRule;

/// What going over to another plan would come to.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Preview {
    /// The name of the plan that runs.
    pub present: String,
    /// The name of the plan that was asked about.
    pub plan: String,
    /// Whether it is the plan that runs, so that choosing it only drops what was arranged.
    pub drops: bool,
    /// What counts the units.
    pub unit: Unit,
    /// Taken in the period that runs; null where that cannot be.
    pub now: Option<TakenNow>,
    /// Taken with the next period; null where the present plan stays.
    pub next_period: Option<TakenNext>,
    /// What a change does that does not say when; null where the present plan stays.
    pub default: Option<When>,
    /// Stands for what is told here. Sent along with the change, that is done only if it still comes to the same.
    pub seen: String,
}

/// A plan that is taken in the period that runs.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct TakenNow {
    /// What is billed at once.
    pub amount: Money,
    /// What comes when that is paid; null for units without limit.
    pub comes: Option<Decimal>,
    /// When these units end; never, when null.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Timestamp>,
}

/// A plan that is taken with the next period.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct TakenNext {
    /// When that begins; not known while the plan was brought along and is billed elsewhere.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// What is billed for each period from then on.
    pub price: Money,
    /// What each period brings; null for units without limit.
    pub brings: Option<Decimal>,
}

/// What [`super::change_plan`] would do. Nothing changes, and nobody is told.
///
/// # Errors
/// What that refuses, or a fault.
pub async fn preview_change(tx: &Tx, subscription: SubscriptionId, plan: PlanId) -> Result<Preview, Error> {
    tx.require(Permission::BillingWrite)?;
    of(tx, &Wish::of(tx, look(tx, subscription).await?, plan).await?).await
}

/// What a wish comes to.
pub(super) async fn of(tx: &Tx, wish: &Wish) -> Result<Preview, Error> {
    let terms = &wish.target.version.terms;
    let now = match &wish.upgradable {
        Some(period) => Some(taken_now(tx, wish, period).await?),
        None => None,
    };
    let brings = terms.allowance().map(Decimal::of);
    let next_period =
        (!wish.drops()).then_some(TakenNext { from: wish.subscription.renews_at, price: terms.price, brings });
    let default = next_period.as_ref().map(|_| if now.is_some() { When::Now } else { When::NextPeriod });
    let seen = seen(wish, now.as_ref(), next_period.as_ref())?;
    Ok(Preview {
        present: wish.present.name.clone(),
        plan: wish.target.name.clone(),
        drops: wish.drops(),
        unit: terms.unit,
        now,
        next_period,
        default,
        seen,
    })
}

/// A fingerprint of all that whoever decides goes by: the terms, the amounts and the period. What counts on with the clock,
/// such as when units end that are not there yet, is left out.
fn seen(wish: &Wish, now: Option<&TakenNow>, next: Option<&TakenNext>) -> Result<String, Error> {
    let told = serde_json::to_vec(&json!({
        "present": wish.present.version.id, "plan": wish.target.version.id,
        "now": now.map(|now| json!([now.amount, now.comes])), "next": next,
    }))?;
    Ok(hex::encode(&Sha256::digest(told)[..12]))
}

async fn taken_now(tx: &Tx, wish: &Wish, period: &StoredPeriod) -> Result<TakenNow, Error> {
    let terms = &wish.target.version.terms;
    let schedule = wish.subscription.schedule(tx, &wish.target).await?;
    let whole = terms.quantity.map(|atoms| Quantity::new(atoms, terms.unit));
    let comes = match (whole, period.lot) {
        (Some(whole), Some(from)) if terms.upgrade == UpgradeRule::Replace => {
            Some(ledger::upgrade_brings(tx, from, whole).await?)
        }
        (whole, _) => whole,
    };
    Ok(TakenNow {
        amount: difference(tx, wish.subscription.id, period.number, terms.price).await?,
        comes: comes.map(Decimal::of),
        ends_at: life(terms, &schedule, period.number, wish.subscription.clock(tx)).expires_at,
    })
}
