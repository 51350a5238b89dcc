//! Files beside the tests that say what something was; `UPDATE_SNAPSHOTS=1` rewrites them, for a person to read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../retainer").join(name)
}

fn updates() -> bool {
    std::env::var_os("UPDATE_SNAPSHOTS").is_some_and(|value| value == "1")
}

/// Fails when `text` is not what the file `name` of the product crate holds.
///
/// # Panics
/// When it is not.
pub fn snapshot(name: &str, text: &str) {
    let path = file(name);
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    if known == text {
        return;
    }
    if updates() {
        std::fs::write(&path, text).expect("the snapshot written");
        return;
    }
    let differs = known.lines().zip(text.lines()).position(|(old, new)| old != new);
    let at = differs.unwrap_or_else(|| known.lines().count().min(text.lines().count()));
    let line = |text: &str| text.lines().nth(at).unwrap_or("(the end)").to_owned();
    panic!(
        "{} differs at line {}:\n  was: {}\n  is:  {}\nUPDATE_SNAPSHOTS=1 rewrites it; then read the difference.",
        path.display(),
        at + 1,
        line(&known),
        line(text)
    );
}

/// Fails when something is not covered that the file `name` does not list, and when the list names something that is
/// covered by now: the list may only shrink (`UPDATE_SNAPSHOTS=1` takes out what is covered).
///
/// # Panics
/// When it grew, or could shrink.
pub fn uncovered(name: &str, found: &BTreeSet<String>) {
    let path = file(name);
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let is_entry = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let listed: BTreeSet<String> = text.lines().filter(is_entry).map(str::to_owned).collect();
    let new: Vec<_> = found.difference(&listed).collect();
    assert!(new.is_empty(), "cover these; {} may not grow: {new:#?}", path.display());
    let stale: Vec<_> = listed.difference(found).collect();
    if !stale.is_empty() && updates() {
        let kept = text.lines().filter(|line| !is_entry(line) || found.contains(*line));
        let kept: String = kept.flat_map(|line| [line, "\n"]).collect();
        std::fs::write(&path, kept).expect("the list written");
        return;
    }
    assert!(stale.is_empty(), "take these out of {}: {stale:#?}", path.display());
}
