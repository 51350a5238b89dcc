//! Sweeping what belongs to nothing, and removing at once what must not lie there for a day.

use kernel::Actor;
use kernel::id::OrganizationId;
use runtime::jobs::graphile_worker::{IntoTaskHandlerResult, TaskHandler, WorkerContext};
use runtime::tx::Access;
use runtime::{Error, sql};
use uuid::Uuid;

use crate::App;
use crate::jobs::Duty;

/// Removes a file that was let go, without waiting for the sweep.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Remove {
    /// Whose it was.
    organization: OrganizationId,
    /// Which.
    file: Uuid,
}

impl TaskHandler for Remove {
    const IDENTIFIER: &'static str = "files.remove";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = context.get_ext::<App>().ok_or_else(|| "the worker does not know its server".to_owned())?;
        remove(app, self.organization, self.file).await.map_err(|error| error.to_string())
    }
}

/// Nothing but what belongs to nothing. Its row stays for the sweep, in case somebody is still writing the file.
async fn remove(app: &App, organization: OrganizationId, file: Uuid) -> Result<(), Error> {
    let tx = app.begin(organization, Actor::system(Remove::IDENTIFIER), Access::Read).await?;
    let is_loose = sql!("select id from loose_files where organization_id = $1 and id = $2");
    let found = tx.optional(is_loose, &[tx.org(), &file]).await?;
    drop(tx);
    if found.is_some() { app.files.remove(organization, file).await } else { Ok(()) }
}

/// Files that have belonged to nothing for a day are removed.
pub const SWEEP: Duty = Duty {
    name: "files.sweep",
    due: sql!("select distinct organization_id from loose_files where since <= $1::timestamptz - interval '24 hours'"),
    run: |app, organization| Box::pin(sweep(app, organization)),
};

/// A file and the row that knows of it go in one transaction of their own, which is undone where the file cannot be removed:
/// then both stay, and it is tried again at the next tick.
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
        for id in ids {
            // Locked until it is gone: whoever lays the file down again at this moment waits, and finds it old no more.
            let tx = app.begin(organization, actor(), Access::Write).await?;
            let statement = sql!(
                "delete from loose_files
                 where organization_id = $1 and id = $2 and since <= $3::timestamptz - interval '24 hours'"
            );
            if tx.execute(statement, &[tx.org(), &id, &tx.now()]).await? == 1 {
                app.files.remove(organization, id).await?;
            }
            tx.commit().await?;
        }
    }
}
