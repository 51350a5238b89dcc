//! Periods: each has one row, and is granted once.

use jiff::Timestamp;
use kernel::Quantity;
use kernel::id::{Id, InvoiceId, LotId, PlanVersionId, SubscriptionId};
use runtime::{Columns, Error, Tx, sql};

use super::rules::{CreditLife, Life, credit_life, life};
use super::stored::Stored;
use crate::ledger::{self, Amount, Category, Key, Owner, Price, Rollover, Source, SourceKind};
use crate::plans::Terms;
use crate::plans::find::Named;
use crate::plans::terms::RolloverRule;

kernel::words! {
    /// How a period stands.
    PeriodState, "state" {
        /// Waits for its payment.
        Billed = "billed",
        /// Its units are there.
        Granted = "granted",
        /// Over, or given up, before it was paid.
        Lapsed = "lapsed",
        /// Not billed, because an earlier one is overdue.
        Skipped = "skipped",
    }
}

/// A period as it is kept.
#[derive(Debug, Clone)]
pub(super) struct StoredPeriod {
    pub(super) number: i32,
    pub(super) version: PlanVersionId,
    pub(super) starts_at: Timestamp,
    pub(super) state: PeriodState,
    pub(super) lot: Option<LotId>,
    pub(super) credit_lot: Option<LotId>,
}

/// A new period.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewPeriod {
    pub(super) number: i32,
    pub(super) starts_at: Timestamp,
    pub(super) ends_at: Option<Timestamp>,
    pub(super) state: PeriodState,
    pub(super) invoice: Option<InvoiceId>,
}

/// Writes the row of a period. A second one for the same period fails.
pub(super) async fn insert(tx: &Tx, subscription: &Stored, period: NewPeriod) -> Result<(), Error> {
    tx.execute(
        sql!(
            "insert into subscription_periods (organization_id, subscription_id, number, plan_version_id, starts_at, ends_at,
                    state, invoice_id, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        ),
        &[
            tx.org(),
            subscription.id.as_uuid(),
            &period.number,
            subscription.version.as_uuid(),
            &period.starts_at,
            &period.ends_at,
            &period.state.word(),
            &period.invoice.map(Id::uuid),
            &tx.now(),
        ],
    )
    .await
    .map(drop)
}

/// A period of a locked subscription.
pub(super) async fn find(tx: &Tx, subscription: SubscriptionId, number: i32) -> Result<Option<StoredPeriod>, Error> {
    let row = tx
        .optional(
            sql!(
                "select number, plan_version_id, starts_at, state, lot_id, credit_lot_id from subscription_periods
                 where organization_id = $1 and subscription_id = $2 and number = $3"
            ),
            &[tx.org(), subscription.as_uuid(), &number],
        )
        .await?;
    row.map(|row| {
        Ok(StoredPeriod {
            number: row.get("number"),
            version: row.id("plan_version_id"),
            starts_at: row.get("starts_at"),
            state: row.word("state")?,
            lot: row.id_or_none("lot_id"),
            credit_lot: row.id_or_none("credit_lot_id"),
        })
    })
    .transpose()
}

/// Grants a period: its lot, and its credit line where the plan has one. The ledger's natural key and the period's row
/// both see to it that this happens once.
pub(super) async fn grant(tx: &Tx, subscription: &Stored, plan: &Named, number: i32) -> Result<(), Error> {
    let period = find(tx, subscription.id, number)
        .await?
        .ok_or_else(|| Error::internal(format!("{} has no period {number}", subscription.id)))?;
    if period.state == PeriodState::Granted {
        return Ok(());
    }
    let terms = &plan.version.terms;
    let schedule = subscription.schedule(tx, plan).await?;
    let source = source(subscription.id, &period);
    let reference = source.reference.clone();
    let lot_terms = lot_terms(terms, source, life(terms, &schedule, number, subscription.clock(tx)));
    let owner = Owner::Customer(subscription.customer);
    let key = Key::new(format!("{reference}:grant"));
    let lot = ledger::grant(tx, ledger::Grant { owner, terms: lot_terms, key }).await?.lot;
    let credit_life = credit_life(&schedule, number, subscription.clock(tx));
    let credit = grant_credit(tx, owner, (terms, credit_life), &reference).await?;
    mark_granted(tx, (subscription.id, number), lot, credit).await
}

