//! The job that writes an export, and the duty that ends one.

use jiff::SignedDuration;
use kernel::id::{ExportId, Id, OrganizationId};
use runtime::jobs::graphile_worker::{IntoTaskHandlerResult, TaskHandler, WorkerContext};
use runtime::tx::{Access, Enqueued};
use runtime::{Error, Tx, sql, turn};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::discard::expire;
use super::find::{ExportRefused, ExportState, latest};
use super::mails::{self, Told};
use super::writing::{Laid, Writing, actor, note, write};
use crate::App;
use crate::archive;
use crate::closing;
use crate::files::{self, spoken};
use crate::jobs::{Duty, ThingByThing, thing_by_thing};

/// How long an archive is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Which refusals an owner can do something about.
const TOLD: &[&str] = &["archive.file_unsound", "export.no_room"];
/// When an order is looked at again that cannot be taken on now.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(20);

/// Writes the export that an owner ordered.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Write {
    /// Of whom.
    organization: OrganizationId,
    /// Which.
    export: ExportId,
}

impl TaskHandler for Write {
    const IDENTIFIER: &'static str = "exports.write";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = context.get_ext::<App>().ok_or_else(|| "the worker does not know its server".to_owned())?;
        carry_out(app, self.organization, self.export).await.map_err(|error| error.to_string())
    }
}

/// Writes it, unless it was deleted meanwhile. One that fails is said to have failed; whoever wants one orders it again.
async fn carry_out(app: &App, organization: OrganizationId, export: ExportId) -> Result<(), Error> {
    // One at a time in the installation: each keeps a processor and the disk busy.
    let owner = app.db.owner().await?;
    let key = turn::key_of(&owner, Write::IDENTIFIER).await?;
    if !turn::try_take(&owner, &owner, key).await? {
        return again(app, organization, export).await;
    }
    let writing = Writing { organization, export, percent: Default::default() };
    // The organization is not removed meanwhile: what is laid down after that would stay for ever.
    if !closing::take_turn(&owner, organization).await? || !begin(app, &writing).await? {
        return Ok(());
    }
    if !has_room(app, organization).await? {
        return fail(app, &writing, &ExportRefused::NoRoom.into()).await;
    }
    // Ends with this future, also when the server does.
    let mut notes = JoinSet::new();
    notes.spawn(note(app.clone(), writing.clone()));
    let written = tokio::select! {
        written = write(app, &writing) => written,
        over = notes.join_next() => match over {
            Some(Ok(Err(error))) => Err(error),
            _ => return remove(app, &writing).await,
        },
    };
    drop(notes);
    match written {
        Ok(laid) => {
            if finish(app, &writing, &laid).await? {
                return Ok(());
            }
            remove(app, &writing).await
        }
        Err(error) => {
            tracing::error!(%organization, %error, "an export could not be written");
            fail(app, &writing, &error).await
        }
    }
}

/// What has to stay free on a disk that others need, too.
const RESERVE: u64 = 1 << 30;

/// Whether the disk takes an archive, which lies there twice while it is laid down, and leaves others their room.
async fn has_room(app: &App, organization: OrganizationId) -> Result<bool, Error> {
    let Some(room) = app.files.room() else { return Ok(true) };
    let tx = app.begin(organization, actor(), Access::Read).await?;
    let (_, bytes) = files::usage(&tx).await?;
    Ok(room >= u64::try_from(bytes).unwrap_or(0).saturating_mul(2).saturating_add(RESERVE))
}

/// Takes the order on; false when it is not wanted any more, or somebody else writes it.
async fn begin(app: &App, writing: &Writing) -> Result<bool, Error> {
    let tx = app.begin(writing.organization, actor(), Access::Write).await?;
    let found = latest(&tx).await?.filter(|found| found.id == Some(writing.export));
    // Whoever holds the turn is the only writer, so one that was begun was cut off.
    if !found.is_some_and(|found| matches!(found.state, ExportState::Ordered | ExportState::Writing)) {
        return Ok(false);
    }
    let begun = sql!(
        "update exports set state = 'writing', percent = 0, told_at = $3
         where organization_id = $1 and id = $2 and state in ('ordered', 'writing')"
    );
    let is_begun = tx.execute(begun, &[tx.org(), writing.export.as_uuid(), &tx.now()]).await? == 1;
    tx.commit().await?;
    Ok(is_begun)
}

