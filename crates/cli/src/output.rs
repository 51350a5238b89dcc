//! Writing answers to stdout; everything else goes to stderr.

use std::io::Write;

/// One line on stdout, at once, so that whoever reads a pipe gets it.
pub(crate) fn line(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    heard(writeln!(out, "{text}").and_then(|()| out.flush()))
}

/// Whoever cuts a pipe off has heard enough; what is done goes on all the same.
pub(crate) fn heard(said: std::io::Result<()>) -> anyhow::Result<()> {
    match said {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        said => Ok(said?),
    }
}

/// A value as one line of JSON on stdout.
pub(crate) fn json(value: &serde_json::Value) -> anyhow::Result<()> {
    line(&value.to_string())
}
