//! Writing an export: out of the database into a file without a name, and from there to where files lie.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use kernel::Actor;
use kernel::id::{ExportId, Id, OrganizationId};
use runtime::carry::Progress;
use runtime::tx::Access;
use runtime::{Error, sql};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::App;
use crate::archive::{self, Manifest};

/// How often it is written down how far it is.
const BETWEEN_NOTES: Duration = Duration::from_secs(1);
/// How many bytes are carried at a time.
const PIECE: usize = 256 * 1024;
/// How far it is when all is gathered, and has only to be laid down.
const GATHERED: i32 = 90;

/// An export that is being written.
#[derive(Debug, Clone)]
pub(super) struct Writing {
    pub(super) organization: OrganizationId,
    pub(super) export: ExportId,
    pub(super) percent: Arc<AtomicI32>,
}

/// What was laid down.
#[derive(Debug)]
pub(super) struct Laid {
    pub(super) manifest: Manifest,
    pub(super) bytes: i64,
    pub(super) sha256: Vec<u8>,
}

/// Who writes.
pub(super) fn actor() -> Actor {
    Actor::system("exports.write")
}

/// Writes the archive to where files lie, under the export's id. At no moment is all of it in memory.
pub(super) async fn write(app: &App, writing: &Writing) -> Result<Laid, Error> {
    let parts = i32::try_from(archive::parts(app).await?).unwrap_or(i32::MAX);
    let begun = Mutex::new(HashSet::new());
    let watch = |progress: Progress<'_>| {
        let Ok(mut begun) = begun.lock() else { return };
        begun.insert(progress.table.to_owned());
        let done = i32::try_from(begun.len()).unwrap_or(parts).min(parts);
        writing.percent.store(done.saturating_mul(GATHERED) / parts, Ordering::Relaxed);
    };
    let folder = app.files.spool()?;
    let (manifest, file) = archive::spool(app, writing.organization, &folder, &watch).await?;
    let mut file = tokio::fs::File::from_std(file);
    let total = file.seek(std::io::SeekFrom::End(0)).await.map_err(Error::unavailable)?;
    file.rewind().await.map_err(Error::unavailable)?;
    let mut upload = app.files.upload(writing.organization, writing.export.uuid())?;
    let (mut sum, mut bytes) = (Sha256::new(), 0u64);
    loop {
        let mut piece = Vec::with_capacity(PIECE);
        (&mut file).take(PIECE as u64).read_to_end(&mut piece).await.map_err(Error::unavailable)?;
        if piece.is_empty() {
            break;
        }
        sum.update(&piece);
        bytes += piece.len() as u64;
        upload.put(Bytes::from(piece)).await?;
        let tenth = i32::try_from(bytes.saturating_mul(9) / total.max(1)).unwrap_or(9);
        writing.percent.store(GATHERED + tenth.min(9), Ordering::Relaxed);
    }
    upload.finish().await?;
    Ok(Laid { manifest, bytes: i64::try_from(bytes).unwrap_or(i64::MAX), sha256: sum.finalize().to_vec() })
}

/// Writes down again and again how far it is, from a task of its own: compressing a large table lets nothing else of the job
/// have its turn. Comes back when the export is not wanted any more.
pub(super) async fn note(app: App, writing: Writing) -> Result<(), Error> {
    loop {
        tokio::time::sleep(BETWEEN_NOTES).await;
        let tx = app.begin(writing.organization, actor(), Access::Write).await?;
        let percent = writing.percent.load(Ordering::Relaxed);
        let noted = sql!(
            "update exports set percent = $3, told_at = $4 where organization_id = $1 and id = $2 and state = 'writing'"
        );
        let is_wanted = tx.execute(noted, &[tx.org(), writing.export.as_uuid(), &percent, &tx.now()]).await? == 1;
        tx.commit().await?;
        if !is_wanted {
            return Ok(());
        }
    }
}
