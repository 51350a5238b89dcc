//! What a subscription still owes, and what becomes of it.

use kernel::id::{Id, InvoiceId, SubscriptionId};
use runtime::{Columns, Error, Tx, sql};

use super::stored::{SubscriptionState, lock};
use crate::invoices;

/// Whether something of it should have been paid by now.
pub(super) async fn is_overdue(tx: &Tx, subscription: SubscriptionId) -> Result<bool, Error> {
    let row = tx
        .one(
            sql!(
                "select exists (select from invoices i
                   join invoice_lines l on l.organization_id = i.organization_id and l.invoice_id = i.id
                  where i.organization_id = $1 and l.subscription_id = $2 and l.kind in ('period', 'overage')
                    and i.state = 'open' and i.due_at <= $3) as overdue"
            ),
            &[tx.org(), subscription.as_uuid(), &tx.now()],
        )
        .await?;
    Ok(row.get("overdue"))
}

/// Takes back its open invoices for periods and upgrades; what was used beyond the allowance stays owed.
pub(super) async fn void_open(tx: &Tx, subscription: SubscriptionId, reason: &str) -> Result<(), Error> {
    void_those(tx, subscription, &["period", "upgrade"], reason).await
}

/// Takes back its open invoices for upgrades.
pub(super) async fn void_upgrades(tx: &Tx, subscription: SubscriptionId) -> Result<(), Error> {
    void_those(tx, subscription, &["upgrade"], "The upgrade was not paid in its period, or replaced by another.").await
}

/// Takes back its open invoices for upgrades, because what they counted from was given back.
pub(super) async fn void_uncounted(tx: &Tx, subscription: SubscriptionId) -> Result<(), Error> {
    void_those(tx, subscription, &["upgrade"], "What it counted from was given back.").await
}

async fn void_those(tx: &Tx, subscription: SubscriptionId, kinds: &[&str], reason: &str) -> Result<(), Error> {
    let rows = tx
        .rows(
            sql!(
                "select i.id from invoices i
                 where i.organization_id = $1 and i.state = 'open' and exists (
                    select from invoice_lines l where l.organization_id = $1 and l.invoice_id = i.id
                       and l.subscription_id = $2 and l.kind = any ($3))
                 order by i.id"
            ),
            &[tx.org(), subscription.as_uuid(), &kinds],
        )
        .await?;
    for row in rows {
        let invoice = invoices::lock(tx, row.id("id")).await?;
        if invoices::must_be_open(&invoice).is_ok() {
            invoices::mark_void(tx, &invoice, reason).await?;
            lapse(tx, invoice.id).await?;
        }
    }
    Ok(())
}

async fn lapse(tx: &Tx, invoice: InvoiceId) -> Result<(), Error> {
    tx.execute(
        sql!(
            "update subscription_periods set state = 'lapsed'
             where organization_id = $1 and invoice_id = $2 and state = 'billed'"
        ),
        &[tx.org(), invoice.as_uuid()],
    )
    .await
    .map(drop)
}

/// Follows when staff take back an invoice of a subscription: its period lapses; a subscription that never began is
/// cancelled; one that is no longer overdue runs again.
///
/// # Errors
/// `subscription.not_found`, or a fault.
pub async fn invoice_voided(tx: &Tx, subscription: SubscriptionId, invoice: InvoiceId) -> Result<(), Error> {
    let mut subscription = lock(tx, subscription).await?;
    lapse(tx, invoice).await?;
    if subscription.state == SubscriptionState::Incomplete {
        subscription.stop(SubscriptionState::Cancelled, tx.now());
        return subscription.write(tx, "subscription.cancelled", Some("Its first invoice was taken back.")).await;
    }
    if subscription.state == SubscriptionState::PastDue && !is_overdue(tx, subscription.id).await? {
        subscription.state = SubscriptionState::Active;
        return subscription.write(tx, "subscription.recovered", Some("The overdue invoice was taken back.")).await;
    }
    Ok(())
}
