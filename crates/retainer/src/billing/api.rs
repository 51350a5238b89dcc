//! Money on the API: invoices, payments, refunds, top-ups.

use jiff::Timestamp;
use kernel::id::{CustomerId, InvoiceId, PaymentId, TopUpId};
use kernel::text::{Reason, Title};
use kernel::{Money, Quantity, Unit};
use runtime::Error;
use runtime::http::{At, Body, Cursor, Halt, Page, Paging, Query, Reply};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::find::{self, PaymentView, TopUpView};
use super::{GiveBack, PaidFor, Pay, PayRefused, Payment, TopUp, pay, refund, sell_top_up, void_invoice};
use crate::App;
use crate::doors::Door;
use crate::invoices::{self, Invoice, InvoiceOrder, InvoiceStage, Line};
use crate::plans::Decimal;
use crate::subscriptions::PlanAfter;

/// The API routes of money.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_invoices))
        .routes(routes!(get_invoice))
        .routes(routes!(post_voiding))
        .routes(routes!(get_payments, post_payment))
        .routes(routes!(get_payment))
        .routes(routes!(post_refund))
        .routes(routes!(get_top_ups, post_top_up))
        .routes(routes!(get_top_up))
}

/// Which invoices to list.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct InvoicesWanted {
    /// Of this customer.
    #[serde(default)]
    customer: Option<CustomerId>,
    /// In this state, or overdue.
    #[serde(default)]
    #[param(inline)]
    state: Option<InvoiceStage>,
    /// With this in the number, or of a customer who is called so.
    #[serde(default)]
    q: Option<Title>,
    /// Written at this instant or later.
    #[serde(default)]
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Written before this instant.
    #[serde(default)]
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// The order, if it is not the newest first: of those that are not paid.
    #[serde(default)]
    #[param(inline)]
    sort: Option<InvoiceOrder>,
    /// The `next` of the page before.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    after: Option<Cursor>,
    /// The most items, 1 to 100; 25 without.
    #[serde(default)]
    limit: Option<u16>,
}

/// Of whom to list.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct OfCustomer {
    /// Of this customer.
    #[serde(default)]
    customer: Option<CustomerId>,
    /// The `next` of the page before.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    after: Option<Cursor>,
    /// The most items, 1 to 100; 25 without.
    #[serde(default)]
    limit: Option<u16>,
}

/// An invoice with its lines.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct InvoiceView {
    /// The invoice.
    invoice: Invoice,
    /// Its lines.
    lines: Vec<Line>,
    /// How to pay it, in the words of the organization; null where nothing is owed on it or nothing was said.
    payment_instructions: Option<String>,
}

/// Why an invoice is taken back.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Voiding {
    /// Why.
    reason: Reason,
}

/// Money that was received. Either the invoice or the customer is named.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPayment {
    /// The invoice that it settles.
    #[serde(default)]
    invoice: Option<InvoiceId>,
    /// Whose oldest open invoice of this amount it settles.
    #[serde(default)]
    customer: Option<CustomerId>,
    /// How much.
    amount: Money,
    /// How it came; by hand, without.
    #[serde(default = "by_hand")]
    method: ByHand,
    /// When; now, without.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    received_at: Option<Timestamp>,
    /// What the payer or the bank called it.
    #[serde(default)]
    reference: Option<Title>,
}

const fn by_hand() -> ByHand {
    ByHand::Manual
}

kernel::words! {
    /// How money that is recorded here came.
    ByHand, "method" {
        /// A bank transfer, cash, a cheque.
        Manual = "manual",
    }
}

/// Money to give back.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRefund {
    /// How much; all that is left, without. Only when all is given back are the units taken back.
    #[serde(default)]
    amount: Option<Money>,
    /// Why.
    reason: Reason,
}

/// A payment of which money was given back.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct Refunded {
    /// The payment.
    #[serde(flatten)]
    payment: PaymentView,
    /// What became of the plan, where all of a payment for one was given back; null where no plan changes by it.
    plan: Option<PlanAfter>,
}

/// Units to sell once.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTopUp {
    /// For whom.
    customer: CustomerId,
    /// How much.
    quantity: Decimal,
    /// What is counted; hours, without.
    #[serde(default = "hour")]
    unit: Unit,
    /// For how much; at the price of a unit in the customer's plan, without.
    #[serde(default)]
    price: Option<Money>,
    /// When the units expire; never, without.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Whether the money is there: then it is recorded and the units come at once.
    #[serde(default)]
    pay_now: bool,
}

const fn hour() -> Unit {
    Unit::Hour
}

runtime::refusals! {
    /// Why an input of money cannot be meant.
    pub enum InputRefused {
        /// The quantity is none of the unit.
        BadQuantity { why: String } => Invalid, "top_up.bad_quantity", "The quantity {why}.", at "/quantity";
    }
}

/// List invoices, the newest first.
#[utoipa::path(get, path = "/invoices", tag = "Money", params(InvoicesWanted), responses((status = 200, body = Page<Invoice>)))]
async fn get_invoices(door: Door, Query(wanted): Query<InvoicesWanted>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let InvoicesWanted { customer, state, q, from, to, sort, after, limit } = wanted;
    let paging = Paging { after, limit };
    let wanted = invoices::find::Wanted { customer, state, text: q.as_ref(), from, to, paging, number: None };
    Ok(Reply::ok(&invoices::listing::list(&tx, wanted, sort).await?)?)
}

