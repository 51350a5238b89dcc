//! Finding a person for the operator of the installation, who knows no tenant.

use kernel::Email;
use kernel::id::{OrganizationId, UserId};
use runtime::{Columns, Error, sql};

use crate::App;

/// Somebody and where they belong.
#[derive(Debug)]
pub(super) struct Somebody {
    pub(super) organization: OrganizationId,
    pub(super) slug: String,
    pub(super) user: UserId,
}

runtime::refusals! {
    /// Why the operator found nobody.
    pub enum LookUpRefused {
        /// Nobody has the address.
        Unknown => NotFound, "user.unknown", "Nobody with this address belongs to an organization here (or to the one that was named).";
    }
}

/// Who has an address, in the organization that is named, or else in the first that they belong to.
pub(super) async fn somebody(app: &App, email: &Email, organization: Option<&str>) -> Result<Somebody, Error> {
    let operator = app.db.operator().await?;
    let statement = operator
        .prepare_cached(sql!(
            "select m.organization_id, o.slug, u.id from users u
             join memberships m on m.user_id = u.id and m.ended_at is null
             join organizations o on o.organization_id = m.organization_id and o.id = m.organization_id
             where u.email_folded = $1 and ($2::text is null or o.slug = $2) order by m.created_at, m.id limit 1"
        ))
        .await?;
    let row = operator.query_opt(&statement, &[&email.folded(), &organization]).await?.ok_or(LookUpRefused::Unknown)?;
    Ok(Somebody { organization: row.id("organization_id"), slug: row.get("slug"), user: row.id("id") })
}
