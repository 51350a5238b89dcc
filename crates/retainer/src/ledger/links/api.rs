//! Links to balances on the API.

use kernel::id::{BalanceLinkId, CustomerId};
use kernel::text::Title;
use runtime::http::{At, Body, Halt, NoBody, Page, Reply};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::console::path;
use super::{BalanceLink, MadeLink, Make, find, make, revoke};
use crate::App;
use crate::doors::Door;
use crate::organizations;

pub(in crate::ledger) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_balance_links, post_balance_link)).routes(routes!(delete_balance_link))
}

/// A link to be made.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewBalanceLink {
    /// What it is made for.
    #[schema(example = "For our bookkeeper")]
    label: Title,
    /// For how many days; until it is revoked without.
    #[schema(example = 90, minimum = 1, maximum = 3650)]
    days: Option<u16>,
}

/// The links to a customer's balance, the newest first, fifty at most.
#[utoipa::path(get, path = "/customers/{id}/balance-links", tag = "Ledger", params(("id" = CustomerId, Path)),
    responses((status = 200, body = Page<BalanceLink>)))]
async fn get_balance_links(door: Door, At(customer): At<CustomerId>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&Page { items: find::of_customer(&tx, customer).await?, next: None })?)
}

/// Make a link that shows a customer's balance to whoever has it, without signing in. Its address is told only now.
#[utoipa::path(post, path = "/customers/{id}/balance-links", tag = "Ledger", params(("id" = CustomerId, Path)),
    request_body = NewBalanceLink, responses((status = 201, body = MadeLink)))]
async fn post_balance_link(
    door: Door,
    At(customer): At<CustomerId>,
    body: Body<NewBalanceLink>,
) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let NewBalanceLink { label, days } = body.input;
    let (link, token) = make(&tx, Make { customer, label, days }).await?;
    let slug = organizations::find::own(&tx).await?.slug;
    let address = door.app().url(&path(&slug, token.reveal()));
    let location = format!("/api/v1/customers/{customer}/balance-links");
    tx.finish(Reply::created(location, &MadeLink { link, address })?).await
}

/// Revoke a link: it opens nothing from then on.
#[utoipa::path(delete, path = "/balance-links/{link}", tag = "Ledger", params(("link" = BalanceLinkId, Path)),
    responses((status = 204)))]
async fn delete_balance_link(door: Door, At(link): At<BalanceLinkId>, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    revoke(&tx, link).await?;
    tx.finish(Reply::nothing()).await
}
