//! Where the server of an installation is found, noted in its data directory for the commands that print links.

use std::path::{Path, PathBuf};

/// What is said where no server noted anything.
const USUAL: &str = "http://127.0.0.1:8080";

fn file(data: &Path) -> PathBuf {
    data.join("address")
}

/// Notes where people find the server. Without a data directory, on a database that others run, there is nowhere to.
pub(crate) fn note(data: &Path, public_url: &str) {
    if !data.is_dir() {
        return;
    }
    if let Err(error) = std::fs::write(file(data), format!("{public_url}\n")) {
        tracing::warn!(%error, "the address of this server could not be noted: links of other commands need --public-url");
    }
}

/// Takes the note away when the server ends, unless another one has written its own.
pub(crate) fn forget(data: &Path, public_url: &str) {
    if known(data).as_deref() == Some(public_url) {
        // What stays is the address of the last server, which the next one most likely has, too.
        drop(std::fs::remove_file(file(data)));
    }
}

/// Where links lead when nobody says: to the server that runs here.
pub(crate) fn noted(data: &Path) -> String {
    known(data).unwrap_or_else(|| USUAL.to_owned())
}

fn known(data: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file(data)).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
