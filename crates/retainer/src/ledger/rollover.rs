use kernel::id::{Id as _, LotId};
use runtime::{Error, Tx};
use serde_json::json;

use super::lot::Rollover;
use super::operate::{Key, operate};

/// A lot to end before its time, its rest to be carried into a new one. A lot that was granted with a rollover does this
/// by itself when it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollOver {
    /// Which lot.
    pub lot: LotId,
    /// How much at most, and until when.
    pub rollover: Rollover,
    /// The operation's key.
    pub key: Key,
}

/// Ends a lot: what is unheld, up to the cap, moves to a new lot; the rest is lost. Returns the new lot, if anything
/// moved.
///
/// # Errors
/// [`super::LedgerRefused`].
pub async fn rollover(tx: &Tx, input: RollOver) -> Result<Option<LotId>, Error> {
    let (cap, expires_at) = (input.rollover.cap.atoms, input.rollover.expires_at);
    let request = json!({"lot": input.lot.as_uuid(), "cap": cap, "expires_at": expires_at});
    Ok(operate(tx, "rollover", request, &input.key).await?.id("lot"))
}

/// A lot whose time should have come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expire {
    /// Which lot.
    pub lot: LotId,
    /// The operation's key.
    pub key: Key,
}

/// Makes sure that a lot whose time has come has ended; refuses (`not_due`) before.
///
/// # Errors
/// [`super::LedgerRefused`].
pub async fn expire(tx: &Tx, input: Expire) -> Result<(), Error> {
    operate(tx, "expire", json!({"lot": input.lot.as_uuid()}), &input.key).await.map(drop)
}

/// A credit line to close at the end of its period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseCredit {
    /// The credit line's lot.
    pub lot: LotId,
    /// What becomes of what was captured from it.
    pub overage: Overage,
    /// The operation's key.
    pub key: Key,
}

/// What becomes of overage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overage {
    /// It is billed in money; the caller writes the invoice items.
    Billed,
    /// It becomes debt, which the next grant repays.
    Carried,
    /// Nothing.
    Forgiven,
}

/// Ends a credit line. Returns the overage captured from it so far, in atoms; units that a hold still has of it are
/// told by that hold's capture.
///
/// # Errors
/// [`super::LedgerRefused`].
pub async fn close_credit(tx: &Tx, input: CloseCredit) -> Result<i64, Error> {
    let overage = match input.overage {
        Overage::Billed => "billed",
        Overage::Carried => "carried",
        Overage::Forgiven => "forgiven",
    };
    let request = json!({"lot": input.lot.as_uuid(), "overage": overage});
    Ok(operate(tx, "close_credit", request, &input.key).await?.atoms("overage"))
}
