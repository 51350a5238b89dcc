//! Creating an organization.

use kernel::text::Name;
use kernel::{Currency, id::Id};
use runtime::{Change, Error, OnConstraint, Tx, sql};

use super::{Slug, Zone};

/// A new business. The transaction's organization is the new id.
#[derive(Debug, Clone)]
pub struct Create {
    /// The word for its URLs.
    pub slug: Slug,
    /// Its name.
    pub name: Name,
    /// Its zone.
    pub zone: Zone,
    /// What its prices are in.
    pub currency: Currency,
    /// Whether it holds invented data that may be deleted at a click.
    pub is_sample: bool,
}

runtime::refusals! {
    /// Why an organization was not created.
    pub enum CreateRefused {
        /// Another organization has the slug.
        SlugTaken { slug: Slug } => Conflict, "organization.slug_taken", "The address \"{slug}\" is taken. Choose another.", at "/slug";
    }
}

/// Creates the organization that the transaction belongs to.
///
/// # Errors
/// [`CreateRefused`], or a fault.
pub async fn create(tx: &Tx, input: Create) -> Result<(), Error> {
    let Create { slug, name, zone, currency, is_sample } = input;
    let organization = tx.organization();
    tx.execute(
        sql!("insert into organization_slugs (slug, organization_id, is_sample) values ($1, $2, $3)"),
        &[&slug.as_str(), organization.as_uuid(), &is_sample],
    )
    .await
    .on_constraint("organization_slugs_pkey", CreateRefused::SlugTaken { slug: slug.clone() })?;
    tx.execute(
        sql!(
            "insert into organizations (organization_id, id, slug, name, time_zone, currency, is_sample, created_at)
             values ($1, $1, $2, $3, $4, $5, $6, $7)"
        ),
        &[tx.org(), &slug.as_str(), &name.as_str(), &zone.name(), &currency.to_string(), &is_sample, &tx.now()],
    )
    .await?;
    tx.record(Change::new("organization.created", "organization", organization).after(serde_json::json!({
        "slug": slug.as_str(), "name": name.as_str(), "time_zone": zone.name(), "currency": currency,
    })));
    Ok(())
}
