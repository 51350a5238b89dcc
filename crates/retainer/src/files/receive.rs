//! Receiving a file, in pieces, before any transaction that makes it somebody's.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use kernel::Actor;
use kernel::id::{AttachmentId, Id, OrganizationId};
use runtime::files::Upload;
use runtime::tx::Access;
use runtime::{Error, sql};
use sha2::{Digest, Sha256};

use super::media::LOOKED_AT;
use super::{FileName, FileRefused, Media, spoken};
use crate::App;

/// A file that was received whole and belongs to nothing yet.
#[derive(Debug, Clone)]
pub struct Received {
    /// Its id, under which it lies.
    pub id: AttachmentId,
    /// Its name.
    pub name: FileName,
    /// What it is.
    pub media: Media,
    /// How many bytes it has.
    pub bytes: u64,
    /// SHA-256 of them.
    pub sha256: Vec<u8>,
}

/// How long the next piece may keep one waiting.
const PIECE: Duration = Duration::from_secs(15);
/// How long the whole of it may take: 25 MB over a slow telephone.
const WHOLE: Duration = Duration::from_secs(15 * 60);

/// Receives a file. Until something owns it, it may be swept a day later.
///
/// # Errors
/// [`FileRefused`], or a fault.
pub async fn receive<E: std::fmt::Display>(
    app: &App,
    organization: OrganizationId,
    name: FileName,
    pieces: impl Stream<Item = Result<Bytes, E>>,
) -> Result<Received, Error> {
    let id = app.ids.next::<AttachmentId>();
    let tx = app.begin(organization, Actor::system("files.receive"), Access::Write).await?;
    let waits = sql!("insert into loose_files (organization_id, id, since) values ($1, $2, $3)");
    tx.execute(waits, &[tx.org(), id.as_uuid(), &tx.now()]).await?;
    tx.commit().await?;
    let mut upload = app.files.upload(organization, id.uuid())?;
    let taken = tokio::time::timeout(WHOLE, take(app, &mut upload, &name, pieces)).await;
    let taken = taken.unwrap_or_else(|_| Err(FileRefused::BrokenOff { name: name.to_string() }.into()));
    match taken {
        Ok(Taken { media, bytes, sha256 }) => {
            upload.finish().await?;
            Ok(Received { id, name, media, bytes, sha256 })
        }
        Err(error) => {
            upload.abandon().await;
            Err(error)
        }
    }
}

struct Taken {
    media: Media,
    bytes: u64,
    sha256: Vec<u8>,
}

async fn take<E: std::fmt::Display>(
    app: &App,
    upload: &mut Upload,
    name: &FileName,
    pieces: impl Stream<Item = Result<Bytes, E>>,
) -> Result<Taken, Error> {
    let mut pieces = std::pin::pin!(pieces);
    let (mut head, mut sum, mut bytes) = (BytesMut::new(), Sha256::new(), 0u64);
    let most = app.file_limits.file;
    loop {
        let piece = match tokio::time::timeout(PIECE, pieces.next()).await {
            Ok(None) => break,
            Ok(Some(Ok(piece))) => piece,
            Ok(Some(Err(error))) => {
                tracing::debug!(%error, "a file broke off");
                return Err(FileRefused::BrokenOff { name: name.to_string() }.into());
            }
            Err(_) => return Err(FileRefused::BrokenOff { name: name.to_string() }.into()),
        };
        bytes += piece.len() as u64;
        if bytes > most {
            return Err(FileRefused::TooLarge { name: name.to_string(), most: spoken(most) }.into());
        }
        if head.len() < LOOKED_AT {
            head.extend_from_slice(&piece[..piece.len().min(LOOKED_AT - head.len())]);
        }
        sum.update(&piece);
        upload.put(piece).await?;
    }
    if bytes == 0 {
        return Err(FileRefused::Empty { name: name.to_string() }.into());
    }
    Ok(Taken { media: Media::of(&head), bytes, sha256: sum.finalize().to_vec() })
}
