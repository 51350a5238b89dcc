//! The pages of the ledger: a balance and its "why".

mod falls;
pub(super) mod why;
mod words;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use kernel::Permission;
use kernel::id::CustomerId;
use maud::{Markup, html};
use runtime::Tx;
use runtime::http::At;

use self::why::{Sight, older_entries, section};
pub use self::words::{kind, kind_of, source, told};
use super::allowance::{Allowance, allowances};
use super::explain::{Explanation, entries, explain_allowance};
use crate::App;
use crate::customers::{self, Customer};
use crate::doors::{PageHalt, Visitor};
use crate::pages::parts::{self, Balance, Empty};
use crate::pages::{Form, Room, Shell, again, nothing_here, shell};

/// The pages of the ledger.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/balance", get(get_own_balance))
        .route("/{organization}/customers/{id}/balance", get(get_balance))
        .merge(super::links::console::routes())
}

/// The portal's balance.
async fn get_own_balance(visitor: Visitor, form: Form) -> Result<Response, PageHalt> {
    let customer = visitor.actor().customer().ok_or_else(nothing_here)?;
    page(&visitor, (customer, "/balance"), Room::Balance, form).await
}

/// A customer's balance, for staff.
async fn get_balance(visitor: Visitor, At(customer): At<CustomerId>, form: Form) -> Result<Response, PageHalt> {
    page(&visitor, (customer, &format!("/customers/{customer}/balance")), Room::Customers, form).await
}

/// What may change a balance. Of hours that are added customers are told as a notification.
const HEARS: &str = "ticket.changed, invoice.changed, payment.changed, customer.changed, subscription.changed, \
                     notifications.changed";

async fn page(
    visitor: &Visitor,
    (customer, here): (CustomerId, &str),
    room: Room,
    mut form: Form,
) -> Result<Response, PageHalt> {
    let tx = visitor.read().await?;
    tx.require(Permission::LedgerRead)?;
    let customer = customers::find::get(&tx, customer).await?;
    let title = if room == Room::Balance { "Balance".to_owned() } else { format!("Balance of {}", customer.name) };
    let actions = html! {
        a.btn href=(visitor.path(&format!("/customers/{}/links", customer.id))) { "Share" }
        a.btn href=(visitor.path(&format!("/customers/{}/statement", customer.id))) { "Statement" }
    };
    let frame = Shell { visitor, room, title: &title, actions };
    let path = visitor.path(here);
    let sight = Sight::of(visitor, &path);
    if let Some(older) = older(&tx, customer.id, &mut form, &sight).await? {
        return Ok(shell(&frame, &older).into_response());
    }
    let explained = explained(&tx, &customer).await?;
    let content = html! {
        @if !form.is_good() { p.wrong role="alert" { "The link to older entries was damaged, so these are the newest." } }
        div #balance data-hears=(HEARS) {
            @if explained.is_empty() { (nothing_yet(visitor)) }
            @for explanation in &explained { (section(&sight, explanation)) }
        }
    };
    let page = shell(&frame, &content);
    Ok(if form.is_good() { page.into_response() } else { again(&page) })
}

/// The page of entries before a number, where one is asked for.
pub(super) async fn older(
    tx: &Tx,
    customer: CustomerId,
    form: &mut Form,
    sight: &Sight<'_>,
) -> Result<Option<Markup>, PageHalt> {
    if form.value("before").is_empty() {
        return Ok(None);
    }
    let Some((unit, before)) = form.read("unit").zip(form.read::<u32>("before")) else { return Ok(None) };
    let Some(allowance) = super::allowance::allowance(tx, customer, unit).await? else { return Ok(None) };
    let page = entries(tx, allowance.id, Some(i64::from(before)), why::ENTRIES).await?;
    Ok(Some(older_entries(sight, &allowance, &page)))
}

async fn explained(tx: &Tx, customer: &Customer) -> Result<Vec<Explanation>, PageHalt> {
    let mut explained = Vec::new();
    for allowance in allowances(tx, customer.id).await? {
        explained.push(explain_allowance(tx, allowance).await?);
    }
    Ok(explained)
}

fn nothing_yet(visitor: &Visitor) -> Markup {
    let (text, button) = if visitor.is_staff() {
        ("A plan or a top-up puts hours here; tickets use them.", Some(("/customers", "To the customers")))
    } else {
        ("When you have a plan or buy hours, they appear here, and so does everything that uses them.", None)
    };
    let action = button.map(|(path, label)| (visitor.path(path), label));
    parts::empty(Empty {
        title: "Nothing here yet",
        text,
        action: action.as_ref().map(|(path, label)| (path.as_str(), *label)),
    })
}

/// The bar of an allowance; `why` is where it leads.
pub fn bar(allowance: &Allowance, why: Option<&str>) -> Markup {
    let [used, held, left] =
        [&allowance.used, &allowance.held, &allowance.left].map(|figure| figure.quantity(allowance.unit));
    parts::balance(&Balance { used, held, left, why, words: parts::ALLOWANCE })
}
