//! What the audit trail is told.

use std::sync::Arc;

use kernel::id::{AuditEntryId, Id};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};
use uuid::Uuid;

use crate::live::Live;
use crate::tx::Scope;
use crate::{Error, sql};

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

/// Somebody who is told of what was committed, and says which of it whoever has something open is to hear.
#[derive(Clone)]
pub struct Told {
    /// Is told after the commit.
    pub tell: Arc<dyn Fn(Committed<'_>) + Send + Sync>,
    /// What is to be heard of a change besides what verbs tell themselves.
    pub live: fn(&Change) -> Option<Live>,
}

/// What was committed.
#[derive(Debug, Clone, Copy)]
pub struct Committed<'a> {
    /// What the audit trail was told.
    pub changes: &'a [Change],
    /// Whether whoever has something open is to hear of it.
    pub is_live: bool,
}

/// Writes an audit entry.
pub(crate) const AUDIT: &str = sql!(
    "insert into audit_entries (organization_id, id, at, actor_kind, actor_user_id, actor_name, actor_role, address,
            request_id, action, subject_kind, subject_id, before, after)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
);

impl Change {
    /// Writes the entry; `statement` is [`AUDIT`], prepared.
    pub(crate) async fn write(
        &self,
        client: &Client,
        statement: &Statement,
        scope: &Scope,
        id: AuditEntryId,
    ) -> Result<u64, tokio_postgres::Error> {
        let actor = &scope.actor;
        let state = |state: &serde_json::Value| (!state.is_null()).then(|| state.clone());
        let (user, role) = (actor.user().map(Id::uuid), actor.role().map(kernel::Role::word));
        let (before, after) = (state(&self.before), state(&self.after));
        let params: &[&(dyn ToSql + Sync)] = &[
            scope.organization.as_uuid(),
            id.as_uuid(),
            &scope.now,
            &actor.kind_word(),
            &user,
            &actor.name,
            &role,
            &actor.address,
            &scope.request,
            &self.action,
            &self.subject_kind,
            &self.subject,
            &before,
            &after,
        ];
        client.execute(statement, params).await
    }
}

/// Writes a change to the audit trail in somebody else's transaction, for the few things that only the database's owner
/// may do. The transaction must have set the organization.
///
/// # Errors
/// A fault of the database.
pub async fn record_apart(client: &Client, scope: &Scope, id: AuditEntryId, change: Change) -> Result<(), Error> {
    let statement = client.prepare(AUDIT).await?;
    change.write(client, &statement, scope, id).await?;
    Ok(())
}
