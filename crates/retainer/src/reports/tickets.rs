//! How many tickets there are in each state.

use kernel::Permission;
use runtime::{Error, Tx, sql};

/// Tickets by status.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct TicketsReport {
    /// In the order of their life: pending, in progress, completed, rejected; each is there even when none has it.
    pub items: Vec<StatusCount>,
    /// All together.
    pub total: i64,
}

/// One status.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct StatusCount {
    /// The status.
    pub status: String,
    /// How many have it.
    pub count: i64,
}

/// Tickets by status. One that was merged into another is no longer one of its own.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn tickets(tx: &Tx) -> Result<TicketsReport, Error> {
    tx.require(Permission::ReportsRead)?;
    let rows = tx
        .rows(
            sql!("select status, count(*) as count from tickets where organization_id = $1 and merged_into_id is null group by status"),
            &[tx.org()],
        )
        .await?;
    let count = |status: &str| {
        let row = rows.iter().find(|row| row.get::<_, &str>("status") == status);
        StatusCount { status: status.to_owned(), count: row.map_or(0, |row| row.get("count")) }
    };
    let items: Vec<_> = ["pending", "in_progress", "completed", "rejected"].map(count).into();
    let total = items.iter().map(|item| item.count).sum();
    Ok(TicketsReport { items, total })
}
