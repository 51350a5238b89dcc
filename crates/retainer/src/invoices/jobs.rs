//! What the clock brings: invoices that become overdue.

use futures_util::future::BoxFuture;
use kernel::Actor;
use kernel::id::OrganizationId;
use runtime::tx::Access;
use runtime::{Error, sql};

use super::remind::remind;
use crate::App;
use crate::jobs::Duty;

/// Customers are reminded of invoices that are overdue, once each.
pub const REMIND: Duty = Duty {
    name: "invoices.remind",
    due: sql!(
        "select distinct organization_id from invoices
         where state = 'open' and overdue_told_at is null and due_at <= $1"
    ),
    run: boxed,
};

/// Reminded in one transaction; their rows stay locked until it ends.
const BATCH: i64 = 50;

fn boxed(app: App, organization: OrganizationId) -> BoxFuture<'static, Result<(), Error>> {
    Box::pin(remind_all(app, organization))
}

async fn remind_all(app: App, organization: OrganizationId) -> Result<(), Error> {
    loop {
        let tx = app.begin(organization, Actor::system(REMIND.name), Access::Write).await?;
        let reminded = remind(&tx, BATCH).await?;
        tx.commit().await?;
        if reminded == 0 {
            return Ok(());
        }
    }
}
