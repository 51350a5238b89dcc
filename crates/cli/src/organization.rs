//! `retainer organization`.

use std::process::ExitCode;

use retainer::organizations::find;
use retainer::server;

use crate::args::Place;
use crate::installation::{Absent, Installation};
use crate::output;

/// Lists all organizations.
pub(crate) async fn list(place: &Place) -> anyhow::Result<ExitCode> {
    let installation = Installation::open(place, Absent::Refuse).await?;
    let listed = match installation.is_migrated().await {
        Ok(true) => all(&installation).await,
        Ok(false) => Err(anyhow::anyhow!(
            "the first start of this installation was interrupted before its tables were made: `retainer serve` (or \
             `retainer migrate`) finishes it"
        )),
        Err(error) => Err(error),
    };
    installation.close().await;
    let organizations = listed?;
    if place.json {
        output::json(&serde_json::to_value(&organizations)?)?;
    } else if organizations.is_empty() {
        output::line("There are no organizations yet.")?;
    }
    if !place.json {
        for organization in organizations {
            let since = organization.created_at.strftime("%Y-%m-%d");
            output::line(&format!("{:<40} since {since}  {}", organization.slug, organization.name))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn all(installation: &Installation) -> anyhow::Result<Vec<find::Listed>> {
    let app = server::app(&installation.options(), ([127, 0, 0, 1], 0).into())?;
    let listed = find::all(&app.db).await?;
    app.db.close();
    Ok(listed)
}
