//! Reading organizations.

use kernel::id::{Id, OrganizationId};
use runtime::{Database, Error, Tx, sql};

use super::{Organization, Slug};

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

/// The organization that a URL names, from the directory that is asked before the tenant is known.
///
/// # Errors
/// A fault.
pub async fn by_slug(db: &Database, slug: &Slug) -> Result<Option<OrganizationId>, Error> {
    let client = db.client().await?;
    let statement =
        client.prepare_cached(sql!("select organization_id from organization_slugs where slug = $1")).await?;
    let row = client.query_opt(&statement, &[&slug.as_str()]).await?;
    Ok(row.map(|row| OrganizationId::from_uuid(row.get(0))))
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
