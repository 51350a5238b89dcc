use kernel::id::LotId;
use runtime::{Error, Tx};
use serde_json::Value;

use super::account::Owner;
use super::lot::Terms;
use super::operate::{Key, operate};

/// Units for somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    /// Whose they become.
    pub owner: Owner,
    /// On what terms.
    pub terms: Terms,
    /// The operation's key.
    pub key: Key,
}

/// A lot that was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Granted {
    /// The lot.
    pub lot: LotId,
    /// The same source had granted it before, under this key or another; nothing changed.
    pub existing: bool,
}

/// Adds a lot. It repays debt first. The same source granted again on the same terms finds its lot, whatever the key;
/// on other terms it is refused (`source_used`).
///
/// # Errors
/// [`super::LedgerRefused`].
pub async fn grant(tx: &Tx, input: Grant) -> Result<Granted, Error> {
    let mut request = input.owner.request(tx, input.terms.amount.unit());
    request.extend(input.terms.request());
    let answer = operate(tx, "grant", Value::Object(request), &input.key).await?;
    Ok(Granted { lot: answer.needed("lot")?, existing: answer.replayed || answer.is("existing") })
}
