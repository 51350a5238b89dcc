//! Subscriptions on the API.

use jiff::Timestamp;
use kernel::id::{CustomerId, InvoiceId, PlanId, SubscriptionId};
use kernel::text::Reason;
use runtime::http::{At, Body, Cursor, Halt, Loose, NoBody, Page, Paging, Query, Reply};
use runtime::{Error, Tx};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::find::{self, HistoryLine, PeriodLine, Subscription, Wanted};
use super::{
    CancelAt, ChangePlan, PlanChange, Preview, Start, SubscriptionState, TakeOver, When, cancel, change_plan, pause,
    preview_change, reactivate, resume, start, take_over,
};
use crate::App;
use crate::doors::Door;

/// The API routes of subscriptions.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_subscriptions, post_subscription))
        .routes(routes!(get_subscription))
        .routes(routes!(get_history))
        .routes(routes!(get_plan_change, post_plan_change))
        .routes(routes!(post_pause, delete_pause))
        .routes(routes!(post_cancellation, delete_cancellation))
        .routes(routes!(post_takeover))
}

/// Which subscriptions to list.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct SubscriptionsWanted {
    /// Of this customer.
    #[serde(default)]
    customer: Option<CustomerId>,
    /// Of this plan.
    #[serde(default)]
    plan: Option<PlanId>,
    /// In this state.
    #[serde(default)]
    state: Option<SubscriptionState>,
    /// Those that run: active or past due.
    #[serde(default)]
    running: bool,
    /// The `next` of the page before.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    after: Option<Cursor>,
    /// The most items, 1 to 100; 25 without.
    #[serde(default)]
    limit: Option<u16>,
}

/// A plan for a customer.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSubscription {
    /// For whom.
    customer: CustomerId,
    /// Which plan, on the terms that are sold now.
    plan: PlanId,
}

/// Another plan.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PlanWanted {
    /// Which; the present one drops a change that was arranged.
    plan: PlanId,
    /// When; without it now where that can be, else with the next period.
    #[serde(default)]
    when: Option<When>,
    /// The `seen` of what was looked at before: when the change comes to something else by now, nothing is done.
    #[serde(default)]
    #[schema(max_length = 64)]
    seen: Option<String>,
}

/// Which plan to look at.
#[derive(Debug, Clone, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PlanAsked {
    /// Which plan.
    plan: PlanId,
}

kernel::words! {
    /// When another plan is taken.
    Taken, "taken" {
        /// When the invoice is paid.
        WhenPaid = "when_paid",
        /// When the next period begins.
        AtPeriodEnd = "at_period_end",
        /// Not at all: what was arranged is dropped.
        Dropped = "dropped",
    }
}

/// What became of the wish for another plan.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct PlanChanged {
    /// When it is taken.
    taken: Taken,
    /// What is to be paid first, if anything.
    invoice: Option<InvoiceId>,
    /// The subscription as it is now.
    subscription: Subscription,
}

/// Why a subscription stands still.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Pause {
    /// Why.
    #[serde(default)]
    reason: Option<Reason>,
}

/// How a subscription stops.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Cancellation {
    /// When.
    at: CancelAt,
    /// Why.
    #[serde(default)]
    reason: Option<Reason>,
}

/// How an imported subscription goes on here.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Takeover {
    /// When the next period begins; without it when the imported one ends.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
}

/// What happened to a subscription.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct History {
    /// Its changes, the newest first.
    changes: Vec<HistoryLine>,
    /// Its periods, the newest first.
    periods: Vec<PeriodLine>,
}

/// List subscriptions, the newest first.
#[utoipa::path(get, path = "/subscriptions", tag = "Subscriptions", params(SubscriptionsWanted),
    responses((status = 200, body = Page<Subscription>)))]
async fn get_subscriptions(door: Door, Query(wanted): Query<SubscriptionsWanted>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let SubscriptionsWanted { customer, plan, state, running, after, limit } = wanted;
    let paging = Paging { after, limit };
    let wanted = Wanted { customer, plan, state, is_running: running, paging, ..Wanted::default() };
    Ok(Reply::ok(&find::list(&tx, wanted).await?)?)
}

/// Start a subscription. Its `open_invoice`, if it has one, must be paid first.
#[utoipa::path(post, path = "/subscriptions", tag = "Subscriptions", request_body = NewSubscription,
    responses((status = 201, body = Subscription)))]
async fn post_subscription(door: Door, body: Body<NewSubscription>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let NewSubscription { customer, plan } = body.input;
    let id = start(&tx, Start { customer, plan }).await?.subscription;
    let reply = Reply::created(format!("/api/v1/subscriptions/{id}"), &find::get(&tx, id).await?)?;
    tx.finish(reply).await
}

/// Show a subscription.
#[utoipa::path(get, path = "/subscriptions/{id}", tag = "Subscriptions", params(("id" = SubscriptionId, Path)),
    responses((status = 200, body = Subscription)))]
