use kernel::id::{Id as _, LotId};
use runtime::{Error, Tx};
use serde_json::json;

use super::operate::{Key, operate};

/// A lot to take back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Void {
    /// Which lot.
    pub lot: LotId,
    /// What becomes of units that were spent already.
    pub spent: Spent,
    /// The operation's key.
    pub key: Key,
}

/// What becomes of the spent units of a lot that is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// They are owed: the payment was refunded or charged back.
    Debt,
    /// They are owed in money; the caller writes the bill.
    Bill,
    /// They are forgiven.
    Forgive,
}

/// Takes back what is unheld of a lot and of the lots that were rolled or given back out of it. Held units follow when
/// their hold closes. Returns the debt that it made, in atoms.
///
/// # Errors
/// [`super::LedgerRefused`].
pub async fn void(tx: &Tx, input: Void) -> Result<i64, Error> {
    let spent = match input.spent {
        Spent::Debt => "debt",
        Spent::Bill => "bill",
        Spent::Forgive => "forgive",
    };
    let request = json!({"lot": input.lot.as_uuid(), "spent": spent});
    Ok(operate(tx, "void", request, &input.key).await?.atoms("debt"))
}
