use kernel::Quantity;
use kernel::id::{HoldId, Id as _};
use runtime::{Error, Tx};
use serde_json::json;

use super::operate::{Answer, Key, operate};

/// Held units that were used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// Which hold.
    pub hold: HoldId,
    /// How much was used; zero is allowed for a final capture.
    pub amount: Quantity,
    /// Whether more may follow.
    pub finality: Finality,
    /// The operation's key.
    pub key: Key,
}

/// Whether more may be captured from a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finality {
    /// The rest stays held.
    Partial,
    /// The rest is released; what of it belongs to an ended lot ends too.
    Final,
}

/// Units that were spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Captured {
    /// How many atoms of them come from a credit line: the billable overage.
    pub credit: i64,
    /// The key had been used before; nothing changed.
    pub replayed: bool,
}

impl Captured {
    pub(super) fn read(answer: &Answer) -> Self {
        Self { credit: answer.atoms("credit"), replayed: answer.replayed }
    }
}

/// Spends held units. More than the hold has is refused (`exceeds_hold`): see [`capture_more`].
///
/// # Errors
/// [`super::LedgerRefused`].
pub async fn capture(tx: &Tx, input: Capture) -> Result<Captured, Error> {
    let last = input.finality == Finality::Final;
    let amount = input.amount;
    let request = json!({"hold": input.hold.as_uuid(), "amount": amount.atoms, "unit": amount.unit, "final": last});
    let answer = operate(tx, "capture", request, &input.key).await?;
    Ok(Captured::read(&answer))
}

/// More work than was held for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureMore {
    /// Which hold; all of it is captured.
    pub hold: HoldId,
    /// How much beyond it.
    pub extra: Quantity,
    /// The operation's key.
    pub key: Key,
}

/// Spends all of a hold and so much more, in one step and under the same checks as a new hold; it may reach a credit
/// line. Whether the customer must approve that is for the caller to know.
///
/// # Errors
/// [`super::LedgerRefused`].
pub async fn capture_more(tx: &Tx, input: CaptureMore) -> Result<Captured, Error> {
    let request = json!({"hold": input.hold.as_uuid(), "extra": input.extra.atoms, "unit": input.extra.unit});
    let answer = operate(tx, "capture_more", request, &input.key).await?;
    Ok(Captured::read(&answer))
}
