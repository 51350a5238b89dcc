//! What the clock brings to organizations that close.

use std::time::Duration;

use futures_util::future::BoxFuture;
use kernel::Actor;
use kernel::id::{Id, OrganizationId};
use runtime::tx::Access;
use runtime::{Error, sql};

use super::{remind, remove};
use crate::App;
use crate::jobs::Duty;

/// How long a removal may keep what else falls due waiting; it goes on when the clock ticks again.
const TURN: Duration = Duration::from_secs(20);

/// Reminders of the end.
pub const REMIND: Duty = Duty {
    name: "closing.remind",
    due: sql!(
        "select organization_id from organizations
         where closes_at is not null and closes_at > $1
           and ((closing_told < 1 and closes_at <= $1 + interval '7 days')
             or (closing_told < 2 and closes_at <= $1 + interval '1 day'))"
    ),
    run: reminding,
};

/// The end.
pub const REMOVE: Duty = Duty {
    name: "closing.remove",
    due: sql!(
        "select organization_id from organizations where closes_at is not null and closes_at <= $1
         union select organization_id from organizations where making_ends_at is not null and making_ends_at <= $1"
    ),
    run: removing,
};

fn reminding(app: App, organization: OrganizationId) -> BoxFuture<'static, Result<(), Error>> {
    Box::pin(async move {
        let tx = app.begin(organization, Actor::system(REMIND.name), Access::Write).await?;
        remind(&tx).await?;
        tx.commit().await
    })
}

fn removing(app: App, organization: OrganizationId) -> BoxFuture<'static, Result<(), Error>> {
    Box::pin(async move { remove(&app, organization, TURN).await })
}

/// The organizations that close, and samples that are still being invented: nothing falls due in them but their end.
///
/// # Errors
/// A fault.
pub async fn left_alone(app: &App) -> Result<Vec<OrganizationId>, Error> {
    let operator = app.db.operator().await?;
    let query = sql!(
        "select organization_id from organizations where closes_at is not null
         union select organization_id from organizations where making_ends_at is not null"
    );
    let statement = operator.prepare_cached(query).await?;
    let rows = operator.query(&statement, &[]).await?;
    Ok(rows.iter().map(|row| OrganizationId::from_uuid(row.get(0))).collect())
}
