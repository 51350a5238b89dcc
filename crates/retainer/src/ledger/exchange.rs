use jiff::Timestamp;
use kernel::Quantity;
use kernel::id::LotId;
use runtime::{Error, Tx};
use serde_json::json;

use super::account::Owner;
use super::operate::{Key, operate};

/// Units of one account for units of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// Who gives.
    pub from: Owner,
    /// What they give.
    pub give: Quantity,
    /// Who gets; may be the same owner in another unit.
    pub to: Owner,
    /// What they get.
    pub get: Quantity,
    /// When that ends.
    pub expires_at: Option<Timestamp>,
    /// The operation's key.
    pub key: Key,
}

/// Takes from one account and grants on another, both or neither. Returns the new lot.
///
/// # Errors
/// [`super::LedgerRefused`].
pub async fn exchange(tx: &Tx, input: Exchange) -> Result<LotId, Error> {
    let request = json!({
        "from": input.from.request(tx, input.give.unit),
        "to": input.to.request(tx, input.get.unit),
        "give": input.give.atoms,
        "get": input.get.atoms,
        "expires_at": input.expires_at,
    });
    operate(tx, "exchange", request, &input.key).await?.needed("lot")
}
