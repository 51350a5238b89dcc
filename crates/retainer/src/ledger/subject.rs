use std::collections::BTreeMap;

use jiff::Timestamp;
use kernel::Unit;
use kernel::id::{HoldId, LotId};
use serde_json::{Map, Value, json};

/// What a subject is, for the conditions of lots: `service` → `repair`.
pub type Facts = BTreeMap<String, String>;

/// What units are promised to. A subject has one open hold per purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The kind of thing: `ticket`, `booking`, `checkout`, `seat`, `agent_run`.
    pub kind: String,
    /// Its id as it is written outside.
    pub id: String,
    /// Tells several holds of one subject apart; usually empty.
    pub purpose: String,
    /// What the conditions of lots may ask of it.
    pub facts: Facts,
}

impl Subject {
    /// A subject without purpose or facts.
    pub fn new(kind: impl Into<String>, id: impl ToString) -> Self {
        Self { kind: kind.into(), id: id.to_string(), purpose: String::new(), facts: Facts::new() }
    }

    pub(super) fn add_to(&self, request: &mut Map<String, Value>) {
        request.insert("subject_kind".to_owned(), json!(self.kind));
        request.insert("subject_id".to_owned(), json!(self.id));
        request.insert("purpose".to_owned(), json!(self.purpose));
        request.insert("facts".to_owned(), json!(self.facts));
    }
}

/// How a hold stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldState {
    /// Something is still promised.
    Open,
    /// Closed, something was captured.
    Captured,
    /// Closed, nothing was captured.
    Released,
    /// Timed out.
    Expired,
}

impl std::str::FromStr for HoldState {
    type Err = ();
    fn from_str(word: &str) -> Result<Self, ()> {
        match word {
            "open" => Ok(Self::Open),
            "captured" => Ok(Self::Captured),
            "released" => Ok(Self::Released),
            "expired" => Ok(Self::Expired),
            _ => Err(()),
        }
    }
}

/// A hold as it stands, in atoms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldUnits {
    /// Its id.
    pub id: HoldId,
    /// The number of the entry that opened it, which names it within its account.
    pub seq: i64,
    /// What is counted.
    pub unit: Unit,
    /// What it is for.
    pub subject: Subject,
    /// Ever promised.
    pub amount: i64,
    /// Of it captured.
    pub captured: i64,
    /// Of it released.
    pub released: i64,
    /// Of the captured given back.
    pub refunded: i64,
    /// How it stands.
    pub state: HoldState,
    /// When it times out.
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Which lots it draws on, and with how many units still open; in the order of allocation.
    pub lots: Vec<(LotId, i64)>,
}

impl HeldUnits {
    /// Still promised.
    pub const fn open(&self) -> i64 {
        self.amount - self.captured - self.released
    }
}
