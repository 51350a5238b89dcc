use jiff::Timestamp;
use kernel::Quantity;
use kernel::id::{HoldId, Id as _};
use runtime::{Error, Tx};
use serde_json::{Value, json};

use super::account::Owner;
use super::operate::{Key, operate};
use super::release::Fault;
use super::subject::Subject;

/// Units to promise to a subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Hold {
    /// Out of whose balance.
    pub owner: Owner,
    /// How much.
    pub amount: Quantity,
    /// What for.
    pub subject: Subject,
    /// When it times out by itself; seats never do.
    pub expires_at: Option<Timestamp>,
    /// Whatever of the plan's rules must be remembered as it is now.
    pub policy: Value,
    /// The operation's key.
    pub key: Key,
}

/// Units that are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The hold.
    pub hold: HoldId,
    /// How many atoms of it come from a credit line.
    pub credit: i64,
    /// The key had been used before; nothing changed.
    pub replayed: bool,
}

/// Promises units to a subject, or refuses (`short`, `not_applicable`, `frozen`, `subject_already_held`). Of two who want
/// the last unit one gets it, whatever they do at the same time.
///
/// # Errors
/// [`super::LedgerRefused`].
pub async fn hold(tx: &Tx, input: Hold) -> Result<Held, Error> {
    let mut request = input.owner.request(tx, input.amount.unit);
    input.subject.add_to(&mut request);
    request.insert("amount".to_owned(), json!(input.amount.atoms));
    request.insert("expires_at".to_owned(), json!(input.expires_at));
    if !input.policy.is_null() {
        request.insert("policy".to_owned(), input.policy);
    }
    let answer = operate(tx, "hold", Value::Object(request), &input.key).await?;
    Ok(Held { hold: answer.needed("hold")?, credit: answer.atoms("credit"), replayed: answer.replayed })
}

/// A change of an open hold.
#[derive(Debug, Clone, PartialEq)]
pub struct AdjustHold {
    /// Which hold.
    pub hold: HoldId,
    /// In which direction, how far.
    pub delta: Delta,
    /// The operation's key.
    pub key: Key,
}

/// A direction and a distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delta {
    /// Holds more.
    Up(Quantity),
    /// Gives back a part; whose fault it is matters where its lot has ended.
    Down(Quantity, Fault),
}

/// Holds more, or gives back a part. Giving back all of it closes the hold. Returns how many of the atoms held in
/// addition come from a credit line.
///
/// # Errors
/// [`super::LedgerRefused`].
pub async fn adjust_hold(tx: &Tx, input: AdjustHold) -> Result<i64, Error> {
    let (quantity, delta, fault) = match input.delta {
        Delta::Up(quantity) => (quantity, quantity.atoms, Fault::Customer),
        Delta::Down(quantity, fault) => (quantity, -quantity.atoms, fault),
    };
    if quantity.atoms <= 0 {
        return Err(super::LedgerRefused::InvalidAmount.into());
    }
    let mut request = json!({"hold": input.hold.as_uuid(), "delta": delta, "unit": quantity.unit});
    fault.add_to(&mut request);
    Ok(operate(tx, "adjust_hold", request, &input.key).await?.atoms("credit"))
}
