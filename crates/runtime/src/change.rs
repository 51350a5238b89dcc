//! What the audit trail is told.

use kernel::id::Id;
use uuid::Uuid;

/// Something that changed, for the audit trail.
#[derive(Debug, Clone)]
pub struct Change {
    /// What was done, `ticket.rejected`.
    pub action: &'static str,
    /// The kind of thing that changed.
    pub subject_kind: &'static str,
    /// Its id.
    pub subject: Uuid,
    /// Its state before, the changed fields only; null for something new.
    pub before: serde_json::Value,
    /// Its state after, the changed fields only; null for something removed.
    pub after: serde_json::Value,
}

impl Change {
    /// A change of `subject`, without states yet.
    pub fn new<T: Id>(action: &'static str, subject_kind: &'static str, subject: T) -> Self {
        let null = serde_json::Value::Null;
        Self { action, subject_kind, subject: subject.uuid(), before: null.clone(), after: null }
    }

    /// With the state before.
    #[must_use]
    pub fn before(mut self, state: serde_json::Value) -> Self {
        self.before = state;
        self
    }

    /// With the state after.
    #[must_use]
    pub fn after(mut self, state: serde_json::Value) -> Self {
        self.after = state;
        self
    }
}
