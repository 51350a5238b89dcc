//! Selling units once.

use axum::response::Response;
use kernel::id::CustomerId;
use kernel::{Currency, Money, Permission, Unit};
use maud::{Markup, html};
use runtime::http::At;
use runtime::{Error, Tx};

use super::below;
use super::invoice::read_day;
use crate::billing::{Payment, TopUp, sell_top_up};
use crate::customers::console::staff_only;
use crate::customers::{self, Customer};
use crate::doors::{PageHalt, Visitor};
use crate::pages::parts::{Input, Select, check, once, submit, wrong};
use crate::pages::{Form, Room, Shell, again, shell};
use crate::{ledger, organizations, subscriptions};

pub(super) async fn get_top_up(visitor: Visitor, At(customer): At<CustomerId>) -> Result<Markup, PageHalt> {
    staff_only(&visitor)?;
    let tx = visitor.read().await?;
    tx.require(Permission::BillingWrite)?;
    let sale = sale(&tx, customer).await?;
    let unit = sale.units.first().copied().unwrap_or(Unit::Hour);
    Ok(page(&visitor, &sale, &Form::blank().with("unit", unit.to_string())))
}

pub(super) async fn post_top_up(
    visitor: Visitor,
    At(customer): At<CustomerId>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    staff_only(&visitor)?;
    let tx = visitor.read().await?;
    tx.require(Permission::BillingWrite)?;
    let known = sale(&tx, customer).await?;
    drop(tx);
    let Some(input) = read(&visitor, &mut form, customer, known.currency) else {
        return Ok(again(&page(&visitor, &known, &form)));
    };
    let tx = visitor.write_once(&form).await?;
    let is_paid = input.payment == Payment::Now;
    match sell_top_up(&tx, input).await {
        Ok(sold) => match sold.invoice.filter(|_| !is_paid) {
            Some(invoice) => {
                let to = below(&tx, invoice).await?;
                tx.finish(&to, "The top-up comes when this invoice is paid.").await
            }
            None => tx.finish(&format!("/customers/{customer}"), "The top-up is there.").await,
        },
        Err(error) => {
            form.refused(error)?;
            Ok(again(&page(&visitor, &known, &form)))
        }
    }
}

fn read(visitor: &Visitor, form: &mut Form, customer: CustomerId, currency: Currency) -> Option<TopUp> {
    let unit = form.read::<Unit>("unit");
    let quantity = form.read_amount("quantity", unit.unwrap_or(Unit::Hour));
    if quantity.is_some_and(|quantity| quantity.atoms == 0) {
        form.refuse("quantity", "Must be more than zero.");
    }
    let expires_at = read_day(visitor, form, "expires_at");
    let price = if form.value("price").trim().is_empty() { None } else { form.read_money("price", currency) };
    let quantity = quantity.filter(|_| unit.is_some())?;
    let payment = if form.is_ticked("paid") { Payment::Now } else { Payment::Later };
    form.is_good().then_some(TopUp { customer, quantity, price, expires_at, payment })
}

/// What the form has to know.
struct Sale {
    customer: Customer,
    currency: Currency,
    /// What may be sold: the unit of the customer's plan first, hours, and what they have an account of.
    units: Vec<Unit>,
    /// What one unit costs on the customer's plan, in the plan's unit.
    usual: Option<(Money, Unit)>,
}

async fn sale(tx: &Tx, customer: CustomerId) -> Result<Sale, Error> {
    let (customer, own, terms, accounts) = tokio::try_join!(
        customers::find::get(tx, customer),
        organizations::find::own(tx),
        subscriptions::find::live_terms(tx, customer),
        ledger::allowance::allowances(tx, customer),
    )?;
    let plan = terms.as_ref().map(|terms| terms.unit);
    let mut units: Vec<Unit> = Vec::new();
    for unit in plan.into_iter().chain([Unit::Hour]).chain(accounts.iter().map(|account| account.unit)) {
        if !matches!(unit, Unit::Money(_)) && !units.contains(&unit) {
            units.push(unit);
        }
    }
    let usual = terms.and_then(|terms| {
        let cost = crate::invoices::cost(terms.unit.atoms(), terms.price, terms.quantity?).ok()?;
        Some((cost, terms.unit))
    });
    Ok(Sale { customer, currency: own.currency, units, usual })
}

fn page(visitor: &Visitor, sale: &Sale, form: &Form) -> Markup {
    let home = visitor.path(&format!("/customers/{}", sale.customer.id));
    let title = format!("A top-up for {}", sale.customer.name);
    let named = |unit: &Unit| if *unit == Unit::Hour { "hours".to_owned() } else { unit.sign().to_owned() };
    let units: Vec<_> = sale.units.iter().map(|unit| (unit.to_string(), named(unit))).collect();
    let frame = Shell { visitor, room: Room::Customers, title: &title, actions: html! {} };
    let price = match &sale.usual {
        Some((price, unit)) => format!(
            "In {}. Empty: {price} for each {}, as on the plan. 0: nothing is charged.",
            sale.currency,
            one(*unit)
        ),
        None => format!("In {}, for all of it together. 0: nothing is charged.", sale.currency),
    };
    let price = Input::decimal(form, "price", "Price").hint(&price);
    shell(
        &frame,
        &html! {
            form method="post" action={ (home) "/top-up" } {
                (wrong(form)) (once(form))
                div.row {
                    (Input::decimal(form, "quantity", "How much").hint("Hours as 2:30 or 2.5."))
                    @if let [only] = sale.units.as_slice() { input type="hidden" name="unit" value=(only); }
                    @else { (Select { form, name: "unit", label: "Of", choices: &units }) }
                }
                @if sale.usual.is_some() { (price.optional()) } @else { (price) }
                (Input::date(form, "expires_at", "Expires on").optional().hint("Empty is never."))
                (check(form, "paid", "The money is there already"))
                (submit("Sell the top-up"))
            }
        },
    )
}

/// One of a unit, in words.
fn one(unit: Unit) -> &'static str {
    if unit == Unit::Hour { "hour" } else { unit.sign() }
}
