//! `retainer openapi`.

use std::process::ExitCode;

use crate::output;

/// Prints the OpenAPI document.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    output::line(&retainer::web::document().to_pretty_json()?)?;
    Ok(ExitCode::SUCCESS)
}
