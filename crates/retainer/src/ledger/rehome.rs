use jiff::Timestamp;
use kernel::id::{Id as _, LotId};
use runtime::{Error, Tx};
use serde_json::json;

use super::operate::{Key, operate};

/// Open holds to move from one lot to another of the same account. Seats do this by themselves when they renew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehome {
    /// The lot that they leave.
    pub from: LotId,
    /// The lot that they move to.
    pub to: LotId,
    /// What if there is no room for all.
    pub on_short: OnShort,
    /// The operation's key.
    pub key: Key,
}

/// What happens to holds that find no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnShort {
    /// Nothing moves at all.
    Refuse,
    /// They stay, and the account is over its limit until then.
    OverLimitUntil(Timestamp),
}

/// What moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rehomed {
    /// Atoms that found room.
    pub moved: i64,
    /// Atoms that did not.
    pub stranded: i64,
}

/// Moves open holds to another lot, the longest-held first.
///
/// # Errors
/// [`super::LedgerRefused`].
pub async fn rehome(tx: &Tx, input: Rehome) -> Result<Rehomed, Error> {
    let deadline = match input.on_short {
        OnShort::Refuse => None,
        OnShort::OverLimitUntil(deadline) => Some(deadline),
    };
    let request = json!({
        "from_lot": input.from.as_uuid(),
        "to_lot": input.to.as_uuid(),
        "on_short": if deadline.is_some() { "over_limit" } else { "refuse" },
        "deadline": deadline,
    });
    let answer = operate(tx, "rehome", request, &input.key).await?;
    Ok(Rehomed { moved: answer.atoms("moved"), stranded: answer.atoms("stranded") })
}
