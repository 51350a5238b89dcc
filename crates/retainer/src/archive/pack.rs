//! Writing an archive: a tar of files, compressed with gzip, under another name until it is whole.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use runtime::Error;
use sha2::{Digest, Sha256};

use super::{ArchiveRefused, of_file};

/// An archive that is being written.
pub(super) struct Pack {
    /// Its name once it is whole, and until then; none for one that never has a name.
    named: Option<(PathBuf, Draft)>,
    /// Beside what things are gathered.
    base: PathBuf,
    tar: Tar,
    /// The instant that all files carry.
    at: u64,
}

/// The archive's name until it is whole. Whatever happens, it is gone at the end.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            tracing::warn!(file = %self.0.display(), %error, "an unfinished archive stays behind");
        }
    }
}

/// A file on its way into an archive. Its size must be known before it is put in, so it is gathered on disk.
pub(super) struct Gathered {
    file: BufWriter<File>,
    sum: Sha256,
    /// How many bytes.
    pub(super) bytes: u64,
    /// How many lines.
    pub(super) rows: u64,
}

/// A new file that only its owner reads: an archive holds the hashes of passwords.
fn create(path: &Path) -> Result<File, Error> {
    let opened = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path);
    opened.map_err(|error| of_file(path, &error))
}

/// The same without a name.
fn create_nameless(path: &Path) -> Result<File, Error> {
    let file = create(path)?;
    std::fs::remove_file(path).map_err(|error| of_file(path, &error))?;
    Ok(file)
}

impl Pack {
    /// Begins an archive at a place where nothing is yet.
    ///
    /// # Errors
    /// [`ArchiveRefused::FileExists`], or when the file cannot be written.
    pub(super) fn begin(to: &Path, at: jiff::Timestamp) -> Result<Self, Error> {
        if to.symlink_metadata().is_ok() {
            return Err(ArchiveRefused::FileExists { file: to.display().to_string() }.into());
        }
        let mut name = to.as_os_str().to_owned();
        name.push(format!(".{}.unfinished", std::process::id()));
        let path = PathBuf::from(name);
        let file = create(&path)?;
        Ok(Self::into_file(file, (Some((to.to_owned(), Draft(path.clone()))), path), at))
    }

    /// Begins an archive in a file of a folder that has no name, so nothing of it is left behind whatever happens.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn nameless(folder: &Path, at: jiff::Timestamp) -> Result<Self, Error> {
        let mut random = [0u8; 16];
        rand::fill(&mut random);
        let path = folder.join(format!("archive-{}.unfinished", hex::encode(random)));
        Ok(Self::into_file(create_nameless(&path)?, (None, path), at))
    }

    fn into_file(file: File, (named, base): (Option<(PathBuf, Draft)>, PathBuf), at: jiff::Timestamp) -> Self {
        let tar = tar::Builder::new(GzEncoder::new(BufWriter::new(file), Compression::default()));
        Self { named, base, tar, at: u64::try_from(at.as_second()).unwrap_or(0) }
    }

    /// A file to gather lines in. It has no name, so nothing of it is left behind whatever happens.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn gather(&self) -> Result<Gathered, Error> {
        let mut name = self.base.as_os_str().to_owned();
        name.push(".table");
        let file = create_nameless(&PathBuf::from(name))?;
        Ok(Gathered { file: BufWriter::new(file), sum: Sha256::new(), bytes: 0, rows: 0 })
    }

    /// Puts what was gathered into the archive; its SHA-256.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn put(&mut self, name: &str, gathered: Gathered) -> Result<String, Error> {
        let Gathered { file, sum, bytes, .. } = gathered;
        let failed = |error: std::io::Error| of_file(&self.base, &error);
        let mut file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        append(&mut self.tar, (name, self.at), bytes, &mut file).map_err(failed)?;
        Ok(hex::encode(sum.finalize()))
    }

    /// Puts the last file in and gives the archive its name, if it is to have one, when all of it is on disk.
    ///
    /// # Errors
    /// When the file cannot be written, or somebody made one of that name meanwhile.
    pub(super) fn end(self, name: &str, content: &[u8]) -> Result<File, Error> {
        let Self { named, base, mut tar, at } = self;
        let failed = |error: std::io::Error| of_file(&base, &error);
        let bytes = u64::try_from(content.len()).unwrap_or(u64::MAX);
        append(&mut tar, (name, at), bytes, &mut &*content).map_err(failed)?;
        let file = tar.into_inner().and_then(GzEncoder::finish).map_err(failed)?;
        let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        let Some((to, draft)) = named else { return Ok(file) };
        file.sync_all().map_err(failed)?;
        // A link never replaces what is there, as a renaming would.
        std::fs::hard_link(&draft.0, &to).map_err(|error| of_file(&to, &error))?;
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        Ok(file)
    }
}

impl Gathered {
    /// Adds bytes as they are.
    ///
    /// # Errors
    /// When the disk does not take them.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.file.write_all(bytes)?;
        self.sum.update(bytes);
        self.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(())
    }

    /// Adds a line.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub(super) fn line(&mut self, line: &str) -> std::io::Result<()> {
        self.bytes(line.as_bytes())?;
        self.bytes(b"\n")?;
        self.rows += 1;
        Ok(())
    }
}

type Tar = tar::Builder<GzEncoder<BufWriter<File>>>;

fn append(tar: &mut Tar, (name, at): (&str, u64), bytes: u64, content: &mut dyn Read) -> std::io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_size(bytes);
    header.set_mode(0o600);
    header.set_mtime(at);
    header.set_entry_type(tar::EntryType::Regular);
    tar.append_data(&mut header, name, content)
}
