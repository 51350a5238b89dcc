use kernel::Quantity;
use kernel::id::{HoldId, Id as _};
use runtime::{Error, Tx};
use serde_json::{Value, json};

use super::operate::{Key, operate};

/// Held units that are not needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Which hold.
    pub hold: HoldId,
    /// How much of it.
    pub amount: Portion,
    /// Why they come back; matters only where their lot has ended meanwhile.
    pub fault: Fault,
    /// The operation's key.
    pub key: Key,
}

/// All, or so much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Portion {
    /// Everything there is.
    All,
    /// So much.
    Of(Quantity),
}

impl Portion {
    pub(super) fn add_to(self, request: &mut Value) {
        if let Self::Of(quantity) = self {
            request["amount"] = json!(quantity.atoms);
            request["unit"] = json!(quantity.unit);
        }
    }
}

/// Who failed whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The business: units of an ended lot live on for 30 days.
    Vendor,
    /// The business, with so many days of grace.
    VendorWithGrace(u16),
    /// The customer, or nobody: units of an ended lot end with it.
    Customer,
}

impl Fault {
    pub(super) fn add_to(self, request: &mut Value) {
        request["fault"] = json!(if self == Self::Customer { "customer" } else { "vendor" });
        if let Self::VendorWithGrace(days) = self {
            request["grace_days"] = json!(days.max(1));
        }
    }
}

/// Units that were given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Released {
    /// How many atoms.
    pub atoms: i64,
    /// The key had been used before; nothing changed.
    pub replayed: bool,
}

/// Gives held units back to their lots, latest allocation first. A hold that is closed already refuses (`hold_closed`),
/// so that nothing is given back twice.
///
/// # Errors
/// [`super::LedgerRefused`].
pub async fn release(tx: &Tx, input: Release) -> Result<Released, Error> {
    let mut request = json!({"hold": input.hold.as_uuid()});
    input.amount.add_to(&mut request);
    input.fault.add_to(&mut request);
    let answer = operate(tx, "release", request, &input.key).await?;
    Ok(Released { atoms: answer.atoms("released"), replayed: answer.replayed })
}
