use kernel::Unit;
use runtime::{Error, Tx};
use serde_json::{Value, json};

use super::account::Owner;
use super::operate::{Key, operate};

/// A balance to stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// Whose.
    pub owner: Owner,
    /// In which unit.
    pub unit: Unit,
    /// Whether time stands still meanwhile.
    pub time: Time,
    /// The operation's key.
    pub key: Key,
}

/// What time does to a frozen balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// Lots end as they would.
    Runs,
    /// Nothing ends, starts or times out; on unfreezing, lots get the span back.
    Stands,
}

/// Stops new spending, also on a balance that nothing was granted to yet. Open holds can still be captured and released, and payments still arrive.
///
/// # Errors
/// [`super::LedgerRefused`].
pub async fn freeze(tx: &Tx, input: Freeze) -> Result<(), Error> {
    let mut request = input.owner.request(tx, input.unit);
    request.insert("pause_time".to_owned(), json!(input.time == Time::Stands));
    operate(tx, "freeze", Value::Object(request), &input.key).await.map(drop)
}

/// A balance to let go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfreeze {
    /// Whose.
    pub owner: Owner,
    /// In which unit.
    pub unit: Unit,
    /// The operation's key.
    pub key: Key,
}

/// Lets spending in again.
///
/// # Errors
/// [`super::LedgerRefused`].
pub async fn unfreeze(tx: &Tx, input: Unfreeze) -> Result<(), Error> {
    let request = input.owner.request(tx, input.unit);
    operate(tx, "unfreeze", Value::Object(request), &input.key).await.map(drop)
}
