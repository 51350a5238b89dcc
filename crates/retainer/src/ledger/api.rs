//! Balances on the API.

use kernel::id::{AccountId, CustomerId};
use kernel::text::Reason;
use kernel::{Decimal, Permission, Quantity, Unit};
use runtime::http::{At, Body, Halt, Query, Reply};
use runtime::{Error, Tx};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::allowance::{Allowance, allowances};
use super::explain::{self, Entries, Explanation};
use super::{Adjust, Key, Owner, adjust};
use crate::App;
use crate::customers;
use crate::doors::Door;

/// The API routes of the ledger.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_allowances))
        .routes(routes!(get_own_entries))
        .routes(routes!(get_own_why))
        .routes(routes!(get_entries))
        .routes(routes!(get_why))
        .routes(routes!(get_customer_allowances))
        .routes(routes!(post_adjustment))
        .merge(super::links::api::routes())
}

runtime::refusals! {
    /// Why no allowance is shown.
    pub enum AllowanceRefused {
        /// Staff must say whose.
        CustomerNeeded => Invalid, "allowance.customer_needed", "Say whose: add ?customer=cus_… to the address.", at "/customer";
        /// The amount cannot be meant.
        BadQuantity { why: String } => Invalid, "allowance.bad_quantity", "The quantity {why}.", at "/quantity";
    }
}

/// Whose allowance, in which unit.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Whose {
    /// Whose. A portal user's is their own.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    customer: Option<CustomerId>,
    /// The unit; hours without.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "hour")]
    unit: Option<Unit>,
}

/// Which entries.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct EntriesWanted {
    /// Whose, where the address does not tell. A portal user's is their own.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    customer: Option<CustomerId>,
    /// The unit, where the address does not tell; hours without.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "hour")]
    unit: Option<Unit>,
    /// Only entries with a smaller number: the `next` of the page before.
    #[serde(default)]
    before: Option<u32>,
    /// The most items, 1 to 100; 25 without.
    #[serde(default)]
    limit: Option<u16>,
}

/// A customer's allowances.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct Allowances {
    /// One a unit.
    items: Vec<Allowance>,
}

/// A balance set right by hand.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Adjustment {
    /// By how much; negative takes away.
    quantity: Decimal,
    /// The unit; hours without.
    #[serde(default)]
    unit: Option<Unit>,
    /// Why; the customer can read it.
    reason: Reason,
}

/// The customer that is meant, if the actor may read their balance.
async fn customer(tx: &Tx, asked: Option<CustomerId>) -> Result<CustomerId, Error> {
    tx.require(Permission::LedgerRead)?;
    let customer = asked.or_else(|| tx.actor().customer()).ok_or(AllowanceRefused::CustomerNeeded)?;
    Ok(customers::find::get(tx, customer).await?.id)
}

/// What a customer has of each unit.
#[utoipa::path(get, path = "/allowances", tag = "Allowances", params(Whose), responses((status = 200, body = Allowances)))]
async fn get_allowances(door: Door, Query(whose): Query<Whose>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let customer = customer(&tx, whose.customer).await?;
    let mut items = allowances(&tx, customer).await?;
    items.retain(|allowance| whose.unit.is_none_or(|unit| unit == allowance.unit));
    Ok(Reply::ok(&Allowances { items })?)
}

/// What a customer has of each unit.
#[utoipa::path(get, path = "/customers/{id}/allowances", tag = "Allowances", params(("id" = CustomerId, Path)),
    responses((status = 200, body = Allowances)))]
async fn get_customer_allowances(door: Door, At(id): At<CustomerId>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let customer = customer(&tx, Some(id)).await?;
    Ok(Reply::ok(&Allowances { items: allowances(&tx, customer).await? })?)
}

/// The entries of a customer's unit, the newest first.
#[utoipa::path(get, path = "/allowances/entries", tag = "Allowances", params(EntriesWanted),
    responses((status = 200, body = Entries)))]
async fn get_own_entries(door: Door, Query(wanted): Query<EntriesWanted>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let customer = customer(&tx, wanted.customer).await?;
    let account = explain::account(&tx, customer, wanted.unit.unwrap_or(Unit::Hour)).await?;
    Ok(Reply::ok(&entries(&tx, account, &wanted).await?)?)
}

/// Why a customer's balance is what it is.
#[utoipa::path(get, path = "/allowances/why", tag = "Allowances", params(Whose), responses((status = 200, body = Explanation)))]
async fn get_own_why(door: Door, Query(whose): Query<Whose>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let customer = customer(&tx, whose.customer).await?;
    Ok(Reply::ok(&explain::explain(&tx, customer, whose.unit.unwrap_or(Unit::Hour)).await?)?)
}

/// The entries of an allowance, the newest first.
#[utoipa::path(get, path = "/allowances/{id}/entries", tag = "Allowances", params(("id" = AccountId, Path), EntriesWanted),
    responses((status = 200, body = Entries)))]
async fn get_entries(door: Door, At(id): At<AccountId>, Query(wanted): Query<EntriesWanted>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    tx.require(Permission::LedgerRead)?;
    explain::owner(&tx, id).await?;
    Ok(Reply::ok(&entries(&tx, id, &wanted).await?)?)
}

/// Why an allowance is what it is.
#[utoipa::path(get, path = "/allowances/{id}/why", tag = "Allowances", params(("id" = AccountId, Path)),
    responses((status = 200, body = Explanation)))]
async fn get_why(door: Door, At(id): At<AccountId>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    tx.require(Permission::LedgerRead)?;
    let (customer, unit) = explain::owner(&tx, id).await?;
    Ok(Reply::ok(&explain::explain(&tx, customer, unit).await?)?)
}

async fn entries(tx: &Tx, account: AccountId, wanted: &EntriesWanted) -> Result<Entries, Error> {
    let limit = wanted.limit.unwrap_or(25).clamp(1, 100);
    explain::entries(tx, account, wanted.before.map(i64::from), limit).await
}

/// Set a balance right by hand.
#[utoipa::path(post, path = "/customers/{id}/adjustments", tag = "Allowances", request_body = Adjustment,
    params(("id" = CustomerId, Path)), responses((status = 201, body = Allowances)))]
async fn post_adjustment(door: Door, At(id): At<CustomerId>, body: Body<Adjustment>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    tx.require(Permission::BillingWrite)?;
    let customer = customer(&tx, Some(id)).await?;
    let unit = body.input.unit.unwrap_or(Unit::Hour);
    let atoms = body.input.quantity.signed(unit);
    let atoms = atoms.map_err(|error| Error::from(AllowanceRefused::BadQuantity { why: error.to_string() }))?;
    let key = Key::new(format!("adjustment:{}", tx.new_id::<kernel::id::OperationId>()))
        .because(body.input.reason.to_string());
    adjust(&tx, Adjust { owner: Owner::Customer(customer), delta: Quantity::new(atoms, unit), key }).await?;
    let items = allowances(&tx, customer).await?;
    tx.finish(Reply::created(format!("/api/v1/customers/{customer}/allowances"), &Allowances { items })?).await
}
