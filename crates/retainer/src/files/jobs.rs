//! Sweeping what belongs to nothing.

use kernel::Actor;
use kernel::id::OrganizationId;
use runtime::tx::Access;
use runtime::{Error, sql};
use uuid::Uuid;

use crate::App;
use crate::jobs::Duty;

/// Files that have belonged to nothing for a day are removed.
pub const SWEEP: Duty = Duty {
    name: "files.sweep",
    due: sql!("select distinct organization_id from loose_files where since <= $1::timestamptz - interval '24 hours'"),
    run: |app, organization| Box::pin(sweep(app, organization)),
};

/// The file goes first, then the row that knows of it: whoever dies between does it again. What cannot be removed stays,
/// and is tried again at the next tick.
async fn sweep(app: App, organization: OrganizationId) -> Result<(), Error> {
    let actor = || Actor::system("files.sweep");
    loop {
        let tx = app.begin(organization, actor(), Access::Read).await?;
        let rows = tx
            .rows(
                sql!(
                    "select id from loose_files where organization_id = $1 and since <= $2::timestamptz - interval '24 hours'
                     order by since limit 100"
                ),
                &[tx.org(), &tx.now()],
            )
            .await?;
        drop(tx);
        let ids: Vec<Uuid> = rows.iter().map(|row| row.get("id")).collect();
        if ids.is_empty() {
            return Ok(());
        }
        for id in &ids {
            app.files.remove(organization, *id).await?;
        }
        let tx = app.begin(organization, actor(), Access::Write).await?;
        tx.execute(sql!("delete from loose_files where organization_id = $1 and id = any ($2)"), &[tx.org(), &ids])
            .await?;
        tx.commit().await?;
    }
}
