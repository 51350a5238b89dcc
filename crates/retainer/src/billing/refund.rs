//! Giving money back.

use kernel::id::{Id, InvoiceId, LotId, PaymentId, RefundId};
use kernel::text::Reason;
use kernel::{Decimal, Money, Permission, Quantity};
use runtime::{Change, Columns, Error, Tx, sql};

use super::pay::lock_in_order;
use super::top_up;
use crate::invoices::{self, Line, LineKind};
use crate::ledger::allowance::{Allowance, allowances};
use crate::ledger::{self, Key, Spent, Void};
use crate::subscriptions::{self, Outcome, PlanAfter};

/// Money to give back.
#[derive(Debug, Clone)]
pub struct GiveBack {
    /// Of which payment.
    pub payment: PaymentId,
    /// How much; all that is left of it, where it is none.
    pub amount: Option<Money>,
    /// Why.
    pub reason: Reason,
    /// What was left of the payment when somebody was asked; whoever was not does not mind.
    pub seen_left: Option<Money>,
}

runtime::refusals! {
    /// Why money was not given back.
    pub enum RefundRefused {
        /// There is no such payment.
        NotFound => NotFound, "payment.not_found", "There is no such payment.";
        /// More than is left of it.
        TooMuch { left: Money } => Conflict, "refund.too_much", "Only {left} of this payment can still be given back.", at "/amount";
        /// Somebody gave some of it back meanwhile.
        Stale { left: Money } => Stale, "refund.stale", "Somebody gave some of this payment back meanwhile: {left} are left of it. Look again, then repeat what you still want.";
        /// Nothing.
        Nothing => Invalid, "refund.nothing", "A refund is more than zero.", at "/amount";
    }
}

/// What was given back.
#[derive(Debug, Clone)]
pub struct GivenBack {
    /// The refund.
    pub refund: RefundId,
    /// Whether the payment is now given back in full, and what it bought is taken back.
    pub in_full: bool,
    /// What became of the plan, if the payment was for one and is given back in full.
    pub plan: Option<PlanAfter>,
    /// What becomes of what was bought, in the customer's words.
    pub goes_with: Vec<String>,
}

/// Whether so much can be given back of a payment of which this is left.
///
/// # Errors
/// [`RefundRefused`].
pub(super) fn check_amount(amount: Money, left: Money) -> Result<(), RefundRefused> {
    if amount.currency != left.currency || amount.minor > left.minor || left.minor == 0 {
        return Err(RefundRefused::TooMuch { left });
    }
    if amount.minor <= 0 { Err(RefundRefused::Nothing) } else { Ok(()) }
}

/// Gives money back. Once the whole payment is, what it bought is taken back: unused units go, used ones become debt,
/// which the next units pay first, and the credit line of a period ends; a better plan gives way to the one before it. A
/// part of it leaves the units with the customer, and the plan as it is.
///
/// # Errors
/// [`RefundRefused`], `permission.missing`, or a fault.
pub async fn refund(tx: &Tx, input: GiveBack) -> Result<GivenBack, Error> {
    tx.require(Permission::BillingWrite)?;
    lock_in_order(tx, invoice_of(tx, input.payment).await?).await?;
    let row = tx
        .optional(
            sql!(
                "select p.customer_id, p.invoice_id, p.amount_minor, p.currency from payments p
                 join invoices i on i.organization_id = p.organization_id and i.id = p.invoice_id
                 where p.organization_id = $1 and p.id = $2 for update of i"
            ),
            &[tx.org(), input.payment.as_uuid()],
        )
        .await?
        .ok_or(RefundRefused::NotFound)?;
    // Summed after the lock, in a statement of its own: two refunds at once must see each other.
    let refunded = tx
        .one(
            sql!(
                "select coalesce(sum(amount_minor), 0)::bigint as minor from refunds
                 where organization_id = $1 and payment_id = $2"
            ),
            &[tx.org(), input.payment.as_uuid()],
        )
        .await?;
    let (paid, refunded): (i64, i64) = (row.get("amount_minor"), refunded.get("minor"));
    let left = Money::new(paid - refunded, row.word("currency")?);
    if input.seen_left.is_some_and(|seen| seen != left) {
        return Err(RefundRefused::Stale { left }.into());
    }
    let amount = input.amount.unwrap_or(left);
    check_amount(amount, left)?;
    let refund = tx.new_id::<RefundId>();
    insert(tx, refund, (input.payment, &row), (amount, &input.reason)).await?;
    let in_full = amount == left;
    let (mut debt, mut plan) = (0, None);
    let (customer, invoice) = (row.id("customer_id"), row.id("invoice_id"));
    let mut goes_with = vec![UNCHANGED.to_owned()];
    if in_full {
        let before = allowances(tx, customer).await?;
        invoices::mark_refunded(tx, invoice).await?;
        let lines = invoices::find::lines(tx, invoice).await?;
        for lot in lots_of(tx, invoice, &lines).await? {
            debt += take_back(tx, lot, refund).await?;
        }
        plan = after_plans(tx, &lines).await?;
        goes_with = taken_along(&before, &allowances(tx, customer).await?, plan.as_ref());
    }
    invoices::tell_refunded(tx, invoice, (amount, input.reason.as_str()), &goes_with).await?;
    tx.record(Change::new("payment.refunded", "payment", input.payment).after(serde_json::json!({
        "refund": refund, "amount": amount, "reason": input.reason, "in_full": in_full, "debt_atoms": debt,
        "plan": plan.as_ref().map(|plan| &plan.sentence),
    })));
    Ok(GivenBack { refund, in_full, plan, goes_with })
}

