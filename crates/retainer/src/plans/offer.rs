//! Putting a plan on the shelf, changing its terms, taking it off.

use kernel::Permission;
use kernel::id::{Id, PlanId, PlanVersionId};
use kernel::text::Name;
use runtime::{Change, Error, OnConstraint, Tx, sql};

use super::find::{self, FindRefused};
use super::terms::{Terms, WrittenTerms};

runtime::refusals! {
    /// Why a plan was not offered.
    pub enum OfferRefused {
        /// Another plan has the name.
        NameTaken { name: Name } => Conflict, "plan.name_taken", "There already is a plan called {name}.", at "/name";
        /// It is off the shelf.
        Archived => Conflict, "plan.archived", "This plan is archived. Offer a new one instead.";
        /// Somebody else changed it first.
        Stale => Stale, "plan.stale", "Somebody changed this plan meanwhile. Look at it again, then repeat your change.";
    }
}

/// Puts a new plan on the shelf.
///
/// # Errors
/// [`OfferRefused`], `permission.missing`, or a fault.
pub async fn offer(tx: &Tx, name: Name, terms: &Terms) -> Result<PlanId, Error> {
    tx.require(Permission::PlansWrite)?;
    let plan = tx.new_id::<PlanId>();
    tx.execute(
        sql!("insert into plans (organization_id, id, name, created_at) values ($1, $2, $3, $4)"),
        &[tx.org(), plan.as_uuid(), &name.as_str(), &tx.now()],
    )
    .await
    .on_constraint("plans_name", OfferRefused::NameTaken { name: name.clone() })?;
    insert_version(tx, plan, 1, terms).await?;
    tx.record(
        Change::new("plan.offered", "plan", plan)
            .after(serde_json::json!({"name": name, "terms": WrittenTerms::from(terms)})),
    );
    Ok(plan)
}

/// Gives a plan new terms. Who has bought it keeps the old ones until they change.
///
/// # Errors
/// [`OfferRefused`], [`FindRefused`], `permission.missing`, or a fault.
pub async fn offer_version(
    tx: &Tx,
    plan: PlanId,
    terms: &Terms,
    expected: Option<i64>,
) -> Result<PlanVersionId, Error> {
    tx.require(Permission::PlansWrite)?;
    lock(tx, plan).await?;
    let before = find::get(tx, plan).await?;
    if before.archived_at.is_some() {
        return Err(OfferRefused::Archived.into());
    }
    if expected.is_some_and(|expected| expected != before.version) {
        return Err(OfferRefused::Stale.into());
    }
    let version = insert_version(tx, plan, before.current.number + 1, terms).await?;
    tx.execute(
        sql!("update plans set version = version + 1 where organization_id = $1 and id = $2"),
        &[tx.org(), plan.as_uuid()],
    )
    .await?;
    tx.record(
        Change::new("plan.terms_changed", "plan", plan)
            .before(serde_json::json!({"terms": WrittenTerms::from(&before.current.terms)}))
            .after(serde_json::json!({"terms": WrittenTerms::from(terms)})),
    );
    Ok(version)
}

/// Takes a plan off the shelf: nobody can start it any more, who has it keeps it. Doing it again changes nothing.
///
/// # Errors
/// [`FindRefused`], `permission.missing`, or a fault.
pub async fn archive(tx: &Tx, plan: PlanId) -> Result<(), Error> {
    tx.require(Permission::PlansWrite)?;
    lock(tx, plan).await?;
    let changed = tx
        .execute(
            sql!(
                "update plans set archived_at = $3, version = version + 1
                 where organization_id = $1 and id = $2 and archived_at is null"
            ),
            &[tx.org(), plan.as_uuid(), &tx.now()],
        )
        .await?;
    if changed == 1 {
        tx.record(Change::new("plan.archived", "plan", plan).after(serde_json::json!({"archived_at": tx.now()})));
    }
    Ok(())
}

async fn lock(tx: &Tx, plan: PlanId) -> Result<(), Error> {
    let row = tx
        .optional(
            sql!("select id from plans where organization_id = $1 and id = $2 for update"),
            &[tx.org(), plan.as_uuid()],
        )
        .await?;
    row.map(drop).ok_or_else(|| FindRefused::NotFound.into())
}

async fn insert_version(tx: &Tx, plan: PlanId, number: i32, terms: &Terms) -> Result<PlanVersionId, Error> {
    let version = tx.new_id::<PlanVersionId>();
    let credit = terms.credit;
    tx.execute(
        sql!(
            "insert into plan_versions (organization_id, id, plan_id, number, price_minor, currency, period, unit_code,
                    quantity, rollover, rollover_cap, rollover_periods, expiry, expiry_count, overage, overage_limit,
                    overage_rate_minor, overage_close, trial_days, upgrade, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)"
        ),
        &[
            tx.org(),
            version.as_uuid(),
            plan.as_uuid(),
            &number,
            &terms.price.minor,
            &terms.price.currency.to_string(),
            &terms.period.word(),
            &terms.unit.to_string(),
            &terms.quantity,
            &terms.rollover.word(),
            &terms.rollover_cap,
            &terms.rollover_periods,
            &terms.expiry.word(),
            &terms.expiry_count,
            &terms.overage.word(),
            &credit.map(|credit| credit.limit),
            &credit.map(|credit| credit.rate.minor),
            &credit.map(|credit| credit.close.word()),
            &terms.trial_days,
            &terms.upgrade.word(),
            &tx.now(),
        ],
    )
    .await?;
    Ok(version)
}
