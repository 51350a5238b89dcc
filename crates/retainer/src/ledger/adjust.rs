use kernel::id::LotId;
use kernel::{Permission, Quantity};
use runtime::{Change, Error, Tx};
use serde_json::{Value, json};

use super::account::Owner;
use super::find;
use super::operate::{Key, operate};

/// A balance to set right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjust {
    /// Whose balance.
    pub owner: Owner,
    /// By how much; negative takes away, in burn order.
    pub delta: Quantity,
    /// The operation's key, with the reason, which must be given.
    pub key: Key,
}

/// Sets a balance right by hand; for who may write billing, with a reason, and in the audit trail. Returns the lot that a
/// correction upwards opened.
///
/// # Errors
/// `permission.missing`, [`super::LedgerRefused`].
pub async fn adjust(tx: &Tx, input: Adjust) -> Result<Option<LotId>, Error> {
    tx.require(Permission::BillingWrite)?;
    let before = find::balance(tx, input.owner, input.delta.unit).await?;
    let mut request = input.owner.request(tx, input.delta.unit);
    request.insert("delta".to_owned(), json!(input.delta.atoms));
    let answer = operate(tx, "adjust", Value::Object(request), &input.key).await?;
    let after = find::balance(tx, input.owner, input.delta.unit).await?;
    if let (Some(account), false) = (after.account, answer.replayed) {
        let states = [before, after].map(|balance| json!({"spendable": balance.spendable().decimal()}));
        let [before, mut after] = states;
        after["reason"] = json!(input.key.reason);
        tx.record(Change::new("balance.adjusted", "account", account).before(before).after(after));
    }
    Ok(answer.id("lot"))
}