/// What is said where no unit goes with the money.
const UNCHANGED: &str = "What you have left does not change by it.";

/// What goes with the money, in words: units that were left, units that were used, and the plan.
fn taken_along(before: &[Allowance], after: &[Allowance], plan: Option<&PlanAfter>) -> Vec<String> {
    let mut words = Vec::new();
    for was in before {
        let Some(is) = after.iter().find(|is| is.unit == was.unit) else { continue };
        let less =
            |a: &Decimal, b: &Decimal| Quantity::new(a.quantity(was.unit).atoms - b.quantity(was.unit).atoms, was.unit);
        let (gone, owed) = (less(&was.left, &is.left), less(&is.debt, &was.debt));
        if gone.atoms > 0 {
            words.push(format!("{gone} that it bought and that were left go with it."));
        }
        if owed.atoms > 0 {
            words.push(format!("{owed} of it were used; they are owed and come off what you get next."));
        }
    }
    if words.is_empty() {
        words.push(UNCHANGED.to_owned());
    }
    words.extend(plan.filter(|plan| plan.outcome == Outcome::Restored).map(|plan| plan.sentence.clone()));
    words
}

async fn invoice_of(tx: &Tx, payment: PaymentId) -> Result<InvoiceId, Error> {
    let row = tx
        .optional(
            sql!("select invoice_id from payments where organization_id = $1 and id = $2"),
            &[tx.org(), payment.as_uuid()],
        )
        .await?;
    Ok(row.ok_or(RefundRefused::NotFound)?.id("invoice_id"))
}

async fn insert(
    tx: &Tx,
    refund: RefundId,
    (payment, row): (PaymentId, &tokio_postgres::Row),
    (amount, reason): (Money, &Reason),
) -> Result<(), Error> {
    let customer: uuid::Uuid = row.get("customer_id");
    tx.execute(
        sql!(
            "insert into refunds (organization_id, id, payment_id, customer_id, amount_minor, currency, reason, refunded_at,
                    created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $8)"
        ),
        &[
            tx.org(),
            refund.as_uuid(),
            payment.as_uuid(),
            &customer,
            &amount.minor,
            &amount.currency.to_string(),
            &reason.as_str(),
            &tx.now(),
        ],
    )
    .await
    .map(drop)
}

/// The lots that an invoice's payment granted, and no other payment.
async fn lots_of(tx: &Tx, invoice: InvoiceId, lines: &[Line]) -> Result<Vec<LotId>, Error> {
    let mut lots = Vec::new();
    for line in lines {
        lots.extend(match line.top_up {
            Some(top_up) => top_up::lot(tx, top_up).await?,
            None => subscriptions::lot_of_line(tx, invoice, line).await?,
        });
    }
    Ok(lots)
}

async fn take_back(tx: &Tx, lot: LotId, refund: RefundId) -> Result<i64, Error> {
    let key = Key::new(format!("{refund}:{lot}:void")).because("Its payment was refunded.");
    match ledger::void(tx, Void { lot, spent: Spent::Debt, key }).await {
        // A refund of another payment took it back: until 0019 that of an upgrade took everything.
        Err(error) if error.code() == Some("ledger.lot_ended") => Ok(0),
        debt => debt,
    }
}

/// A period that was paid for no more has no credit line either, and what counted from it is counted anew.
async fn after_plans(tx: &Tx, lines: &[Line]) -> Result<Option<PlanAfter>, Error> {
    let mut plan = None;
    for line in lines {
        if let (LineKind::Period, Some(subscription), Some(period)) = (line.kind, line.subscription, line.period) {
            subscriptions::period_refunded(tx, subscription, period).await?;
        }
        plan = subscriptions::plan_refunded(tx, line).await?.or(plan);
    }
    Ok(plan)
}
