use runtime::{Error, Tx, sql};
use serde_json::Value;

use kernel::id::{Id, OperationId};

use super::refused::refusal;

/// Names an operation for ever: who sends the same key again gets the same answer and changes nothing. Take it from the
/// business fact (`ticket:tkt_…:hold`), not from chance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub(super) key: String,
    pub(super) reason: Option<String>,
}

impl Key {
    /// The key of an operation.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), reason: None }
    }

    /// With the reason that a person gave.
    #[must_use]
    pub fn because(self, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }
}

/// What an operation returned, now or when its key was first used.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) replayed: bool,
    result: Value,
}

impl Answer {
    pub(super) fn id<T: Id>(&self, name: &str) -> Option<T> {
        self.result[name].as_str().and_then(|text| text.parse().ok()).map(T::from_uuid)
    }

    pub(super) fn needed<T: Id>(&self, name: &str) -> Result<T, Error> {
        self.id(name).ok_or_else(|| Error::internal(format!("the ledger's answer has no {name}: {}", self.result)))
    }

    pub(super) fn atoms(&self, name: &str) -> i64 {
        self.result[name].as_i64().unwrap_or(0)
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.result[name].as_bool().unwrap_or(false)
    }
}

/// Puts an operation to the database; whatever refuses it comes back as a refusal.
pub(super) async fn operate(tx: &Tx, kind: &str, request: Value, key: &Key) -> Result<Answer, Error> {
    let actor = tx.actor();
    let actor = actor.user().map_or_else(|| format!("{}:{}", actor.kind_word(), actor.name), |user| user.to_string());
    let operation: OperationId = tx.new_id();
    let row = tx
        .one(OPERATE, &[tx.org(), operation.as_uuid(), &kind, &request, &tx.now(), &key.key, &actor, &key.reason])
        .await?;
    let outcome: &str = row.get("outcome");
    let result: Value = row.get("result");
    if outcome == "ok" { Ok(Answer { replayed: row.get("replayed"), result }) } else { Err(refusal(outcome, &result)) }
}

const OPERATE: &str = sql!("select outcome, replayed, result from ledger_operate($1, $2, $3, $4, $5, $6, $7, $8)");
