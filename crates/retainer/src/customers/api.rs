//! Customers on the API.

use kernel::Email;
use kernel::id::CustomerId;
use kernel::text::{Body as Text, Name, Reason, Tag, Title};
use runtime::http::{At, Body, Cursor, Halt, NoBody, Page, Paging, Query, Reply};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::find::{self, Archived, Wanted};
use super::overview::{self, CustomerOrder};
use super::{Add, Change, Customer, add, anonymise, archive, change, restore};
use crate::App;
use crate::doors::Door;

/// The API routes of customers.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_customers, post_customer))
        .routes(routes!(get_customer, patch_customer))
        .routes(routes!(post_archiving, delete_archiving))
        .routes(routes!(post_anonymisation))
}

/// Which customers to list.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct CustomersWanted {
    /// A part of the name or the address, of theirs or of whoever signs in for them, or a tag.
    #[serde(default)]
    #[serde(rename = "q")]
    search: Option<Title>,
    /// A tag they all have.
    #[serde(default)]
    tag: Option<Tag>,
    /// The archived ones instead of the living.
    #[serde(default)]
    archived: bool,
    /// The archived ones as well.
    #[serde(default)]
    include_archived: bool,
    /// The order; the newest first without.
    #[serde(default)]
    #[param(inline)]
    sort: Option<CustomerOrder>,
    /// The `next` of the page before.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    after: Option<Cursor>,
    /// The most items, 1 to 100; 25 without.
    #[serde(default)]
    limit: Option<u16>,
}

impl CustomersWanted {
    fn into_wanted(self) -> Wanted {
        let archived = match (self.archived, self.include_archived) {
            (_, true) => Archived::Both,
            (true, false) => Archived::Archived,
            (false, false) => Archived::Living,
        };
        let paging = Paging { after: self.after, limit: self.limit };
        Wanted { search: self.search, tag: self.tag, archived, paging }
    }
}

/// A new customer.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCustomer {
    /// A person's or company's name.
    name: Name,
    /// Where bills and notices go.
    #[serde(default)]
    email: Option<Email>,
    /// What staff want to remember.
    #[serde(default)]
    notes: Option<Text>,
    /// Words to find it by.
    #[serde(default)]
    tags: Vec<Tag>,
}

/// What shall be different about a customer; what is left out stays, null empties.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CustomerChange {
    /// A person's or company's name.
    #[serde(default)]
    name: Option<Name>,
    /// Where bills and notices go.
    #[serde(default, deserialize_with = "runtime::http::given")]
    #[schema(value_type = Option<Email>)]
    email: Option<Option<Email>>,
    /// What staff want to remember.
    #[serde(default, deserialize_with = "runtime::http::given")]
    #[schema(value_type = Option<Text>)]
    notes: Option<Option<Text>>,
    /// Words to find it by.
    #[serde(default)]
    tags: Option<Vec<Tag>>,
}

/// Why something is done.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Anonymisation {
    /// Why; kept in the audit trail.
    reason: Reason,
}

/// List customers, the newest first or in another order.
#[utoipa::path(get, path = "/customers", tag = "Customers", params(CustomersWanted),
    responses((status = 200, body = Page<Customer>)))]
async fn get_customers(door: Door, Query(wanted): Query<CustomersWanted>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let order = wanted.sort;
    let wanted = wanted.into_wanted();
    let page = match order {
        None => find::list(&tx, &wanted).await?,
        Some(order) => {
            let Page { items, next } = overview::in_order(&tx, &wanted, order).await?;
            Page { items: items.into_iter().map(|line| line.customer).collect(), next }
        }
    };
    Ok(Reply::ok(&page)?)
}

/// Add a customer.
#[utoipa::path(post, path = "/customers", tag = "Customers", request_body = NewCustomer,
    responses((status = 201, body = Customer)))]
async fn post_customer(door: Door, body: Body<NewCustomer>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let NewCustomer { name, email, notes, tags } = body.input;
    let id = add(&tx, Add { name, email, notes, tags }).await?;
    let customer = find::get(&tx, id).await?;
    let reply = Reply::created(format!("/api/v1/customers/{id}"), &customer)?.version(customer.version);
    tx.finish(reply).await
}

/// Show a customer.
#[utoipa::path(get, path = "/customers/{id}", tag = "Customers", params(("id" = CustomerId, Path)),
    responses((status = 200, body = Customer)))]
async fn get_customer(door: Door, At(id): At<CustomerId>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let customer = find::get(&tx, id).await?;
    Ok(Reply::ok(&customer)?.version(customer.version))
}

/// Change a customer.
#[utoipa::path(patch, path = "/customers/{id}", tag = "Customers", request_body = CustomerChange,
    params(("id" = CustomerId, Path), ("If-Match" = Option<String>, Header, description = "The ETag of the version you saw.")),
    responses((status = 200, body = Customer)))]
async fn patch_customer(door: Door, At(id): At<CustomerId>, body: Body<CustomerChange>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let CustomerChange { name, email, notes, tags } = body.input;
    let customer = change(&tx, id, Change { name, email, notes, tags, expected: door.expected_version() }).await?;
    let reply = Reply::ok(&customer)?.version(customer.version);
    tx.finish(reply).await
}

/// Put a customer away.
#[utoipa::path(post, path = "/customers/{id}/archiving", tag = "Customers", params(("id" = CustomerId, Path)),
    responses((status = 200, body = Customer)))]
async fn post_archiving(door: Door, At(id): At<CustomerId>, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    archive(&tx, id).await?;
    let customer = find::get(&tx, id).await?;
    tx.finish(Reply::ok(&customer)?.version(customer.version)).await
}

/// Bring an archived customer back.
#[utoipa::path(delete, path = "/customers/{id}/archiving", tag = "Customers", params(("id" = CustomerId, Path)),
    responses((status = 200, body = Customer)))]
async fn delete_archiving(door: Door, At(id): At<CustomerId>, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    restore(&tx, id).await?;
    let customer = find::get(&tx, id).await?;
    tx.finish(Reply::ok(&customer)?.version(customer.version)).await
}

/// Forget who a customer was; money and ledger stay.
#[utoipa::path(post, path = "/customers/{id}/anonymisation", tag = "Customers", request_body = Anonymisation,
    params(("id" = CustomerId, Path)), responses((status = 200, body = Customer)))]
async fn post_anonymisation(door: Door, At(id): At<CustomerId>, body: Body<Anonymisation>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    anonymise(&tx, id, &body.input.reason).await?;
    let customer = find::get(&tx, id).await?;
    tx.finish(Reply::ok(&customer)?.version(customer.version)).await
}
