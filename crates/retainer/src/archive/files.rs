//! The files of an archive: what is attached to tickets lies outside of the database, and goes along behind the tables.

use std::path::Path;

use bytes::Bytes;
use futures_util::TryStreamExt;
use kernel::id::{Id, OrganizationId};
use runtime::carry::{Doing, Progress, Watch};
use runtime::{Error, sql};
use tokio_postgres::Client;
use uuid::Uuid;

use super::manifest::{Counted, Manifest, Stored, stored_name};
use super::pack::Pack;
use super::unpack::{Piece, walk};
use super::{ArchiveRefused, damaged};
use crate::App;

/// A file that a row names.
pub(super) struct Named {
    id: Uuid,
    bytes: u64,
    sha256: String,
    /// What it is called.
    name: String,
    /// The number of the ticket that it is attached to.
    ticket: String,
}

/// The files that the snapshot's rows name.
pub(super) async fn named(client: &Client, organization: OrganizationId) -> Result<Vec<Named>, Error> {
    let rows = client
        .query(
            sql!(
                "select a.id, a.bytes, a.sha256, a.name, t.number from attachments a
                 join tickets t on t.organization_id = a.organization_id and t.id = a.ticket_id
                 where a.organization_id = $1 and a.forgotten_at is null order by a.id"
            ),
            &[organization.as_uuid()],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| Named {
            id: row.get("id"),
            bytes: u64::try_from(row.get::<_, i64>("bytes")).unwrap_or(0),
            sha256: hex::encode(row.get::<_, Vec<u8>>("sha256")),
            name: row.get("name"),
            ticket: row.get("number"),
        })
        .collect())
}

/// Puts them into the archive. Whatever was let go meanwhile still lies there for a day.
pub(super) async fn put(
    app: &App,
    organization: OrganizationId,
    (pack, files): (&mut Pack, &[Named]),
    watch: Watch<'_>,
) -> Result<Stored, Error> {
    let mut stored = Counted::default();
    for (at, Named { id, sha256: expected, name: called, ticket, .. }) in files.iter().enumerate() {
        let unsound = || ArchiveRefused::FileUnsound { name: called.clone(), ticket: ticket.clone(), file: *id };
        let mut found = app.files.download(organization, *id).await?.ok_or_else(unsound)?;
        let mut gathered = pack.gather()?;
        while let Some(piece) = found.bytes.try_next().await.map_err(Error::unavailable)? {
            gathered.bytes(&piece).map_err(|error| Error::internal(format!("a file for {id}: {error}")))?;
        }
        let (name, bytes) = (stored_name(*id), gathered.bytes);
        let sha256 = tokio::task::block_in_place(|| pack.put(&name, gathered))?;
        if sha256 != *expected {
            return Err(unsound().into());
        }
        stored.add(*id, bytes, &sha256);
        let (done, total) = (at as u64 + 1, files.len() as u64);
        watch(Progress { doing: Doing::Reading, table: "files", done, total });
    }
    Ok(stored.end())
}

/// Lays the files of an archive down here, before any row that names them. Nothing of it is in a transaction, because it
/// goes over a network; what is laid down in vain is removed again by [`undo`], or by the sweep: a row that knows of a file lasts
/// before the file is there.
pub(super) async fn lay_down(
    app: &App,
    client: &Client,
    (from, manifest): (&Path, &Manifest),
    laid: &mut Vec<Uuid>,
) -> Result<(), Error> {
    if manifest.stored.files == 0 {
        return Ok(());
    }
    let (send, mut receive) = tokio::sync::mpsc::channel(4);
    let path = from.to_owned();
    let reading = tokio::task::spawn_blocking(move || {
        walk(&path, &mut |piece| match piece {
            Piece::Begin(_) | Piece::Lines(..) | Piece::End(_) => Ok(()),
            piece => send.blocking_send(piece).map_err(|_| damaged("nobody reads on")),
        })
    });
    let mut upload = None;
    while let Some(piece) = receive.recv().await {
        match piece {
            Piece::Stored(id) => {
                loose(app, client, manifest.organization.id, id).await?;
                laid.push(id);
                upload = Some(app.files.upload(manifest.organization.id, id)?);
            }
            Piece::Bytes(bytes) => {
                if let Some(upload) = &mut upload {
                    upload.put(bytes).await?;
                }
            }
            Piece::StoredEnd { .. } => {
                if let Some(upload) = upload.take() {
                    upload.finish().await?;
                }
            }
            Piece::Begin(_) | Piece::Lines(..) | Piece::End(_) => {}
        }
    }
    let again = reading.await.map_err(|error| Error::internal(error.to_string()))??;
    if again == *manifest { Ok(()) } else { Err(damaged("it changed while it was read")) }
}

/// Writes down that a file belongs to nothing yet. One that an import before left behind is young again.
async fn loose(app: &App, client: &Client, organization: OrganizationId, file: Uuid) -> Result<(), Error> {
    client
        .execute(
            sql!(
                "insert into loose_files (organization_id, id, since) values ($1, $2, $3)
                 on conflict (organization_id, id) do update set since = excluded.since"
            ),
            &[organization.as_uuid(), &file, &app.clock.now()],
        )
        .await?;
    Ok(())
}

/// The files belong to the rows that came with them.
pub(super) async fn owned(client: &Client, organization: OrganizationId, laid: &[Uuid]) -> Result<(), Error> {
    client
        .execute(
            sql!("delete from loose_files where organization_id = $1 and id = any ($2)"),
            &[organization.as_uuid(), &laid],
        )
        .await?;
    Ok(())
}

/// That every row has its file and every file its row.
pub(super) async fn agree(client: &Client, manifest: &Manifest) -> Result<(), Error> {
    let named = named(client, manifest.organization.id).await?;
    let mut counted = Counted::default();
    for Named { id, bytes, sha256, .. } in &named {
        counted.add(*id, *bytes, sha256);
    }
    if counted.end() == manifest.stored { Ok(()) } else { Err(damaged("its files are not those that its rows name")) }
}

/// Removes what was laid down for an import that did not happen. Its rows stay for the sweep.
pub(super) async fn undo(app: &App, organization: OrganizationId, laid: &[Uuid]) {
    for file in laid {
        if let Err(error) = app.files.remove(organization, *file).await {
            tracing::warn!(%file, %error, "a file of an import that did not happen stays behind");
        }
    }
}

/// A piece of a file.
pub(super) fn piece(bytes: &[u8]) -> Piece {
    Piece::Bytes(Bytes::copy_from_slice(bytes))
}