/// Where the units of a period come from: the ledger grants them once, and finds them again by it.
pub(super) fn source(subscription: SubscriptionId, period: &StoredPeriod) -> Source {
    Source::new(SourceKind::PlanPeriod, format!("{subscription}:{}", period.starts_at))
}

/// Where the units come from that a better plan adds to a period. The same plan may be bought again once its money was
/// given back, so the invoice is part of it.
pub(super) fn upgrade_source(
    subscription: SubscriptionId,
    period: &StoredPeriod,
    (to, invoice): (PlanVersionId, InvoiceId),
) -> Source {
    Source::new(SourceKind::PlanPeriod, format!("{subscription}:{}:{to}:{invoice}", period.starts_at))
}

/// The same of those that were bought before invoices were part of it.
pub(super) fn early_upgrade_source(subscription: SubscriptionId, period: &StoredPeriod, to: PlanVersionId) -> Source {
    Source::new(SourceKind::PlanPeriod, format!("{subscription}:{}:{to}", period.starts_at))
}

/// The terms of a lot that a plan grants.
pub(super) fn lot_terms(terms: &Terms, source: Source, life: Life) -> ledger::Terms {
    let amount = terms.allowance().map_or(Amount::Unlimited(terms.unit), Amount::Limited);
    let cap = match terms.rollover {
        RolloverRule::None => None,
        RolloverRule::Cap => terms.rollover_cap,
        RolloverRule::All => terms.quantity,
    };
    let free = terms.price.minor == 0;
    ledger::Terms {
        category: if free { Category::Promotional } else { Category::Paid },
        price: terms.quantity.map(|atoms| Price { money: terms.price, atoms }),
        expires_at: life.expires_at,
        rollover: cap
            .filter(|_| life.expires_at.is_some())
            .map(|cap| Rollover { cap: Quantity::new(cap, terms.unit), expires_at: life.rolled_until }),
        ..ledger::Terms::new(amount, source)
    }
}

async fn grant_credit(
    tx: &Tx,
    owner: Owner,
    (terms, life): (&Terms, CreditLife),
    reference: &str,
) -> Result<Option<LotId>, Error> {
    let ends_at = match life {
        CreditLife::Over => return Ok(None),
        CreditLife::Until(end) => Some(end),
        CreditLife::Open => None,
    };
    let Some(credit) = terms.credit else { return Ok(None) };
    let source = Source::new(SourceKind::CreditLine, reference);
    let line = ledger::Terms {
        price: Some(Price { money: credit.rate, atoms: terms.unit.atoms() }),
        expires_at: ends_at,
        ..ledger::Terms::new(Amount::Limited(Quantity::new(credit.limit, terms.unit)), source)
    };
    let key = Key::new(format!("{reference}:credit"));
    Ok(Some(ledger::grant(tx, ledger::Grant { owner, terms: line, key }).await?.lot))
}

async fn mark_granted(
    tx: &Tx,
    (subscription, number): (SubscriptionId, i32),
    lot: LotId,
    credit: Option<LotId>,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "update subscription_periods set state = 'granted', lot_id = $4, credit_lot_id = $5, granted_at = $6
             where organization_id = $1 and subscription_id = $2 and number = $3"
        ),
        &[tx.org(), subscription.as_uuid(), &number, lot.as_uuid(), &credit.map(Id::uuid), &tx.now()],
    )
    .await
    .map(drop)
}

/// Puts another lot in the place of a period's lot, after an upgrade.
pub(super) async fn replace_lot(tx: &Tx, (id, number): (SubscriptionId, i32), lot: LotId) -> Result<(), Error> {
    tx.execute(
        sql!(
            "update subscription_periods set lot_id = $4
             where organization_id = $1 and subscription_id = $2 and number = $3"
        ),
        &[tx.org(), id.as_uuid(), &number, lot.as_uuid()],
    )
    .await
    .map(drop)
}
