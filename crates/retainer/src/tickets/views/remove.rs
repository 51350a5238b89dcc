//! Removing views.

use kernel::id::{Id, TicketViewId};
use runtime::{Change, Error, Tx, sql};
use serde_json::json;

use super::change::require_may_change;
use super::find;

/// Removes a view; lists that opened with it open with all tickets.
///
/// # Errors
/// `ticket_view.not_found`, `permission.missing`, or a fault.
pub async fn remove(tx: &Tx, view: TicketViewId) -> Result<(), Error> {
    let before = find::get(tx, view).await?;
    require_may_change(tx, &before)?;
    tx.execute(sql!("delete from ticket_views where organization_id = $1 and id = $2"), &[tx.org(), view.as_uuid()])
        .await?;
    tx.record(
        Change::new("ticket_view.removed", "ticket_view", view)
            .before(json!({"name": before.name, "shared": before.shared, "filter": before.filter})),
    );
    Ok(())
}
