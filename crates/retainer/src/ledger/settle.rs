use jiff::Timestamp;
use kernel::Unit;
use kernel::id::{AccountId, Id as _};
use runtime::{Columns as _, Error, Tx, sql};
use serde_json::json;
use uuid::Uuid;

use super::operate::{Key, operate};

/// An account on which something is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The account.
    pub account: AccountId,
    /// Since when.
    pub since: Timestamp,
    owner_kind: String,
    owner_id: Uuid,
    unit: Unit,
}

/// Accounts of the organization on which something is due, the longest due first; not those of `but`.
///
/// # Errors
/// A fault of the database.
pub async fn due(tx: &Tx, but: &[Uuid], limit: i64) -> Result<Vec<Due>, Error> {
    let rows = tx.rows(DUE, &[tx.org(), &tx.now(), &limit, &but]).await?;
    rows.iter()
        .map(|row| {
            Ok(Due {
                account: row.id("id"),
                since: row.get("next_event_at"),
                owner_kind: row.get("owner_kind"),
                owner_id: row.get("owner_id"),
                unit: row.word("unit_code")?,
            })
        })
        .collect()
}

/// Applies what is due on an account. Any other operation does the same on its way; this is for the sweeper, so that
/// idle accounts are told right by reports too.
///
/// # Errors
/// [`super::LedgerRefused`].
pub async fn settle(tx: &Tx, account: &Due) -> Result<(), Error> {
    let request = json!({"owner_kind": account.owner_kind, "owner_id": account.owner_id, "unit": account.unit});
    let key = Key::new(format!("settle:{}:{}", account.account.as_uuid(), account.since.as_microsecond()));
    operate(tx, "settle", request, &key).await.map(drop)
}

const DUE: &str = sql!(
    "select id, owner_kind, owner_id, unit_code, next_event_at from allowance_accounts
      where organization_id = $1 and next_event_at <= $2 and id <> all ($4) order by next_event_at limit $3"
);
