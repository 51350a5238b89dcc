//! Selling units once.

use axum::response::Response;
use kernel::id::CustomerId;
use kernel::{Currency, Money, Permission, Unit};
use maud::{Markup, html};
use runtime::http::At;

use super::invoice::read_day;
use crate::billing::{Payment, TopUp, sell_top_up};
use crate::customers::console::staff_only;
use crate::customers::{self, Customer};
use crate::doors::{PageHalt, Visitor};
use crate::organizations;
use crate::pages::parts::{Input, Select, check, once, submit, wrong};
use crate::pages::{Form, Room, Shell, again, shell};

pub(super) async fn get_top_up(visitor: Visitor, At(customer): At<CustomerId>) -> Result<Markup, PageHalt> {
    staff_only(&visitor)?;
    let tx = visitor.read().await?;
    tx.require(Permission::BillingWrite)?;
    let customer = customers::find::get(&tx, customer).await?;
    Ok(page(&visitor, &customer, &Form::blank().with("unit", "hour")))
}

pub(super) async fn post_top_up(
    visitor: Visitor,
    At(customer): At<CustomerId>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    staff_only(&visitor)?;
    let tx = visitor.read().await?;
    tx.require(Permission::BillingWrite)?;
    let (known, own) = tokio::try_join!(customers::find::get(&tx, customer), organizations::find::own(&tx))?;
    drop(tx);
    let Some(input) = read(&visitor, &mut form, customer, own.currency) else {
        return Ok(again(&page(&visitor, &known, &form)));
    };
    let tx = visitor.write_once(&form).await?;
    let is_paid = input.payment == Payment::Now;
    match sell_top_up(&tx, input).await {
        Ok(sold) => match sold.invoice.filter(|_| !is_paid) {
            Some(invoice) => {
                tx.finish(&format!("/invoices/{invoice}"), "The top-up comes when this invoice is paid.").await
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
    let price = if form.value("price").trim().is_empty() {
        None
    } else {
        let price = Money::parse(&form.number("price"), currency);
        price.map_err(|error| form.refuse("price", format!("The price {error}."))).ok()
    };
    let quantity = quantity.filter(|_| unit.is_some())?;
    let payment = if form.is_ticked("paid") { Payment::Now } else { Payment::Later };
    form.is_good().then_some(TopUp { customer, quantity, price, expires_at, payment })
}

fn page(visitor: &Visitor, customer: &Customer, form: &Form) -> Markup {
    let home = visitor.path(&format!("/customers/{}", customer.id));
    let title = format!("A top-up for {}", customer.name);
    let units = [Unit::Hour, Unit::Session, Unit::Message, Unit::Token]
        .map(|unit| (unit.to_string(), if unit == Unit::Hour { "hours" } else { unit.sign() }.to_owned()));
    let frame =
        Shell { visitor, room: Room::Customers, title: &title, actions: html! { a.btn href=(home) { "Back" } } };
    shell(
        &frame,
        &html! {
            form method="post" action={ (home) "/top-up" } {
                (wrong(form)) (once(form))
                div.row {
                    (Input::decimal(form, "quantity", "How much").hint("Hours as 2:30 or 2.5."))
                    (Select { form, name: "unit", label: "Of", choices: &units })
                }
                (Input::decimal(form, "price", "Price").optional().hint("Empty is the price of the customer's plan; 0 is a present."))
                (Input::date(form, "expires_at", "Expires on").optional().hint("Empty is never."))
                (check(form, "paid", "The money is there already"))
                (submit("Sell the top-up"))
            }
        },
    )
}
