//! The organization that an import goes into.

use anyhow::Context;
use kernel::id::OrganizationId;
use kernel::text::Name;
use kernel::{Actor, Currency};
use retainer::organizations::{self, Create, Slug, Zone, find};
use retainer::{App, plans};
use runtime::tx::Access;

/// Finds the organization.
///
/// # Errors
/// When it is being closed, or a fault.
pub async fn find(app: &App, slug: &str) -> anyhow::Result<Option<OrganizationId>> {
    let all = find::all(&app.db).await?;
    let Some(listed) = all.into_iter().find(|listed| listed.slug == slug) else { return Ok(None) };
    organizations::require_open(listed.closes_at).map_err(runtime::Error::from)?;
    Ok(Some(listed.id))
}

/// Creates it with the catalogue of a consulting shop. Its name is its slug until somebody changes it.
///
/// # Errors
/// When the slug is none or is taken, or a fault.
pub async fn create(app: &App, id: OrganizationId, slug: &str) -> anyhow::Result<()> {
    let tx = app.begin(id, Actor::system("Import"), Access::Write).await?;
    organizations::create(&tx, new(slug)?).await?;
    plans::preset_consulting(&tx).await?;
    tx.commit().await?;
    Ok(())
}

/// How a new one looks.
///
/// # Errors
/// When the slug is none.
pub fn new(slug: &str) -> anyhow::Result<Create> {
    let word: Slug = slug.parse().map_err(|error| anyhow::anyhow!("--organization {error}"))?;
    let name: Name = slug.parse().map_err(|error| anyhow::anyhow!("--organization {error}")).context("no name")?;
    Ok(Create { slug: word, name, zone: Zone::UTC, currency: Currency::USD, is_sample: false })
}
