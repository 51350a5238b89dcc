//! What follows when an invoice of a subscription is paid.

use kernel::id::{InvoiceId, LotId, PlanVersionId};
use runtime::{Error, Tx};

use super::news;
use super::period::{self, PeriodState, lot_terms};
use super::rules::life;
use super::start::activate;
use super::stored::{Stored, SubscriptionState, lock};
use super::unpaid::is_overdue;
use crate::invoices::{Line, LineKind};
use crate::ledger::{self, Key, Owner, Upgrade, UpgradeMode};
use crate::plans;
use crate::plans::terms::UpgradeRule;

/// Grants what a paid line of a subscription bought: the first period begins, a later one gets its units, an upgrade is
/// done. A subscription that was overdue runs again once nothing is.
///
/// # Errors
/// `subscription.not_found`, or a fault.
pub async fn line_paid(tx: &Tx, invoice: InvoiceId, line: &Line) -> Result<(), Error> {
    let (Some(subscription), Some(number)) = (line.subscription, line.period) else { return Ok(()) };
    let mut subscription = lock(tx, subscription).await?;
    match line.kind {
        LineKind::Period if subscription.state == SubscriptionState::Incomplete => {
            let plan = plans::find::version(tx, subscription.version).await?;
            return activate(tx, &mut subscription, &plan, Some(invoice)).await;
        }
        LineKind::Period => {
            let period = period::find(tx, subscription.id, number).await?;
            let period = period.filter(|period| period.state == PeriodState::Billed);
            let version = period.map_or(subscription.version, |period| period.version);
            let plan = plans::find::version(tx, version).await?;
            period::grant(tx, &subscription, &plan, number).await?;
        }
        LineKind::Upgrade => {
            if let Some(version) = line.leads_to {
                upgrade(tx, &mut subscription, number, (version, invoice)).await?;
            }
        }
        LineKind::Overage | LineKind::TopUp | LineKind::Imported => {}
    }
    if subscription.state == SubscriptionState::PastDue && !is_overdue(tx, subscription.id).await? {
        subscription.state = SubscriptionState::Active;
        subscription.write(tx, "subscription.recovered", None).await?;
    }
    Ok(())
}

/// Takes a better plan for the rest of the period: its allowance less what was granted so far, or beside it.
async fn upgrade(
    tx: &Tx,
    subscription: &mut Stored,
    number: i32,
    (version, invoice): (PlanVersionId, InvoiceId),
) -> Result<(), Error> {
    let plan = plans::find::version(tx, version).await?;
    let period = period::find(tx, subscription.id, number)
        .await?
        .ok_or_else(|| Error::internal(format!("{} has no period {number}", subscription.id)))?;
    let terms = &plan.version.terms;
    let schedule = subscription.schedule(tx, &plan).await?;
    let source = period::upgrade_source(subscription.id, &period, (version, invoice));
    let reference = source.reference.clone();
    let lot = lot_terms(terms, source, life(terms, &schedule, number, subscription.clock(tx)));
    let mode = if terms.upgrade == UpgradeRule::Stack { UpgradeMode::Stack } else { UpgradeMode::Replace };
    let key = Key::new(format!("{reference}:upgrade"));
    let granted = match period.lot {
        Some(from) => {
            let tried = ledger::upgrade(tx, Upgrade { from, terms: lot.clone(), mode, key }).await;
            match tried {
                // All that was granted in the period was taken back, so there is nothing to deduct.
                Err(error) if error.code() == Some("ledger.lot_ended") => {
                    grant(tx, subscription, lot, &reference).await?
                }
                granted => granted?,
            }
        }
        None => grant(tx, subscription, lot, &reference).await?,
    };
    period::replace_lot(tx, (subscription.id, number), granted.lot).await?;
    let before = plans::find::version(tx, subscription.version).await?;
    subscription.version = version;
    subscription.next_version = None;
    subscription.write(tx, "subscription.upgraded", None).await?;
    news::changed(tx, subscription, (&before, &plan)).await
}

async fn grant(
    tx: &Tx,
    subscription: &Stored,
    terms: ledger::Terms,
    reference: &str,
) -> Result<ledger::Granted, Error> {
    let owner = Owner::Customer(subscription.customer);
    ledger::grant(tx, ledger::Grant { owner, terms, key: Key::new(format!("{reference}:grant")) }).await
}

/// The lot that the payment of a line granted, whatever became of it since: a period's own, also where a better plan took
/// its place, or what the better plan added.
///
/// # Errors
/// `subscription.not_found`, or a fault.
pub async fn lot_of_line(tx: &Tx, invoice: InvoiceId, line: &Line) -> Result<Option<LotId>, Error> {
    let (Some(subscription), Some(number)) = (line.subscription, line.period) else { return Ok(None) };
    let subscription = lock(tx, subscription).await?;
    let Some(period) = period::find(tx, subscription.id, number).await? else { return Ok(None) };
    let sources = match (line.kind, line.leads_to) {
        (LineKind::Period, _) => vec![period::source(subscription.id, &period)],
        (LineKind::Upgrade, Some(version)) => vec![
            period::upgrade_source(subscription.id, &period, (version, invoice)),
            period::early_upgrade_source(subscription.id, &period, version),
        ],
        _ => return Ok(None),
    };
    let unit = plans::find::version(tx, period.version).await?.version.terms.unit;
    let Some(account) = ledger::find::account(tx, Owner::Customer(subscription.customer), unit).await? else {
        return Ok(None);
    };
    for source in sources {
        if let Some(lot) = ledger::find::lot_of_source(tx, account, &source).await? {
            return Ok(Some(lot));
        }
    }
    Ok(None)
}
