//! Reading an archive, piece by piece. Nothing is ever written to disk under a name that an archive gives.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use bytes::{Bytes, BytesMut};
use flate2::read::GzDecoder;
use runtime::Error;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::manifest::{FORMAT, MANIFEST, Manifest, stored_name};
use super::rows::LONGEST;
use super::{ArchiveRefused, damaged, of_file};

/// The most bytes of a manifest.
const LARGEST_MANIFEST: u64 = 4 * 1024 * 1024;
/// The most files: far more than there are tables.
const MOST_TABLES: usize = 1_000;
/// The most files that rows name.
const MOST_FILES: usize = 100_000_000;
/// About how many bytes of lines come at once.
const CHUNK: usize = 1024 * 1024;

/// What an archive holds, in its order.
pub(super) enum Piece {
    /// A file of rows begins.
    Begin(String),
    /// Whole lines of it, and how many.
    Lines(Bytes, u64),
    /// It is over.
    End(Found),
    /// A file that a row names begins.
    Stored(Uuid),
    /// Some of its bytes.
    Bytes(Bytes),
    /// It is over.
    StoredEnd { id: Uuid, bytes: u64, sha256: String },
}

/// A file that was read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

/// Who is given the pieces.
pub(super) type Each<'a> = &'a mut dyn FnMut(Piece) -> Result<(), Error>;

/// Reads an archive from its beginning to its end, in constant memory; its manifest, which is its last file.
///
/// # Errors
/// [`ArchiveRefused`], or what `each` says.
pub(super) fn walk(path: &Path, each: Each<'_>) -> Result<Manifest, Error> {
    let file = File::open(path).map_err(|error| of_file(path, &error))?;
    let mut archive = tar::Archive::new(GzDecoder::new(BufReader::with_capacity(CHUNK, file)));
    let mut manifest = None;
    for (number, entry) in archive.entries().map_err(torn)?.raw(true).enumerate() {
        let mut entry = entry.map_err(torn)?;
        if manifest.is_some() || number >= MOST_TABLES + MOST_FILES {
            return Err(damaged("there are files after the manifest"));
        }
        let name = name(&entry)?;
        if name == MANIFEST {
            manifest = Some(read_manifest(&mut entry)?);
        } else if let Some(id) = stored_id(&name) {
            stored(id, &mut entry, each)?;
        } else {
            rows(name, &mut entry, each)?;
        }
    }
    // The sum of the compression stands at its end.
    let rest = std::io::copy(&mut archive.into_inner().take(CHUNK as u64), &mut std::io::sink()).map_err(torn)?;
    if rest >= CHUNK as u64 {
        return Err(damaged("something follows after the end"));
    }
    manifest.ok_or_else(|| damaged("the end is missing"))
}

fn torn(error: std::io::Error) -> Error {
    damaged(format!("it cannot be read on ({error})"))
}

/// The name of a file, which is one of those that an archive has.
fn name<R: Read>(entry: &tar::Entry<'_, R>) -> Result<String, Error> {
    let bytes = entry.path_bytes();
    let name = String::from_utf8_lossy(&bytes);
    if entry.header().entry_type() != tar::EntryType::Regular {
        return Err(damaged(format!("{name:?} is no plain file")));
    }
    if name != MANIFEST && !is_of_rows(&name) && stored_id(&name).is_none() {
        return Err(damaged(format!("{name:?} is no file of an archive")));
    }
    Ok(name.into_owned())
}

/// `tables/007-tickets.jsonl`
fn is_of_rows(name: &str) -> bool {
    let inside = name.strip_prefix("tables/").and_then(|name| name.strip_suffix(".jsonl"));
    let Some((number, table)) = inside.and_then(|inside| inside.split_once('-')) else { return false };
    number.len() == 3
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && !table.is_empty()
        && table.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// `files/0190…`, as this program writes it.
fn stored_id(name: &str) -> Option<Uuid> {
    let id = name.strip_prefix("files/")?.parse().ok()?;
    (stored_name(id) == name).then_some(id)
}

/// Hands out the bytes of a file that a row names.
fn stored(id: Uuid, content: &mut dyn Read, each: Each<'_>) -> Result<(), Error> {
    each(Piece::Stored(id))?;
    let mut content = BufReader::with_capacity(CHUNK, content);
    let (mut sum, mut bytes) = (Sha256::new(), 0);
    loop {
        let part = content.fill_buf().map_err(torn)?;
        if part.is_empty() {
            break;
        }
        let length = part.len();
        sum.update(part);
        each(super::files::piece(part))?;
        content.consume(length);
        bytes += length as u64;
    }
    each(Piece::StoredEnd { id, bytes, sha256: hex::encode(sum.finalize()) })
}

fn read_manifest(content: &mut dyn Read) -> Result<Manifest, Error> {
    let mut text = Vec::new();
    content.take(LARGEST_MANIFEST).read_to_end(&mut text).map_err(torn)?;
    let unreadable = |error: serde_json::Error| damaged(format!("the manifest cannot be read ({error})"));
    // The form first: a later one may have other fields.
    let any: serde_json::Value = serde_json::from_slice(&text).map_err(unreadable)?;
    let format = any["format"].as_u64().and_then(|format| u32::try_from(format).ok());
    match format {
        Some(FORMAT) => serde_json::from_value(any).map_err(unreadable),
        Some(format) => Err(ArchiveRefused::OtherForm { format }.into()),
        None => Err(damaged("the manifest does not say its form")),
    }
}

/// Hands out the lines of a file, about a megabyte at a time.
fn rows(name: String, content: &mut dyn Read, each: Each<'_>) -> Result<(), Error> {
    each(Piece::Begin(name.clone()))?;
    let mut content = BufReader::with_capacity(CHUNK, content);
    let (mut sum, mut chunk, mut begun) = (Sha256::new(), BytesMut::new(), 0usize);
    let mut found = Found { name, rows: 0, bytes: 0, sha256: String::new() };
    let mut lines = 0u64;
    loop {
        let part = content.fill_buf().map_err(torn)?;
        if part.is_empty() {
            break;
        }
        let (end, ended) = part.iter().position(|byte| *byte == b'\n').map_or((part.len(), false), |at| (at + 1, true));
        chunk.extend_from_slice(&part[..end]);
        sum.update(&part[..end]);
        content.consume(end);
        found.bytes += end as u64;
        begun = if ended { 0 } else { begun + end };
        lines += u64::from(ended);
        if begun > LONGEST {
            return Err(damaged(format!("{} has a line of more than {LONGEST} bytes", found.name)));
        }
        if ended && chunk.len() >= CHUNK {
            found.rows += lines;
            each(Piece::Lines(chunk.split().freeze(), std::mem::take(&mut lines)))?;
        }
    }
    if begun > 0 {
        return Err(damaged(format!("the last line of {} has no end", found.name)));
    }
    if lines > 0 {
        found.rows += lines;
        each(Piece::Lines(chunk.freeze(), lines))?;
    }
    found.sha256 = hex::encode(sum.finalize());
    each(Piece::End(found))
}
