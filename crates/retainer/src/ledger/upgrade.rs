use kernel::Quantity;
use kernel::id::{Id as _, LotId};
use runtime::{Error, Tx, sql};
use serde_json::{Value, json};

use super::grant::Granted;
use super::lot::Terms;
use super::operate::{Key, operate};

/// A better plan in mid-period.
#[derive(Debug, Clone, PartialEq)]
pub struct Upgrade {
    /// The lot of the plan so far.
    pub from: LotId,
    /// The new plan's lot, with its full amount; what was granted so far is taken off.
    pub terms: Terms,
    /// What happens to the old one.
    pub mode: UpgradeMode,
    /// The operation's key.
    pub key: Key,
}

/// What an upgrade does with the lot of the plan so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpgradeMode {
    /// It ends. What is left of it moves on under the new terms, apart from what is new, so that each payment can be given
    /// back by itself; new is the allowance less what was granted so far.
    Replace,
    /// It stays beside the new one.
    Stack,
}

/// Goes from one plan's lot to a better one's, without a moment in which there are both or none.
///
/// # Errors
/// [`super::LedgerRefused`].
pub async fn upgrade(tx: &Tx, input: Upgrade) -> Result<Granted, Error> {
    let mut request = input.terms.request();
    request.insert("from_lot".to_owned(), json!(input.from.as_uuid()));
    request.insert("unit".to_owned(), json!(input.terms.amount.unit()));
    let mode = if input.mode == UpgradeMode::Replace { "replace" } else { "stack" };
    request.insert("mode".to_owned(), json!(mode));
    let answer = operate(tx, "upgrade", Value::Object(request), &input.key).await?;
    Ok(Granted { lot: answer.needed("lot")?, existing: answer.replayed || answer.is("existing") })
}

/// What a better plan of so much would bring that takes the place of a lot's plan: nothing changes.
///
/// # Errors
/// A fault of the database.
pub async fn upgrade_brings(tx: &Tx, from: LotId, whole: Quantity) -> Result<Quantity, Error> {
    let row = tx
        .one(sql!("select ledger_upgrade_brings($1, $2, $3) as atoms"), &[tx.org(), from.as_uuid(), &whole.atoms])
        .await?;
    Ok(Quantity::new(row.get("atoms"), whole.unit))
}
