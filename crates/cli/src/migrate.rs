//! `retainer migrate`.

use std::process::ExitCode;

use retainer::server;

use crate::args::Place;
use crate::installation::{Absent, Installation};
use crate::output;

/// Brings the database up to date and says what it did.
pub(crate) async fn run(place: &Place) -> anyhow::Result<ExitCode> {
    let installation = Installation::open(place, Absent::Make).await?;
    let applied = server::migrate(&installation.options(), &dialects::MIGRATIONS).await;
    installation.close().await;
    let files = applied?.files;
    if place.json {
        output::json(&serde_json::json!({ "applied": files }))?;
    } else if files.is_empty() {
        output::line("The database is up to date.")?;
    } else {
        output::line(&format!("Applied {}.", files.join(", ")))?;
    }
    Ok(ExitCode::SUCCESS)
}