/// Show an invoice with its lines, by its id or by its number.
#[utoipa::path(get, path = "/invoices/{id}", tag = "Money",
    params(("id" = Title, Path, description = "Its id or its number.")), responses((status = 200, body = InvoiceView)))]
async fn get_invoice(door: Door, At(id): At<Title>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let invoice = invoices::find::named(&tx, &id).await?;
    let lines = invoices::find::lines(&tx, invoice.id).await?;
    let payment_instructions = invoices::find::how_to_pay(&tx, &invoice).await?;
    Ok(Reply::ok(&InvoiceView { invoice, lines, payment_instructions })?)
}

/// Take an open invoice back.
#[utoipa::path(post, path = "/invoices/{id}/voiding", tag = "Money", request_body = Voiding,
    params(("id" = InvoiceId, Path)), responses((status = 200, body = Invoice)))]
async fn post_voiding(door: Door, At(id): At<InvoiceId>, body: Body<Voiding>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    void_invoice(&tx, id, &body.input.reason).await?;
    let reply = Reply::ok(&invoices::find::get(&tx, id).await?)?;
    tx.finish(reply).await
}

/// List payments, the newest first.
#[utoipa::path(get, path = "/payments", tag = "Money", params(OfCustomer), responses((status = 200, body = Page<PaymentView>)))]
async fn get_payments(door: Door, Query(wanted): Query<OfCustomer>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let paging = Paging { after: wanted.after, limit: wanted.limit };
    let wanted = find::Wanted { payment: None, invoice: None, customer: wanted.customer, paging };
    Ok(Reply::ok(&find::payments(&tx, wanted).await?)?)
}

/// Record a payment by hand: the invoice is paid, and what it bought is granted.
#[utoipa::path(post, path = "/payments", tag = "Money", request_body = NewPayment,
    responses((status = 201, body = PaymentView)))]
async fn post_payment(door: Door, body: Body<NewPayment>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let NewPayment { invoice, customer, amount, method: ByHand::Manual, received_at, reference } = body.input;
    let for_what = match (invoice, customer) {
        (Some(invoice), None) => PaidFor::Invoice(invoice),
        (None, Some(customer)) => PaidFor::Customer(customer),
        _ => return Err(Error::from(PayRefused::WhatFor).into()),
    };
    let id = pay(&tx, Pay { for_what, amount, received_at, reference }).await?;
    let reply = Reply::created(format!("/api/v1/payments/{id}"), &find::payment(&tx, id).await?)?;
    tx.finish(reply).await
}

/// Show a payment.
#[utoipa::path(get, path = "/payments/{id}", tag = "Money", params(("id" = PaymentId, Path)),
    responses((status = 200, body = PaymentView)))]
async fn get_payment(door: Door, At(id): At<PaymentId>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&find::payment(&tx, id).await?)?)
}

/// Give a payment back. In full, the units it bought are taken back, and used ones become debt; a better plan that it
/// bought gives way to the one before it, as `plan` says. A part of it takes back no units and changes no plan.
#[utoipa::path(post, path = "/payments/{id}/refunds", tag = "Money", request_body = NewRefund,
    params(("id" = PaymentId, Path)), responses((status = 201, body = Refunded)))]
async fn post_refund(door: Door, At(id): At<PaymentId>, body: Body<NewRefund>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let NewRefund { amount, reason } = body.input;
    let plan = refund(&tx, GiveBack { payment: id, amount, reason, seen_left: None }).await?.plan;
    let refunded = Refunded { payment: find::payment(&tx, id).await?, plan };
    let reply = Reply::created(format!("/api/v1/payments/{id}"), &refunded)?;
    tx.finish(reply).await
}

/// List top-ups, the newest first.
#[utoipa::path(get, path = "/top-ups", tag = "Money", params(OfCustomer), responses((status = 200, body = Page<TopUpView>)))]
async fn get_top_ups(door: Door, Query(wanted): Query<OfCustomer>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let paging = Paging { after: wanted.after, limit: wanted.limit };
    Ok(Reply::ok(&find::top_ups(&tx, None, wanted.customer, paging).await?)?)
}

/// Sell units once.
#[utoipa::path(post, path = "/top-ups", tag = "Money", request_body = NewTopUp, responses((status = 201, body = TopUpView)))]
async fn post_top_up(door: Door, body: Body<NewTopUp>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let NewTopUp { customer, quantity, unit, price, expires_at, pay_now } = body.input;
    let atoms =
        quantity.positive(unit).map_err(|why| Error::from(InputRefused::BadQuantity { why: why.to_string() }))?;
    let payment = if pay_now { Payment::Now } else { Payment::Later };
    let input = TopUp { customer, quantity: Quantity::new(atoms, unit), price, expires_at, payment };
    let id = sell_top_up(&tx, input).await?.top_up;
    let reply = Reply::created(format!("/api/v1/top-ups/{id}"), &find::top_up(&tx, id).await?)?;
    tx.finish(reply).await
}

/// Show a top-up.
#[utoipa::path(get, path = "/top-ups/{id}", tag = "Money", params(("id" = TopUpId, Path)),
    responses((status = 200, body = TopUpView)))]
async fn get_top_up(door: Door, At(id): At<TopUpId>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&find::top_up(&tx, id).await?)?)
}
