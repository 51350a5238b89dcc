//! The catalogue as a list.

use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use kernel::Permission;
use maud::{Markup, html};

use super::words::{allowance, left_over, overage, price};
use crate::doors::{PageHalt, Visitor};
use crate::pages::parts::{self, Head, once, wrong};
use crate::pages::{Form, Room, Shell, shell};
use crate::plans::find::{self, Shelf};
use crate::plans::{Plan, preset_consulting};

pub(super) async fn get_plans(visitor: Visitor, form: Form) -> Result<Response, PageHalt> {
    if !visitor.is_staff() {
        return Ok(Redirect::to(&visitor.path("/plan")).into_response());
    }
    Ok(page(&visitor, &form).await?.into_response())
}

pub(super) async fn post_consulting(visitor: Visitor, mut form: Form) -> Result<Response, PageHalt> {
    crate::customers::console::staff_only(&visitor)?;
    visitor.require(Permission::PlansWrite)?;
    let tx = visitor.write_once(&form).await?;
    match preset_consulting(&tx).await {
        Ok(_) => tx.finish("/plans", "Four plans can be sold now. Change their terms as you like.").await,
        Err(error) => {
            form.refused(error)?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&visitor, &form).await?).into_response())
        }
    }
}

async fn page(visitor: &Visitor, form: &Form) -> Result<Markup, PageHalt> {
    let is_archived = form.value("show") == "archived";
    let shelf = if is_archived { Shelf::Archived } else { Shelf::Sold };
    let tx = visitor.read().await?;
    let plans = find::by_price(&tx, shelf).await?;
    let base = visitor.path("/plans");
    let may_write = visitor.may(Permission::PlansWrite);
    let rows: Vec<Markup> = plans.iter().map(|plan| row(&base, plan)).collect();
    let actions = html! {
        @if is_archived { a.btn href=(base) { "Sold now" } } @else { a.btn href={ (base) "?show=archived" } { "Archived" } }
        @if may_write && (is_archived || !rows.is_empty()) { a.btn.go href={ (base) "/new" } { "New plan" } }
    };
    let title = if is_archived { "Archived plans" } else { "Plans" };
    let frame = Shell { visitor, room: Room::Plans, title, actions };
    Ok(shell(
        &frame,
        &html! {
            (wrong(form))
            @if rows.is_empty() && is_archived { p { "No plan is archived." } }
            @else if rows.is_empty() { (nothing_yet(&base, may_write)) }
            @else {
                (parts::table("Plans", &[Head::Text("Plan"), Head::Text("Allowance"), Head::Wide("Unused at the end"),
                    Head::Wide("When it is used up"), Head::WideNumber("Version"), Head::Number("Price")], &rows))
            }
        },
    ))
}

fn row(base: &str, plan: &Plan) -> Markup {
    let terms = &plan.current.terms;
    html! {
        tr {
            td { a href={ (base) "/" (plan.id) } { (plan.name) } }
            td { (allowance(terms)) }
            td.wide { (left_over(terms)) }
            td.wide { (overage(terms)) }
            td.n.wide { (plan.current.number) }
            td.n { (price(terms)) }
        }
    }
}

fn nothing_yet(base: &str, may_write: bool) -> Markup {
    html! {
        div.empty {
            h2 { "No plans yet" }
            p { "A plan is what you sell: a price, a period, and the hours (or sessions, or messages) that a period brings." }
            @if may_write {
                form.inline method="post" action={ (base) "/consulting" } {
                    (once(&Form::blank()))
                    button.go type="submit" { "Add the four consulting plans" }
                    a.btn href={ (base) "/new" } { "Make your own" }
                }
                p { "The four are Basic (1 h a month, $50), Standard (10 h, $450), Pro (100 h, $4,000) and Daily (1 h a day, $50)." }
            }
        }
    }
}