async fn get_subscription(door: Door, At(id): At<SubscriptionId>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&find::get(&tx, id).await?)?)
}

/// What happened to a subscription: its changes and its periods.
#[utoipa::path(get, path = "/subscriptions/{id}/history", tag = "Subscriptions", params(("id" = SubscriptionId, Path)),
    responses((status = 200, body = History)))]
async fn get_history(door: Door, At(id): At<SubscriptionId>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    find::get(&tx, id).await?;
    let (changes, periods) = tokio::try_join!(find::history(&tx, id), find::periods(&tx, id))?;
    Ok(Reply::ok(&History { changes, periods })?)
}

/// What going over to another plan would come to: what is billed, what comes, and when that ends. Nothing changes.
#[utoipa::path(get, path = "/subscriptions/{id}/plan-change", tag = "Subscriptions",
    params(("id" = SubscriptionId, Path), PlanAsked), responses((status = 200, body = Preview)))]
async fn get_plan_change(
    door: Door,
    At(id): At<SubscriptionId>,
    Query(asked): Query<PlanAsked>,
) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&preview_change(&tx, id, asked.plan).await?)?)
}

/// Go over to another plan: a dearer one when the difference is paid, or with the next period where `when` says so; any
/// other with the next period.
#[utoipa::path(post, path = "/subscriptions/{id}/plan-change", tag = "Subscriptions", request_body = PlanWanted,
    params(("id" = SubscriptionId, Path)), responses((status = 200, body = PlanChanged)))]
async fn post_plan_change(door: Door, At(id): At<SubscriptionId>, body: Body<PlanWanted>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let PlanWanted { plan, when, seen } = body.input;
    let wish = ChangePlan { subscription: id, plan, when, seen };
    let (taken, invoice) = match change_plan(&tx, wish).await? {
        PlanChange::WhenPaid(invoice) => (Taken::WhenPaid, Some(invoice)),
        PlanChange::AtPeriodEnd => (Taken::AtPeriodEnd, None),
        PlanChange::Dropped => (Taken::Dropped, None),
    };
    let subscription = find::get(&tx, id).await?;
    tx.finish(Reply::ok(&PlanChanged { taken, invoice, subscription })?).await
}

/// Let a subscription stand still.
#[utoipa::path(post, path = "/subscriptions/{id}/pause", tag = "Subscriptions", request_body = Option<Pause>,
    params(("id" = SubscriptionId, Path)), responses((status = 200, body = Subscription)))]
async fn post_pause(door: Door, At(id): At<SubscriptionId>, Loose(body): Loose<Pause>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    pause(&tx, id, body.input.reason).await?;
    let reply = shown(&tx, id).await?;
    tx.finish(reply).await
}

/// Let a paused subscription go on.
#[utoipa::path(delete, path = "/subscriptions/{id}/pause", tag = "Subscriptions", params(("id" = SubscriptionId, Path)),
    responses((status = 200, body = Subscription)))]
async fn delete_pause(door: Door, At(id): At<SubscriptionId>, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    resume(&tx, id).await?;
    let reply = shown(&tx, id).await?;
    tx.finish(reply).await
}

/// Stop a subscription, at once or when its period ends.
#[utoipa::path(post, path = "/subscriptions/{id}/cancellation", tag = "Subscriptions", request_body = Cancellation,
    params(("id" = SubscriptionId, Path)), responses((status = 200, body = Subscription)))]
async fn post_cancellation(door: Door, At(id): At<SubscriptionId>, body: Body<Cancellation>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    cancel(&tx, id, body.input.at, body.input.reason).await?;
    let reply = shown(&tx, id).await?;
    tx.finish(reply).await
}

/// Take a cancellation back, as long as the period runs.
#[utoipa::path(delete, path = "/subscriptions/{id}/cancellation", tag = "Subscriptions",
    params(("id" = SubscriptionId, Path)), responses((status = 200, body = Subscription)))]
async fn delete_cancellation(door: Door, At(id): At<SubscriptionId>, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    reactivate(&tx, id).await?;
    let reply = shown(&tx, id).await?;
    tx.finish(reply).await
}

/// Let an imported subscription renew here, from the end of its period on.
#[utoipa::path(post, path = "/subscriptions/{id}/takeover", tag = "Subscriptions", request_body = Option<Takeover>,
    params(("id" = SubscriptionId, Path)), responses((status = 200, body = Subscription)))]
async fn post_takeover(door: Door, At(id): At<SubscriptionId>, Loose(body): Loose<Takeover>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    take_over(&tx, id, TakeOver { from: body.input.from, told_at: None }).await?;
    let reply = shown(&tx, id).await?;
    tx.finish(reply).await
}

async fn shown(tx: &Tx, id: SubscriptionId) -> Result<Reply, Error> {
    Reply::ok(&find::get(tx, id).await?)
}
