//! Settling idle accounts, so that reports about them are right too.

use futures_util::future::BoxFuture;
use kernel::Actor;
use kernel::id::{Id, OrganizationId};
use runtime::tx::Access;
use runtime::{Error, sql};

use super::settle::{due, settle};
use crate::App;
use crate::jobs::{Duty, Trouble};

/// Lots that expire or start and holds that time out on accounts which nobody touches.
pub const SETTLE: Duty = Duty {
    name: "ledger.settle",
    due: sql!("select distinct organization_id from allowance_accounts where next_event_at <= $1"),
    run: boxed,
};

/// How many are looked up at a time.
const BATCH: i64 = 100;

fn boxed(app: App, organization: OrganizationId) -> BoxFuture<'static, Result<(), Error>> {
    Box::pin(settle_due(app, organization))
}

/// A transaction an account, so that nobody waits for more than one, and one account's trouble is its own.
async fn settle_due(app: App, organization: OrganizationId) -> Result<(), Error> {
    let begin = |access| app.begin(organization, Actor::system(SETTLE.name), access);
    let mut trouble = Trouble::default();
    loop {
        let accounts = due(&begin(Access::Read).await?, trouble.with(), BATCH).await?;
        if accounts.is_empty() {
            return trouble.end();
        }
        for account in accounts {
            let done = async {
                let tx = begin(Access::Write).await?;
                settle(&tx, &account).await?;
                tx.commit().await
            };
            trouble.note(account.account.uuid(), done.await);
        }
    }
}
