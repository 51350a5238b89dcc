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
    let items = read(tx, Wanted { shelf: Some(shelf), paging: Some(paging), ..Wanted::default() }).await?;
    Ok(Page::of(items, paging, |plan| Cursor::new(plan.created_at, plan.id.uuid())))
}

/// All plans of a shelf as pages show them: by price, then by name.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn by_price(tx: &Tx, shelf: Shelf) -> Result<Vec<Plan>, Error> {
    read(tx, Wanted { shelf: Some(shelf), ..Wanted::default() }).await
}

/// All plans, archived ones too: by price, then by name.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn all(tx: &Tx) -> Result<Vec<Plan>, Error> {
    read(tx, Wanted::default()).await
}

/// One plan with the terms that are sold now.
///
/// # Errors
/// [`FindRefused`], `permission.missing`, or a fault.
pub async fn get(tx: &Tx, plan: PlanId) -> Result<Plan, Error> {
    let plans = read(tx, Wanted { plan: Some(plan), ..Wanted::default() }).await?;
    plans.into_iter().next().ok_or_else(|| FindRefused::NotFound.into())
}

/// Which plans are read.
#[derive(Debug, Clone, Copy, Default)]
struct Wanted {
    plan: Option<PlanId>,
    shelf: Option<Shelf>,
    /// A page of them, the oldest first; without, as many as a page shows, by price.
    paging: Option<Paging>,
}

/// The most plans that a page shows.
const MOST_SHOWN: i64 = 500;

async fn read(tx: &Tx, wanted: Wanted) -> Result<Vec<Plan>, Error> {
    tx.require(Permission::PlansRead)?;
    let after = wanted.paging.map(Paging::above);
    let rows = tx
        .rows(
            sql!(
                "select p.name, p.created_at as plan_created_at, p.archived_at, p.version, v.*
                 from plans p
                 join lateral (select * from plan_versions v where v.organization_id = $1 and v.plan_id = p.id
                               order by v.number desc limit 1) v on true
                 where p.organization_id = $1 and ($2::uuid is null or p.id = $2)
                   and ($3::boolean is null or (p.archived_at is not null) = $3)
                   and ($4::timestamptz is null or (p.created_at, p.id) > ($4, $5::uuid))
                 order by case when $4 is null then v.currency end, case when $4 is null then v.price_minor end,
                       case when $4 is null then p.name end, p.created_at, p.id
                 limit $6"
            ),
            &[
                tx.org(),
                &wanted.plan.map(Id::uuid),
                &wanted.shelf.map(|shelf| shelf == Shelf::Archived),
                &after.map(|(at, _)| at),
                &after.map(|(_, id)| id),
                &wanted.paging.map_or(MOST_SHOWN, Paging::ask),
            ],
        )
        .await?;
    rows.iter().map(Plan::of_row).collect()
}

/// Whether a plan is off the shelf.
///
/// # Errors
/// A fault.
pub async fn is_archived(tx: &Tx, plan: PlanId) -> Result<bool, Error> {
    let row = tx
        .optional(
            sql!("select from plans where organization_id = $1 and id = $2 and archived_at is null"),
            &[tx.org(), plan.as_uuid()],
        )
        .await?;
    Ok(row.is_none())
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
