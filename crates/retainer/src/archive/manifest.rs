//! What an archive says about itself.

use kernel::id::OrganizationId;
use runtime::Error;
use runtime::secret::Key;
use sha2::Digest;

/// The form of the archives that this program writes and reads.
pub const FORMAT: u32 = 2;
/// The name of the manifest within the archive.
pub const MANIFEST: &str = "manifest.json";

/// What is in an archive: its last file, so an archive that was cut off has none.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The form of the archive.
    pub format: u32,
    /// The last migration of the database that it was taken from.
    pub schema: String,
    /// The version of the program that wrote it.
    pub program: String,
    /// When.
    pub exported_at: jiff::Timestamp,
    /// Whose it is.
    pub organization: Whose,
    /// Its files, in their order.
    pub files: Vec<File>,
    /// The files that its rows name.
    pub stored: Stored,
    /// An authentication code of all the above under the installation's key: the same installation knows its own work.
    pub seal: String,
}

/// Whose archive it is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whose {
    /// The organization's id.
    pub id: OrganizationId,
    /// Its word in addresses.
    pub slug: String,
    /// Its name.
    pub name: String,
}

/// A file of an archive: a table, one row a line.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Where it is in the archive.
    pub name: String,
    /// The table.
    pub table: String,
    /// The table's columns.
    pub columns: Vec<String>,
    /// How many rows.
    pub rows: u64,
    /// How many bytes.
    pub bytes: u64,
    /// SHA-256 of them, in hexadecimal.
    pub sha256: String,
}

/// The files that rows of an archive name, all together: there may be more than a manifest could list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stored {
    /// How many.
    pub files: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// SHA-256, in hexadecimal, of a line for each in the order of their ids: its id, its bytes, its own SHA-256.
    pub sha256: String,
}

/// What is counted of them as they come.
#[derive(Debug, Default)]
pub(super) struct Counted {
    files: u64,
    bytes: u64,
    sum: sha2::Sha256,
}

impl Counted {
    /// One more.
    pub(super) fn add(&mut self, id: uuid::Uuid, bytes: u64, sha256: &str) {
        self.files += 1;
        self.bytes += bytes;
        self.sum.update(format!("{id} {bytes} {sha256}\n"));
    }

    /// All of them.
    pub(super) fn end(self) -> Stored {
        Stored { files: self.files, bytes: self.bytes, sha256: hex::encode(self.sum.finalize()) }
    }
}

/// Where such a file is within an archive.
pub fn stored_name(id: uuid::Uuid) -> String {
    format!("files/{id}")
}

/// Where a table's rows are within an archive.
pub fn file_name(number: usize, table: &str) -> String {
    format!("tables/{number:03}-{table}.jsonl")
}

impl Manifest {
    /// The seal that this manifest has under a key.
    ///
    /// # Errors
    /// A fault when it cannot be written.
    pub fn sealed(&self, key: &Key) -> Result<String, Error> {
        let bare = Self { seal: String::new(), ..self.clone() };
        let digest = hex::encode(sha2::Sha256::digest(serde_json::to_vec(&bare)?));
        Ok(key.derive(&format!("archive {digest}")))
    }

    /// Whether it was written with this key and has not been changed since. The sizes and sums of all files are part of
    /// what is sealed.
    ///
    /// # Errors
    /// A fault when it cannot be written.
    pub fn is_of(&self, key: &Key) -> Result<bool, Error> {
        Ok(self.seal == self.sealed(key)?)
    }

    /// How many rows it holds.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }
}
