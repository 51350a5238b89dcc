use jiff::Timestamp;
use kernel::Unit;
use kernel::id::{HoldId, LotId, OperationId};

/// A line of the ledger, in atoms. It never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the account, from 1 without gaps.
    pub seq: i64,
    /// What happened, as a word: `grant`, `hold`, `capture`, `release`, `refund`, `expire`, …
    pub kind: String,
    /// What is counted.
    pub unit: Unit,
    /// How much.
    pub quantity: i64,
    /// What it did to posted.
    pub d_posted: i64,
    /// What it did to held.
    pub d_held: i64,
    /// What it did to the debt.
    pub d_debt: i64,
    /// Posted after it.
    pub posted_after: i64,
    /// Held after it.
    pub held_after: i64,
    /// Debt after it.
    pub debt_after: i64,
    /// The lot, if it concerns one.
    pub lot: Option<LotId>,
    /// The hold, if it concerns one.
    pub hold: Option<HoldId>,
    /// The operation that wrote it.
    pub operation: OperationId,
    /// Who did that.
    pub actor: String,
    /// Why, if they said.
    pub reason: Option<String>,
    /// When it took effect.
    pub effective_at: Timestamp,
    /// When it was written.
    pub recorded_at: Timestamp,
}
