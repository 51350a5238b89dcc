//! Writing answers to stdout; everything else goes to stderr.

use std::io::Write;

/// One line on stdout, at once, so that whoever reads a pipe gets it.
pub(crate) fn line(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(Into::into)
}

/// A value as one line of JSON on stdout.
pub(crate) fn json(value: &serde_json::Value) -> anyhow::Result<()> {
    line(&value.to_string())
}
