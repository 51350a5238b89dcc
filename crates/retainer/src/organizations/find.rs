//! Reading organizations.

use kernel::id::{Id, OrganizationId};
use runtime::{Columns, Database, Error, Tx, sql};

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
                "select id, slug, name, time_zone, currency, sign_up, days_to_pay, time_increment, payment_instructions,
                        closes_at, is_sample, version from organizations
                 where organization_id = $1 and id = $1"
            ),
            &[tx.org()],
        )
        .await?;
    Organization::of_row(&row)
}

/// Which slug belongs to which organization, as far as it was asked a moment ago. A slug is free again when
/// its organization was removed, which all servers hear and then forget; so nothing is remembered for longer than a minute
/// by one that could not hear. What is not known is asked every time.
#[derive(Debug)]
pub struct Directory(moka::sync::Cache<String, OrganizationId>);

impl Default for Directory {
    fn default() -> Self {
        let minute = std::time::Duration::from_mins(1);
        Self(moka::sync::Cache::builder().max_capacity(10_000).time_to_live(minute).build())
    }
}

impl Directory {
    /// Forgets all, because an organization is gone and its slug is free.
    pub fn forget(&self) {
        self.0.invalidate_all();
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

/// The slug of the installation's only organization; none when there are none or several. Samples count only where there is
/// nothing else.
///
/// # Errors
/// A fault.
pub async fn only(db: &Database) -> Result<Option<String>, Error> {
    let client = db.client().await?;
    let query = sql!("select slug, is_sample from organization_slugs order by is_sample, slug limit 2");
    let rows = client.query(&client.prepare_cached(query).await?, &[]).await?;
    Ok(match rows.as_slice() {
        [row] => Some(row.get(0)),
        [own, other] if !own.get::<_, bool>(1) && other.get::<_, bool>(1) => Some(own.get(0)),
        _ => None,
    })
}

/// An organization in the operator's list.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Listed {
    /// Its id.
    pub id: OrganizationId,
    /// The word in its URLs.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Since when.
    pub created_at: jiff::Timestamp,
    /// Whether its data is invented.
    pub is_sample: bool,
    /// When it ends, if its owner asked for that.
    pub closes_at: Option<jiff::Timestamp>,
}

/// All organizations of the installation, for its operator, but those that are being removed: their words are free.
///
/// # Errors
/// A fault.
pub async fn all(db: &Database) -> Result<Vec<Listed>, Error> {
    let client = db.operator().await?;
    let rows = client
        .query(
            sql!(
                "select id, slug, name, created_at, is_sample, closes_at from organizations
             where removal_begun_at is null order by created_at, id"
            ),
            &[],
        )
        .await?;
    let listed = |row: &tokio_postgres::Row| Listed {
        id: row.id("id"),
        slug: row.get("slug"),
        name: row.get("name"),
        created_at: row.get("created_at"),
        is_sample: row.get("is_sample"),
        closes_at: row.get("closes_at"),
    };
    Ok(rows.iter().map(listed).collect())
}
