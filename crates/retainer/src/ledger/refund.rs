use kernel::id::{HoldId, Id as _};
use runtime::{Error, Tx};
use serde_json::json;

use super::operate::{Key, operate};
use super::release::{Fault, Portion};

/// Spent units to give back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// The hold that they were captured from.
    pub hold: HoldId,
    /// How much of what was captured and not yet given back.
    pub amount: Portion,
    /// Why; matters only where their lot has ended meanwhile.
    pub fault: Fault,
    /// The operation's key.
    pub key: Key,
}

/// Units that were given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refunded {
    /// How many atoms.
    pub atoms: i64,
    /// The key had been used before; nothing changed.
    pub replayed: bool,
}

/// Gives captured units back in reverse order of the lots that they came from. If they had become debt, because their
/// payment was returned, the debt goes first.
///
/// # Errors
/// [`super::LedgerRefused`].
pub async fn refund(tx: &Tx, input: Refund) -> Result<Refunded, Error> {
    let mut request = json!({"hold": input.hold.as_uuid()});
    input.amount.add_to(&mut request);
    input.fault.add_to(&mut request);
    let answer = operate(tx, "refund", request, &input.key).await?;
    Ok(Refunded { atoms: answer.atoms("refunded"), replayed: answer.replayed })
}
