//! What becomes of a plan when its payment was given back in full.

use kernel::id::{Id, PlanVersionId, SubscriptionId};
use runtime::{Columns, Error, Tx, sql};

use super::period;
use super::stored::{Stored, lock};
use super::unpaid::void_uncounted;
use crate::invoices::{Line, LineKind};
use crate::plans;
use crate::plans::find::Named;

kernel::words! {
    /// What became of the plan.
    Outcome, "outcome" {
        /// It is again the one that was there before the upgrade.
        Restored = "restored",
        /// It stays as it is.
        Kept = "kept",
    }
}

/// The plan after its payment was given back in full.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct PlanAfter {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// What became of its plan.
    pub outcome: Outcome,
    /// The name of the plan that runs now.
    pub plan: String,
    /// The same in a sentence, with the reason where it stays.
    pub sentence: String,
}

impl PlanAfter {
    fn restored(subscription: &Stored, (from, to): (&Named, &Named)) -> Self {
        let plan = to.name.clone();
        let from = &from.name;
        let sentence =
            format!("The plan is {plan} again instead of {from} from now on, and the next period is billed as that.");
        Self { subscription: subscription.id, outcome: Outcome::Restored, plan, sentence }
    }

    fn kept(subscription: &Stored, plan: &Named, because: &str) -> Self {
        let plan = plan.name.clone();
        let sentence = format!("The plan stays {plan}: {because}. Change or cancel it if it should not go on.");
        Self { subscription: subscription.id, outcome: Outcome::Kept, plan, sentence }
    }
}

/// Follows when a payment for a period or for a better plan was given back in full: an open invoice for a better plan
/// counts from what it paid for, so that invoice is taken back. Whoever gets a better plan's money back goes back to the
/// plan that they had before, unless that is no longer sold or something else was chosen since; a plan of which a period
/// is given back goes on.
///
/// # Errors
/// `subscription.not_found`, or a fault.
pub async fn plan_refunded(tx: &Tx, line: &Line) -> Result<Option<PlanAfter>, Error> {
    let (Some(subscription), Some(number)) = (line.subscription, line.period) else { return Ok(None) };
    if !matches!(line.kind, LineKind::Period | LineKind::Upgrade) {
        return Ok(None);
    }
    let mut subscription = lock(tx, subscription).await?;
    void_uncounted(tx, subscription.id).await?;
    let present = plans::find::version(tx, subscription.version).await?;
    let Some(upgrade) = line.leads_to else {
        let goes_on = subscription.ended_at.is_none() && !subscription.cancel_at_period_end;
        return Ok(goes_on.then(|| PlanAfter::kept(&subscription, &present, "only a period of it is given back")));
    };
    if let Some(because) = changed_since(&subscription, upgrade, number) {
        return keep(tx, &subscription, &present, because).await.map(Some);
    }
    let Some(before) = standing(tx, subscription.id, number).await? else { return Ok(None) };
    let before = plans::find::version(tx, before).await?;
    if plans::find::is_archived(tx, before.plan).await? {
        let because = format!("{}, which it was before, is no longer sold", before.name);
        return keep(tx, &subscription, &present, &because).await.map(Some);
    }
    subscription.version = before.version.id;
    let why = format!("The payment for {} was given back; the plan is {} again.", present.name, before.name);
    subscription.write(tx, "subscription.upgrade_undone", Some(&why)).await?;
    Ok(Some(PlanAfter::restored(&subscription, (&present, &before))))
}

/// Why it cannot be as before: something came after the upgrade that somebody wanted or paid for.
fn changed_since(subscription: &Stored, upgrade: PlanVersionId, number: i32) -> Option<&'static str> {
    if subscription.version != upgrade {
        Some("it was changed again since")
    } else if subscription.next_version.is_some() {
        Some("another plan is arranged for the next period")
    } else if subscription.current_number() != Some(number) {
        Some("a later period of it has begun")
    } else {
        None
    }
}

async fn keep(tx: &Tx, subscription: &Stored, present: &Named, because: &str) -> Result<PlanAfter, Error> {
    let after = PlanAfter::kept(subscription, present, because);
    subscription.write(tx, "subscription.plan_kept", Some(&after.sentence)).await?;
    Ok(after)
}

/// The plan that stays paid of a period: that of the newest upgrade that was not given back, else its own.
async fn standing(tx: &Tx, subscription: SubscriptionId, number: i32) -> Result<Option<PlanVersionId>, Error> {
    let row = tx
        .optional(
            sql!(
                "select l.plan_version_id from invoice_lines l
                 join invoices i on i.organization_id = l.organization_id and i.id = l.invoice_id
                 where l.organization_id = $1 and l.subscription_id = $2 and l.period_number = $3
                   and l.kind = 'upgrade' and i.state = 'paid'
                 order by i.paid_at desc, i.id desc limit 1"
            ),
            &[tx.org(), subscription.as_uuid(), &number],
        )
        .await?;
    match row {
        Some(row) => Ok(Some(row.id("plan_version_id"))),
        None => Ok(period::find(tx, subscription, number).await?.map(|period| period.version)),
    }
}
