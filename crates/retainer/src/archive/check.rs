//! Proving that an archive is whole, before anything of it is used.

use std::path::Path;

use runtime::Error;
use runtime::carry::{Doing, Progress, Watch};

use super::damaged;
use super::manifest::{Counted, File, Manifest, file_name};
use super::unpack::{Found, Piece, walk};

/// Reads a whole archive and holds it against its own manifest: every file that it names is there, in its order, with as
/// many rows and bytes and the same sum, and no other.
///
/// # Errors
/// [`super::ArchiveRefused`]
pub fn check(path: &Path, watch: Watch<'_>) -> Result<Manifest, Error> {
    let mut found: Vec<Found> = Vec::new();
    let (mut table, mut done, mut stored) = (String::new(), 0, Counted::default());
    let manifest = walk(path, &mut |piece| {
        match piece {
            Piece::Begin(name) => (table, done) = (name, 0),
            Piece::Lines(_, lines) => {
                done += lines;
                watch(Progress { doing: Doing::Checking, table: &table, done, total: done });
            }
            Piece::End(file) => found.push(file),
            Piece::StoredEnd { id, bytes, sha256 } => stored.add(id, bytes, &sha256),
            Piece::Stored(_) | Piece::Bytes(_) => {}
        }
        Ok(())
    })?;
    if found.len() != manifest.files.len() {
        return Err(damaged("files are missing"));
    }
    if stored.end() != manifest.stored {
        return Err(damaged("an attached file is missing, or is not what was written"));
    }
    for (number, (file, found)) in manifest.files.iter().zip(&found).enumerate() {
        if file.name != file_name(number + 1, &file.table) {
            return Err(damaged("the files are not in their order"));
        }
        agree(file, found)?;
    }
    Ok(manifest)
}

/// That a file is what the manifest says of it.
pub(super) fn agree(file: &File, found: &Found) -> Result<(), Error> {
    let is_same =
        file.name == found.name && file.rows == found.rows && file.bytes == found.bytes && file.sha256 == found.sha256;
    if is_same { Ok(()) } else { Err(damaged(format!("{} is not what was written", file.name))) }
}
