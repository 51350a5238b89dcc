//! Reading the catalogue.

use kernel::Permission;
use kernel::id::{Id, PlanId, PlanVersionId};
use runtime::http::{Cursor, Page, Paging};
use runtime::{Columns, Error, Tx, sql};

use super::{Plan, PlanVersion};

runtime::refusals! {
    /// Why a plan is not shown.
    pub enum FindRefused {
        /// There is none.
        NotFound => NotFound, "plan.not_found", "There is no such plan.";
    }
}

/// Which plans to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shelf {
    /// Those that are sold.
    #[default]
    Sold,
    /// Those that were archived.
    Archived,
}

/// The plans, the oldest first.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn list(tx: &Tx, shelf: Shelf, paging: Paging) -> Result<Page<Plan>, Error> {
    tx.require(Permission::PlansRead)?;
    let (at, id) = paging.above();
    let rows = tx
        .rows(
            sql!(
                "select p.name, p.created_at as plan_created_at, p.archived_at, p.version, v.*
                 from plans p
                 join lateral (select * from plan_versions v where v.organization_id = $1 and v.plan_id = p.id
                               order by v.number desc limit 1) v on true
                 where p.organization_id = $1 and (p.archived_at is not null) = $2
                   and (p.created_at, p.id) > ($3, $4)
                 order by p.created_at, p.id limit $5"
            ),
            &[tx.org(), &(shelf == Shelf::Archived), &at, &id, &paging.ask()],
        )
        .await?;
    let items = rows.iter().map(Plan::of_row).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::of(items, paging, |plan| Cursor { at: plan.created_at, id: plan.id.uuid() }))
}

/// The most plans that a page shows.
const MOST_SHOWN: i64 = 500;

/// All plans of a shelf as pages show them: by price, then by name.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn by_price(tx: &Tx, shelf: Shelf) -> Result<Vec<Plan>, Error> {
    tx.require(Permission::PlansRead)?;
    let rows = tx
        .rows(
            sql!(
                "select p.name, p.created_at as plan_created_at, p.archived_at, p.version, v.*
                 from plans p
                 join lateral (select * from plan_versions v where v.organization_id = $1 and v.plan_id = p.id
                               order by v.number desc limit 1) v on true
                 where p.organization_id = $1 and (p.archived_at is not null) = $2
                 order by v.currency, v.price_minor, p.name, p.id limit $3"
            ),
            &[tx.org(), &(shelf == Shelf::Archived), &MOST_SHOWN],
        )
        .await?;
    rows.iter().map(Plan::of_row).collect()
}

/// One plan with the terms that are sold now.
///
/// # Errors
/// [`FindRefused`], `permission.missing`, or a fault.
pub async fn get(tx: &Tx, plan: PlanId) -> Result<Plan, Error> {
    tx.require(Permission::PlansRead)?;
    let row = tx
        .optional(
            sql!(
                "select p.name, p.created_at as plan_created_at, p.archived_at, p.version, v.*
                 from plans p
                 join lateral (select * from plan_versions v where v.organization_id = $1 and v.plan_id = p.id
                               order by v.number desc limit 1) v on true
                 where p.organization_id = $1 and p.id = $2"
            ),
            &[tx.org(), plan.as_uuid()],
        )
        .await?;
    row.as_ref().map(Plan::of_row).transpose()?.ok_or_else(|| FindRefused::NotFound.into())
}

/// All versions of a plan, the newest first.
///
/// # Errors
/// A fault.
pub async fn versions(tx: &Tx, plan: PlanId) -> Result<Vec<PlanVersion>, Error> {
    let rows = tx
        .rows(
            sql!("select * from plan_versions where organization_id = $1 and plan_id = $2 order by number desc"),
            &[tx.org(), plan.as_uuid()],
        )
        .await?;
    rows.iter().map(PlanVersion::of_row).collect()
}

/// A version of a plan, with the plan's name.
#[derive(Debug, Clone)]
pub struct Named {
    /// The plan.
    pub plan: PlanId,
    /// Its name.
    pub name: String,
    /// The version.
    pub version: PlanVersion,
}

/// One version, whether it is still sold or not.
///
/// # Errors
/// [`FindRefused`], or a fault.
pub async fn version(tx: &Tx, version: PlanVersionId) -> Result<Named, Error> {
    let row = tx
        .optional(
            sql!(
                "select p.name, v.* from plan_versions v
                 join plans p on p.organization_id = v.organization_id and p.id = v.plan_id
                 where v.organization_id = $1 and v.id = $2"
            ),
            &[tx.org(), version.as_uuid()],
        )
        .await?;
    let row = row.ok_or(FindRefused::NotFound)?;
    Ok(Named { plan: row.id("plan_id"), name: row.get("name"), version: PlanVersion::of_row(&row)? })
}
