//! The noun: a link to a balance.

use jiff::Timestamp;
use kernel::id::{BalanceLinkId, CustomerId};
use runtime::Columns;
use tokio_postgres::Row;

/// A link that shows a customer's balance.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct BalanceLink {
    /// Its id, by which it is revoked.
    pub id: BalanceLinkId,
    /// Whose balance.
    pub customer: CustomerId,
    /// What it was made for.
    pub label: String,
    /// Who made it.
    pub made_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it ends, if it does by itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Timestamp>,
    /// How often it was opened.
    pub uses: i64,
    /// When it was opened last.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
}

impl BalanceLink {
    pub(super) fn of_row(row: &Row) -> Self {
        Self {
            id: row.id("id"),
            customer: row.id("customer_id"),
            label: row.get("label"),
            made_by: row.get("made_by"),
            created_at: row.get("created_at"),
            expires_at: row.get("expires_at"),
            revoked_at: row.get("revoked_at"),
            uses: row.get("uses"),
            last_used_at: row.get("last_used_at"),
        }
    }

    /// Whether it still opens.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// A link that was just made: the only time that its address is told.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct MadeLink {
    /// The link.
    #[serde(flatten)]
    pub link: BalanceLink,
    /// Its address. It is not kept, so it cannot be told again.
    pub address: String,
}