/// Looks again a little later.
async fn again(app: &App, organization: OrganizationId, export: ExportId) -> Result<(), Error> {
    let tx = app.begin(organization, actor(), Access::Write).await?;
    let run_at = tx.now().checked_add(LOOK_AGAIN).ok();
    tx.enqueue(Enqueued { name: Write::IDENTIFIER, payload: json!({ "export": export }), run_at, key: None });
    tx.commit().await
}

/// Hands it over, unless it was deleted meanwhile.
async fn finish(app: &App, writing: &Writing, laid: &Laid) -> Result<bool, Error> {
    let tx = app.begin(writing.organization, actor(), Access::Write).await?;
    let expires_at = tx.now().checked_add(KEPT).map_err(|error| Error::internal(error.to_string()))?;
    let whose = &laid.manifest.organization;
    let day = laid.manifest.exported_at.strftime("%Y-%m-%d");
    let name = format!("{}-{day}.tar.gz", whose.slug);
    let ready = sql!(
        "update exports set state = 'ready', percent = 100, told_at = $3, ready_at = $3, expires_at = $4, name = $5, bytes = $6, sha256 = $7
         where organization_id = $1 and id = $2 and state = 'writing'"
    );
    let export = writing.export.as_uuid();
    if tx.execute(ready, &[tx.org(), export, &tx.now(), &expires_at, &name, &laid.bytes, &laid.sha256]).await? == 0 {
        return Ok(false);
    }
    let size = spoken(u64::try_from(laid.bytes).unwrap_or(0));
    let by = latest(&tx).await?.and_then(|found| found.ordered_by).unwrap_or_default();
    mails::to_owners(&tx, Told::Ready { by: &by, size: &size, expires_at }).await?;
    tx.record(archive::exported(&laid.manifest));
    tx.commit().await?;
    Ok(true)
}

/// Says that it failed, and why where an owner can do something about it. What there is of a file goes with the order.
async fn fail(app: &App, writing: &Writing, error: &Error) -> Result<(), Error> {
    let why = match error {
        // Others name files of whoever hosts this.
        Error::Refused(refusal) if TOLD.contains(&refusal.code()) => refusal.sentence(),
        _ => "Whoever hosts Retainer finds the reason in the log.".to_owned(),
    };
    let tx = app.begin(writing.organization, actor(), Access::Write).await?;
    let failed = sql!(
        "update exports set state = 'failed', failure = $3 where organization_id = $1 and id = $2 and state = 'writing'"
    );
    if tx.execute(failed, &[tx.org(), writing.export.as_uuid(), &why]).await? == 1 {
        let by = latest(&tx).await?.and_then(|found| found.ordered_by).unwrap_or_default();
        mails::to_owners(&tx, Told::Failed { by: &by, why: &why }).await?;
    }
    tx.commit().await
}

/// What was laid down for nobody is let go of, also where its row was swept meanwhile. Where there is a row, the file is its own.
async fn remove(app: &App, writing: &Writing) -> Result<(), Error> {
    let tx = app.begin(writing.organization, actor(), Access::Write).await?;
    let kept = sql!("select id from exports where organization_id = $1 and id = $2");
    if tx.optional(kept, &[tx.org(), writing.export.as_uuid()]).await?.is_some() {
        return Ok(());
    }
    files::let_go_now(&tx, writing.export.uuid()).await?;
    tx.commit().await
}

/// Archives that were kept for long enough.
pub const EXPIRE: Duty = Duty {
    name: Expire::NAME,
    due: sql!("select distinct organization_id from exports where expires_at <= $1"),
    run: |app, organization| thing_by_thing::<Expire>(app, organization),
};

/// Ends one.
struct Expire;

impl ThingByThing for Expire {
    const NAME: &'static str = "exports.expire";
    type Thing = Uuid;

    fn id(thing: &Uuid) -> Uuid {
        *thing
    }

    async fn due(tx: &Tx, but: &[Uuid], limit: i64) -> Result<Vec<Uuid>, Error> {
        let due = sql!(
            "select id from exports where organization_id = $1 and expires_at <= $2 and id <> all ($3::uuid[])
             order by expires_at limit $4"
        );
        let rows = tx.rows(due, &[tx.org(), &tx.now(), &but, &limit]).await?;
        Ok(rows.iter().map(|row| row.get("id")).collect())
    }

    async fn act(tx: &Tx, thing: &Uuid) -> Result<(), Error> {
        expire(tx, *thing).await
    }
}
