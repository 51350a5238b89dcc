//! `retainer organization`.

use std::process::ExitCode;

use anyhow::Context;
use jiff::Timestamp;
use kernel::Actor;
use retainer::closing::{self, Ask};
use retainer::organizations::find;
use retainer::server;
use runtime::tx::Access;

use crate::args::{OneOrganization, Place};
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
            let ends =
                organization.closes_at.map(|at| at.strftime(", deleted on %Y-%m-%d unless it is kept").to_string());
            let ends = ends.unwrap_or_default();
            output::line(&format!("{:<40} since {since}  {}{ends}", organization.slug, organization.name))?;
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

/// Begins to close an organization.
pub(crate) async fn delete(place: &Place, wanted: &OneOrganization) -> anyhow::Result<ExitCode> {
    let closes_at = decide(place, wanted, Wish::Delete).await?;
    tell(place, wanted, closes_at)
}

/// Keeps an organization.
pub(crate) async fn keep(place: &Place, wanted: &OneOrganization) -> anyhow::Result<ExitCode> {
    let closes_at = decide(place, wanted, Wish::Keep).await?;
    tell(place, wanted, closes_at)
}

/// What the host wants of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Delete,
    Keep,
}

async fn decide(place: &Place, wanted: &OneOrganization, wish: Wish) -> anyhow::Result<Option<Timestamp>> {
    let installation = Installation::open(place, Absent::Refuse).await?;
    let decided = async {
        let options = installation.options();
        server::migrate(&options, &dialects::MIGRATIONS).await?;
        let app = server::app(&options, ([127, 0, 0, 1], 0).into())?;
        let slug = &wanted.organization;
        let known = find::all(&app.db).await?.into_iter().find(|listed| listed.slug == *slug);
        let known = known.with_context(|| format!("there is no organization \"{slug}\""))?;
        let tx = app.begin(known.id, Actor::system("retainer organization"), Access::Write).await?;
        match wish {
            Wish::Delete => closing::ask(&tx, &Ask { slug: slug.clone(), reason: None }).await?,
            Wish::Keep => closing::keep(&tx).await?,
        }
        let closes_at = find::own(&tx).await?.closes_at;
        tx.commit().await?;
        app.db.close();
        anyhow::Ok(closes_at)
    };
    let decided = decided.await;
    installation.close().await;
    decided
}

fn tell(place: &Place, wanted: &OneOrganization, closes_at: Option<Timestamp>) -> anyhow::Result<ExitCode> {
    let slug = &wanted.organization;
    if place.json {
        output::json(&serde_json::json!({ "organization": slug, "closes_at": closes_at }))?;
    } else {
        output::line(&match closes_at {
            Some(closes_at) => format!(
                "{slug} is being closed: on {closes_at} everything of it is deleted. `retainer organization keep` keeps \
                 it; `retainer archive export` writes it into a file."
            ),
            None => format!("{slug} is open."),
        })?;
    }
    Ok(ExitCode::SUCCESS)
}
