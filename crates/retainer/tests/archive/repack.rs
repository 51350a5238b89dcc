//! Taking archives apart and putting them together again, changed.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use retainer::archive::Manifest;
use sha2::Digest;

/// An archive in memory.
pub(crate) struct Parts {
    /// Its files but for the manifest.
    pub(crate) files: Vec<(String, Vec<u8>)>,
    pub(crate) manifest: Manifest,
}

impl Parts {
    pub(crate) fn read(path: &Path) -> Self {
        let mut archive = tar::Archive::new(GzDecoder::new(File::open(path).expect("the archive")));
        let mut files = Vec::new();
        let mut manifest = None;
        for entry in archive.entries().expect("entries") {
            let mut entry = entry.expect("an entry");
            let name = entry.path().expect("a name").to_string_lossy().into_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).expect("its content");
            if name == "manifest.json" {
                manifest = Some(serde_json::from_slice(&content).expect("a manifest"));
            } else {
                files.push((name, content));
            }
        }
        Self { files, manifest: manifest.expect("a manifest") }
    }

    /// The rows of a table.
    pub(crate) fn rows(&self, table: &str) -> Vec<serde_json::Value> {
        let (_, content) = self.files.iter().find(|(name, _)| name.ends_with(&format!("-{table}.jsonl"))).expect("it");
        let lines = std::str::from_utf8(content).expect("text").lines();
        lines.map(|line| serde_json::from_str(line).expect("a row")).collect()
    }

    /// Puts other rows in place of a table's, and lets the manifest say so: what a forger would do.
    pub(crate) fn forge(&mut self, table: &str, content: Vec<u8>) {
        let at = self.files.iter().position(|(name, _)| name.ends_with(&format!("-{table}.jsonl"))).expect("it");
        let file = &mut self.manifest.files[at];
        file.rows = content.iter().filter(|byte| **byte == b'\n').count() as u64;
        file.bytes = content.len() as u64;
        file.sha256 = hex::encode(sha2::Sha256::digest(&content));
        self.files[at].1 = content;
    }

    pub(crate) fn forge_rows(&mut self, table: &str, rows: &[serde_json::Value]) {
        let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
        self.forge(table, text.into_bytes());
    }

    /// All files with the manifest as the last.
    pub(crate) fn all(&self) -> Vec<(String, Vec<u8>)> {
        let mut all = self.files.clone();
        all.push(("manifest.json".to_owned(), serde_json::to_vec(&self.manifest).expect("JSON")));
        all
    }

    pub(crate) fn write(&self, path: &Path) {
        write(path, &self.all(), |_| ());
    }
}

/// Writes a tar with any names; `change` may do what it likes to a header before its sum is made.
pub(crate) fn write(path: &Path, files: &[(String, Vec<u8>)], change: impl Fn(&mut tar::Header)) {
    let mut builder = tar::Builder::new(GzEncoder::new(File::create(path).expect("a file"), Compression::fast()));
    for (name, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        header.set_entry_type(tar::EntryType::Regular);
        // Written into the field itself, because the library refuses names that lead elsewhere.
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        change(&mut header);
        header.set_cksum();
        builder.append(&header, content.as_slice()).expect("written");
    }
    builder.into_inner().and_then(GzEncoder::finish).expect("written");
}
