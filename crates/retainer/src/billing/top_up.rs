//! Selling units once, outside of a plan.

use jiff::Timestamp;
use kernel::id::{CustomerId, Id, InvoiceId, LotId, TopUpId};
use kernel::{Money, Permission, Quantity, Unit};
use runtime::{Change, Columns, Error, Tx, sql};

use super::pay::{Received, settle};
use crate::invoices::{self, Bought, Due, cost};
use crate::ledger::{self, Amount, Category, Key, Owner, Price, Source, SourceKind};
use crate::{customers, subscriptions};

/// Units for a customer.
#[derive(Debug, Clone)]
pub struct TopUp {
    /// For whom.
    pub customer: CustomerId,
    /// How much.
    pub quantity: Quantity,
    /// For how much; at the price of a unit in the customer's plan, where it is none.
    pub price: Option<Money>,
    /// When the units expire; never, where it is none.
    pub expires_at: Option<Timestamp>,
    /// Whether the money is there already.
    pub payment: Payment,
}

/// Whether a top-up is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payment {
    /// An invoice is opened; the units come with its payment.
    Later,
    /// The money is there: it is recorded, and the units come at once.
    Now,
}

/// What was sold.
#[derive(Debug, Clone, Copy)]
pub struct Sold {
    /// The top-up.
    pub top_up: TopUpId,
    /// Its invoice; none where it costs nothing.
    pub invoice: Option<InvoiceId>,
}

runtime::refusals! {
    /// Why units were not sold.
    pub enum TopUpRefused {
        /// Nobody said what it costs.
        NoPrice => Invalid, "top_up.no_price", "This customer has no plan to take the price from. Say what it costs.", at "/price";
        /// They would be gone before they came.
        BadExpiry => Invalid, "top_up.bad_expiry", "What is sold must end on a day that is still to come, before the year 2200. Leave it empty if it does not end.", at "/expires_at";
        /// The customer was put away.
        CustomerArchived => Conflict, "top_up.customer_archived", "This customer is archived. Bring it back first.", at "/customer";
        /// There is none.
        NotFound => NotFound, "top_up.not_found", "There is no such top-up.";
    }
}

/// Sells units once. They come when the invoice is paid; at once, when the money is there or nothing is asked.
///
/// # Errors
/// [`TopUpRefused`], `customer.not_found`, `permission.missing`, or a fault.
pub async fn sell_top_up(tx: &Tx, input: TopUp) -> Result<Sold, Error> {
    tx.require(Permission::BillingWrite)?;
    let customer = customers::keep(tx, input.customer).await?;
    if customer.archived_at.is_some() {
        return Err(TopUpRefused::CustomerArchived.into());
    }
    let latest = Timestamp::from_second(7_258_118_400).unwrap_or_default();
    if input.expires_at.is_some_and(|at| at <= tx.now() || at > latest) {
        return Err(TopUpRefused::BadExpiry.into());
    }
    let price = match input.price {
        Some(price) => price,
        None => usual_price(tx, input.customer, input.quantity).await?,
    };
    let top_up = insert(tx, &input).await?;
    tx.record(Change::new("top_up.sold", "top_up", top_up).after(serde_json::json!({
        "customer": input.customer, "quantity": input.quantity.to_string(), "price": price,
    })));
    if price.minor == 0 {
        grant(tx, top_up, price).await?;
        return Ok(Sold { top_up, invoice: None });
    }
    if input.payment == Payment::Now {
        // The account before the counter of invoices, as a renewal locks them, so that the two never wait for each
        // other; the payment below finds the units granted.
        grant(tx, top_up, price).await?;
    }
    let description = format!("Top-up: {}", input.quantity);
    let bought = Bought::TopUp(top_up);
    let due = if input.payment == Payment::Now { Due::Now } else { Due::InDays };
    let bill = invoices::Open { customer: input.customer, bought, description, amount: price, due };
    let invoice = invoices::open(tx, bill).await?;
    if input.payment == Payment::Now {
        let invoice = invoices::lock(tx, invoice).await?;
        settle(tx, &invoice, Received { at: tx.now(), reference: None }).await?;
    }
    Ok(Sold { top_up, invoice: Some(invoice) })
}

async fn usual_price(tx: &Tx, customer: CustomerId, quantity: Quantity) -> Result<Money, Error> {
    let terms = subscriptions::find::live_terms(tx, customer).await?.filter(|terms| terms.unit == quantity.unit);
    let terms = terms.ok_or(TopUpRefused::NoPrice)?;
    let whole = terms.quantity.ok_or(TopUpRefused::NoPrice)?;
    Ok(cost(quantity.atoms, terms.price, whole)?)
}

async fn insert(tx: &Tx, input: &TopUp) -> Result<TopUpId, Error> {
    let top_up = tx.new_id::<TopUpId>();
    tx.execute(
        sql!(
            "insert into top_ups (organization_id, id, customer_id, unit_code, quantity, expires_at, created_at)
             values ($1, $2, $3, $4, $5, $6, $7)"
        ),
        &[
            tx.org(),
            top_up.as_uuid(),
            input.customer.as_uuid(),
            &input.quantity.unit.to_string(),
            &input.quantity.atoms,
            &input.expires_at,
            &tx.now(),
        ],
    )
    .await?;
    Ok(top_up)
}

/// The lot of a top-up, if it was granted.
pub(super) async fn lot(tx: &Tx, top_up: TopUpId) -> Result<Option<LotId>, Error> {
    let row = tx
        .one(sql!("select lot_id from top_ups where organization_id = $1 and id = $2"), &[tx.org(), top_up.as_uuid()])
        .await?;
    Ok(row.id_or_none("lot_id"))
}

/// Grants what a top-up sold, unless it is granted already. Who pays after the units should have expired gets them without an end.
pub(super) async fn grant(tx: &Tx, top_up: TopUpId, paid: Money) -> Result<(), Error> {
    let row = tx
        .one(
            sql!(
                "select customer_id, unit_code, quantity, expires_at, lot_id from top_ups
                 where organization_id = $1 and id = $2 for update"
            ),
            &[tx.org(), top_up.as_uuid()],
        )
        .await?;
    if row.id_or_none::<LotId>("lot_id").is_some() {
        return Ok(());
    }
    let unit: Unit = row.word("unit_code")?;
    let quantity = Quantity::new(row.get("quantity"), unit);
    let expires_at: Option<Timestamp> = row.get("expires_at");
    let free = paid.minor == 0;
    let terms = ledger::Terms {
        category: if free { Category::Promotional } else { Category::Paid },
        price: Some(Price { money: paid, atoms: quantity.atoms }),
        expires_at: expires_at.filter(|at| *at > tx.now()),
        ..ledger::Terms::new(Amount::Limited(quantity), Source::new(SourceKind::TopUp, top_up.to_string()))
    };
    let owner = Owner::Customer(row.id("customer_id"));
    let key = Key::new(format!("{top_up}:grant"));
    let lot = ledger::grant(tx, ledger::Grant { owner, terms, key }).await?.lot;
    tx.execute(
        sql!("update top_ups set lot_id = $3, granted_at = $4 where organization_id = $1 and id = $2"),
        &[tx.org(), top_up.as_uuid(), lot.as_uuid(), &tx.now()],
    )
    .await
    .map(drop)
}
