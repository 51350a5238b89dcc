use kernel::Quantity;
use kernel::id::HoldId;
use runtime::{Error, Tx};
use serde_json::{Value, json};

use super::account::Owner;
use super::operate::{Key, operate};
use super::subject::Subject;

/// Units used without having been held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consume {
    /// Out of whose balance.
    pub owner: Owner,
    /// How much.
    pub amount: Quantity,
    /// What for.
    pub subject: Subject,
    /// The operation's key.
    pub key: Key,
}

/// Holds and captures in one step, for events of usage. Returns the closed hold, by which a refund finds the lots.
///
/// # Errors
/// [`super::LedgerRefused`].
pub async fn consume(tx: &Tx, input: Consume) -> Result<HoldId, Error> {
    let mut request = input.owner.request(tx, input.amount.unit);
    input.subject.add_to(&mut request);
    request.insert("amount".to_owned(), json!(input.amount.atoms));
    operate(tx, "consume", Value::Object(request), &input.key).await?.needed("hold")
}
