//! Settling idle accounts, so that reports about them are right too.

use futures_util::future::BoxFuture;
use kernel::Actor;
use kernel::id::OrganizationId;
use runtime::tx::Access;
use runtime::{Error, sql};

use super::settle::{due, settle};
use crate::App;
use crate::jobs::Duty;

/// Lots that expire or start and holds that time out on accounts which nobody touches.
pub const SETTLE: Duty = Duty {
    name: "ledger.settle",
    due: sql!("select distinct organization_id from allowance_accounts where next_event_at <= $1"),
    run: boxed,
};

/// Accounts settled in one transaction; their rows stay locked until it ends.
const BATCH: i64 = 50;

fn boxed(app: App, organization: OrganizationId) -> BoxFuture<'static, Result<(), Error>> {
    Box::pin(settle_due(app, organization))
}

async fn settle_due(app: App, organization: OrganizationId) -> Result<(), Error> {
    loop {
        let tx = app.begin(organization, Actor::system(SETTLE.name), Access::Write).await?;
        let accounts = due(&tx, BATCH).await?;
        for account in &accounts {
            settle(&tx, account).await?;
        }
        tx.commit().await?;
        if accounts.len() < usize::try_from(BATCH).unwrap_or(usize::MAX) {
            return Ok(());
        }
    }
}
