//! Credit lines at their end: what was used of them is billed, carried or forgiven, once.

use kernel::id::{Id, SubscriptionId};
use kernel::{Money, Quantity};
use runtime::{Columns, Error, Tx, sql};
use uuid::Uuid;

use super::period::{self, StoredPeriod};
use super::stored::{Stored, lock};
use crate::invoices::{self, Bought, Due, cost};
use crate::ledger::{self, Key};
use crate::plans;
use crate::plans::terms::CreditClose;

/// Closes the credit line of a period, if it had one, and bills what was used of it; or carries or forgives it, as the
/// terms say under which the period was granted. Where work still holds units of it, it is watched until that work ends.
pub(super) async fn close(tx: &Tx, subscription: &Stored, period: &StoredPeriod) -> Result<(), Error> {
    let plan = plans::find::version(tx, period.version).await?;
    if let (Some(lot), Some(credit)) = (period.credit_lot, plan.version.terms.credit) {
        let overage = match credit.close {
            CreditClose::Bill => ledger::Overage::Billed,
            CreditClose::Carry => ledger::Overage::Carried,
            CreditClose::Forgive => ledger::Overage::Forgiven,
        };
        let key = Key::new(format!("{}:{}:close-credit", subscription.id, period.starts_at));
        match ledger::close_credit(tx, ledger::CloseCredit { lot, overage, key }).await {
            // A refund has voided it, or a cancellation that was taken back has closed it before.
            Err(error) if error.code() == Some("ledger.lot_ended") => {}
            closed => drop(closed?),
        }
    }
    settle(tx, subscription).await
}

/// The same for the period that runs, if one does.
pub(super) async fn close_current(tx: &Tx, subscription: &Stored) -> Result<(), Error> {
    let Some(number) = subscription.current_number() else { return Ok(()) };
    let Some(period) = period::find(tx, subscription.id, number).await? else { return Ok(()) };
    close(tx, subscription, &period).await
}

/// Follows when the payment of a period is given back: its credit line is voided with it, and units that work still holds
/// of it go when that work gives them back. What was used of the line was never part of the payment, so it is owed as the
/// plan says, in money or in units, or it is forgiven.
///
/// # Errors
/// `subscription.not_found`, or a fault.
pub async fn period_refunded(tx: &Tx, subscription: SubscriptionId, number: i32) -> Result<(), Error> {
    let subscription = lock(tx, subscription).await?;
    let Some(period) = period::find(tx, subscription.id, number).await? else { return Ok(()) };
    let plan = plans::find::version(tx, period.version).await?;
    let (Some(lot), Some(credit)) = (period.credit_lot, plan.version.terms.credit) else { return Ok(()) };
    let spent = match credit.close {
        CreditClose::Bill => ledger::Spent::Bill,
        CreditClose::Carry => ledger::Spent::Debt,
        CreditClose::Forgive => ledger::Spent::Forgive,
    };
    let key =
        Key::new(format!("{}:{}:void-credit", subscription.id, period.starts_at)).because("Its payment was refunded.");
    ledger::void(tx, ledger::Void { lot, spent, key }).await?;
    settle(tx, &subscription).await
}

/// Subscriptions of the organization with a closed credit line of which more was used since, or whose last work ended;
/// not those of `but`.
///
/// # Errors
/// A fault.
pub(super) async fn unsettled(tx: &Tx, but: &[Uuid], limit: i64) -> Result<Vec<SubscriptionId>, Error> {
    let rows = tx
        .rows(
            sql!(
                "select distinct p.subscription_id from subscription_periods p
                 join allowance_lots l on l.organization_id = p.organization_id and l.id = p.credit_lot_id
                 where p.organization_id = $1 and p.credit_watched
                   and (l.held = 0 or l.ended_as in ('billed', 'voided_billed') and l.consumed > p.credit_billed)
                   and p.subscription_id <> all ($3)
                 order by p.subscription_id limit $2"
            ),
            &[tx.org(), &limit, &but],
        )
        .await?;
    Ok(rows.iter().map(|row| row.id("subscription_id")).collect())
}

/// Bills what work used of closed credit lines after their closing, in whatever state the subscription is by now.
///
/// # Errors
/// `subscription.not_found`, or a fault.
pub(super) async fn settle_late(tx: &Tx, subscription: SubscriptionId) -> Result<(), Error> {
    let subscription = lock(tx, subscription).await?;
    settle(tx, &subscription).await
}

/// Bills what was used of closed credit lines and has not been billed: at their closing, and later for work that held
/// units of them and ended afterwards. An invoice that was taken back counts as billed.
async fn settle(tx: &Tx, subscription: &Stored) -> Result<(), Error> {
    let rows = tx
        .rows(
            sql!(
                "select p.number, l.unit_code, l.consumed, l.price_minor, l.price_atoms, l.currency, n.name,
                        billed.minor as billed
                 from subscription_periods p
                 join (select l.*, a.unit_code from allowance_lots l
                       join allowance_accounts a on a.organization_id = l.organization_id and a.id = l.account_id) l
                   on l.organization_id = p.organization_id and l.id = p.credit_lot_id
                 join plan_versions v on v.organization_id = p.organization_id and v.id = p.plan_version_id
                 join plans n on n.organization_id = v.organization_id and n.id = v.plan_id
                 join lateral (select coalesce(sum(b.amount_minor), 0)::bigint as minor from invoice_lines b
                               where b.organization_id = $1 and b.subscription_id = $2 and b.kind = 'overage'
                                 and b.period_number = p.number) billed on true
                 where p.organization_id = $1 and p.subscription_id = $2 and l.consumed > p.credit_billed
                   and l.ended_as in ('billed', 'voided_billed') and l.price_minor > 0
                 order by p.number"
            ),
            &[tx.org(), subscription.id.as_uuid()],
        )
        .await?;
    for row in rows {
        let rate = Money::new(row.get("price_minor"), row.word("currency")?);
        let (number, consumed): (i32, i64) = (row.get("number"), row.get("consumed"));
        let whole = cost(consumed, rate, row.get("price_atoms"))?;
        let amount = Money::new(whole.minor - row.get::<_, i64>("billed"), rate.currency);
        if amount.minor > 0 {
            let used = Quantity::new(consumed, row.word("unit_code")?);
            let plan: &str = row.get("name");
            let description = format!("{plan}: {used} beyond the allowance of a period");
            let bought = Bought::Overage(subscription.id, number);
            let customer = subscription.customer;
            let bill = invoices::Open { customer, bought, description, amount, due: Due::InDays };
            invoices::open(tx, bill).await?;
        }
    }
    watch(tx, subscription.id).await
}

/// Notes what is billed now, and which credit lines may still be used by work that holds units of them.
async fn watch(tx: &Tx, subscription: SubscriptionId) -> Result<(), Error> {
    tx.execute(
        sql!(
            "update subscription_periods p
                set credit_billed = case when l.ended_as in ('billed', 'voided_billed') then l.consumed else p.credit_billed end,
                    credit_watched = l.held > 0
               from allowance_lots l
              where p.organization_id = $1 and p.subscription_id = $2 and l.organization_id = p.organization_id
                and l.id = p.credit_lot_id and l.ended_as is not null
                and (p.credit_watched or l.held > 0 or l.consumed > p.credit_billed)"
        ),
        &[tx.org(), subscription.as_uuid()],
    )
    .await
    .map(drop)
}
