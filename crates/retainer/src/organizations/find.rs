//! Reading organizations.

use kernel::id::{Id, OrganizationId};
use runtime::{Database, Error, Tx, sql};

use super::{Organization, Slug};
use crate::App;

/// The transaction's own organization.
///
/// # Errors
/// A fault.
pub async fn own(tx: &Tx) -> Result<Organization, Error> {
    let row = tx
        .one(
            sql!(
                "select id, slug, name, time_zone, currency, sign_up, version from organizations
                 where organization_id = $1 and id = $1"
            ),
            &[tx.org()],
        )
        .await?;
    Organization::of_row(&row)
}

/// Which slug belongs to which organization, as far as it was asked a moment ago. A slug never moves to another
/// organization, so what is remembered cannot be wrong; what is not known is asked every time.
#[derive(Debug)]
pub struct Directory(moka::sync::Cache<String, OrganizationId>);

impl Default for Directory {
    fn default() -> Self {
        Self(moka::sync::Cache::new(10_000))
    }
}

/// The organization that a URL names, from the directory that is asked before the tenant is known.
///
/// # Errors
/// A fault.
pub async fn by_slug(app: &App, slug: &Slug) -> Result<Option<OrganizationId>, Error> {
    if let Some(known) = app.directory.0.get(slug.as_str()) {
        return Ok(Some(known));
    }
    let client = app.db.client().await?;
    let statement =
        client.prepare_cached(sql!("select organization_id from organization_slugs where slug = $1")).await?;
    let found = client.query_opt(&statement, &[&slug.as_str()]).await?.map(|row| OrganizationId::from_uuid(row.get(0)));
    if let Some(organization) = found {
        app.directory.0.insert(slug.to_string(), organization);
    }
    Ok(found)
}

/// The slug of the installation's only organization; none when there are none or several.
///
/// # Errors
/// A fault.
pub async fn only(db: &Database) -> Result<Option<String>, Error> {
    let client = db.client().await?;
    let statement = client.prepare_cached(sql!("select slug from organization_slugs limit 2")).await?;
    let rows = client.query(&statement, &[]).await?;
    Ok(if let [row] = rows.as_slice() { Some(row.get(0)) } else { None })
}
