//! The catalogue on the API.

use kernel::id::PlanId;
use kernel::text::Name;
use runtime::Error;
use runtime::http::{At, Body, Cursor, Halt, NoBody, Page, Paging, Query, Reply};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::find::{self, Shelf};
use super::terms::WrittenTerms;
use super::{Plan, PlanVersion, archive, offer, offer_version};
use crate::App;
use crate::doors::Door;

/// The API routes of plans.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_plans, post_plan))
        .routes(routes!(get_plan))
        .routes(routes!(get_versions, post_version))
        .routes(routes!(post_archiving))
}

/// Which plans to list.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PlansWanted {
    /// The archived ones instead of those that are sold.
    #[serde(default)]
    archived: bool,
    /// The `next` of the page before.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    after: Option<Cursor>,
    /// The most items, 1 to 100; 25 without.
    #[serde(default)]
    limit: Option<u16>,
}

/// A new plan.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPlan {
    /// Its name.
    name: Name,
    /// What it promises.
    terms: WrittenTerms,
}

/// New terms of a plan.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPlanVersion {
    /// What it promises from now on.
    terms: WrittenTerms,
}

/// All versions of a plan.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct PlanVersions {
    /// The newest first.
    items: Vec<PlanVersion>,
}

/// List the plans, the oldest first.
#[utoipa::path(get, path = "/plans", tag = "Plans", params(PlansWanted), responses((status = 200, body = Page<Plan>)))]
async fn get_plans(door: Door, Query(wanted): Query<PlansWanted>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let shelf = if wanted.archived { Shelf::Archived } else { Shelf::Sold };
    let paging = Paging { after: wanted.after, limit: wanted.limit };
    Ok(Reply::ok(&find::list(&tx, shelf, paging).await?)?)
}

/// Offer a plan.
#[utoipa::path(post, path = "/plans", tag = "Plans", request_body = NewPlan, responses((status = 201, body = Plan)))]
async fn post_plan(door: Door, body: Body<NewPlan>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let terms = body.input.terms.meant().map_err(Error::from)?;
    let id = offer(&tx, body.input.name, &terms).await?;
    let plan = find::get(&tx, id).await?;
    tx.finish(Reply::created(format!("/api/v1/plans/{id}"), &plan)?.version(plan.version)).await
}

/// Show a plan.
#[utoipa::path(get, path = "/plans/{id}", tag = "Plans", params(("id" = PlanId, Path)),
    responses((status = 200, body = Plan)))]
async fn get_plan(door: Door, At(id): At<PlanId>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let plan = find::get(&tx, id).await?;
    Ok(Reply::ok(&plan)?.version(plan.version))
}

/// List the versions of a plan.
#[utoipa::path(get, path = "/plans/{id}/versions", tag = "Plans", params(("id" = PlanId, Path)),
    responses((status = 200, body = PlanVersions)))]
async fn get_versions(door: Door, At(id): At<PlanId>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let (_, items) = tokio::try_join!(find::get(&tx, id), find::versions(&tx, id))?;
    Ok(Reply::ok(&PlanVersions { items })?)
}

/// Give a plan new terms; who bought the old ones keeps them.
#[utoipa::path(post, path = "/plans/{id}/versions", tag = "Plans", request_body = NewPlanVersion,
    params(("id" = PlanId, Path), ("If-Match" = Option<String>, Header, description = "The ETag of the version you saw.")),
    responses((status = 201, body = Plan)))]
async fn post_version(door: Door, At(id): At<PlanId>, body: Body<NewPlanVersion>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let terms = body.input.terms.meant().map_err(Error::from)?;
    offer_version(&tx, id, &terms, door.expected_version()).await?;
    let plan = find::get(&tx, id).await?;
    tx.finish(Reply::created(format!("/api/v1/plans/{id}"), &plan)?.version(plan.version)).await
}

/// Take a plan off the shelf.
#[utoipa::path(post, path = "/plans/{id}/archiving", tag = "Plans", params(("id" = PlanId, Path)),
    responses((status = 200, body = Plan)))]
async fn post_archiving(door: Door, At(id): At<PlanId>, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    archive(&tx, id).await?;
    let plan = find::get(&tx, id).await?;
    tx.finish(Reply::ok(&plan)?.version(plan.version)).await
}
