//! One plan: its terms, its versions, and the forms that make and change it.

use axum::response::Response;
use kernel::Permission;
use kernel::id::PlanId;
use maud::{Markup, html};
use runtime::http::At;

use super::form::{blank, fields, filled, read};
use super::words::{allowance, facts, left_over, price};
use crate::customers::console::staff_only;
use crate::doors::{PageHalt, Visitor};
use crate::organizations;
use crate::pages::parts::{self, Head, Input, Tone, date, defs, once, submit, tag, wrong};
use crate::pages::{Form, Room, Shell, again, shell};
use crate::plans::{Plan, PlanVersion, archive, find, offer, offer_version};

pub(super) async fn get_plan(visitor: Visitor, At(plan): At<PlanId>) -> Result<Markup, PageHalt> {
    staff_only(&visitor)?;
    let tx = visitor.read().await?;
    let (plan, versions) = tokio::try_join!(find::get(&tx, plan), find::versions(&tx, plan))?;
    let path = visitor.path(&format!("/plans/{}", plan.id));
    let frame =
        Shell { visitor: &visitor, room: Room::Plans, title: &plan.name, actions: actions(&visitor, &path, &plan) };
    let rows: Vec<Markup> = versions.iter().map(|version| row(&visitor, version)).collect();
    Ok(shell(
        &frame,
        &html! {
            h2 { "Terms that are sold now" }
            (defs(&facts(&plan.current.terms)))
            h2 { "Versions" }
            p.soft { "Who bought a version keeps its terms until they change their plan." }
            (parts::table("Versions", &[Head::Text("Version"), Head::Text("Since"), Head::Text("Allowance"),
                Head::Wide("Left over"), Head::Number("Price")], &rows))
        },
    ))
}

fn actions(visitor: &Visitor, path: &str, plan: &Plan) -> Markup {
    html! {
        @if plan.archived_at.is_some() { (tag(Tone::Plain, "archived")) }
        @else if visitor.may(Permission::PlansWrite) {
            a.btn href={ (path) "/terms" } { "New terms" }
            form.inline method="post" action={ (path) "/archive" } data-confirm={ "Stop selling " (plan.name) "? Who has it keeps it." } {
                (once(&Form::blank()))
                button.danger type="submit" { "Archive" }
            }
        }
    }
}

fn row(visitor: &Visitor, version: &PlanVersion) -> Markup {
    let terms = &version.terms;
    html! {
        tr {
            td { (version.number) }
            td { (date(visitor, version.created_at)) }
            td { (allowance(terms)) }
            td.wide { (left_over(terms)) }
            td.n { (price(terms)) }
        }
    }
}

pub(super) async fn get_new(visitor: Visitor) -> Result<Markup, PageHalt> {
    staff_only(&visitor)?;
    let tx = visitor.read().await?;
    tx.require(Permission::PlansWrite)?;
    let currency = organizations::find::own(&tx).await?.currency;
    Ok(new_page(&visitor, &blank(currency)))
}

pub(super) async fn post_new(visitor: Visitor, mut form: Form) -> Result<Response, PageHalt> {
    staff_only(&visitor)?;
    visitor.require(Permission::PlansWrite)?;
    let (name, terms) = (form.read("name"), read(&mut form));
    let (Some(name), Some(terms)) = (name, terms) else { return Ok(again(&new_page(&visitor, &form))) };
    let tx = visitor.write_once(&form).await?;
    match offer(&tx, name, &terms).await {
        Ok(plan) => tx.finish(&format!("/plans/{plan}"), "The plan can be sold now.").await,
        Err(error) => {
            form.refused(error)?;
            Ok(again(&new_page(&visitor, &form)))
        }
    }
}

fn new_page(visitor: &Visitor, form: &Form) -> Markup {
    let frame = Shell { visitor, room: Room::Plans, title: "New plan", actions: html! {} };
    shell(
        &frame,
        &html! {
            form method="post" action=(visitor.path("/plans/new")) {
                (wrong(form)) (once(form))
                (Input::text(form, "name", "Name"))
                (fields(form))
                (submit("Start selling it"))
            }
        },
    )
}

pub(super) async fn get_terms(visitor: Visitor, At(plan): At<PlanId>) -> Result<Markup, PageHalt> {
    staff_only(&visitor)?;
    let tx = visitor.read().await?;
    tx.require(Permission::PlansWrite)?;
    let plan = find::get(&tx, plan).await?;
    let form = filled(&plan.current.terms).with("version", plan.version.to_string());
    Ok(terms_page(&visitor, &form, &plan))
}

pub(super) async fn post_terms(visitor: Visitor, At(plan): At<PlanId>, mut form: Form) -> Result<Response, PageHalt> {
    staff_only(&visitor)?;
    visitor.require(Permission::PlansWrite)?;
    let expected = form.value("version").parse().ok();
    if let Some(terms) = read(&mut form) {
        let tx = visitor.write_once(&form).await?;
        match offer_version(&tx, plan, &terms, expected).await {
            Ok(_) => return tx.finish(&format!("/plans/{plan}"), "The new terms are sold from now on.").await,
            Err(error) => form.refused(error)?,
        }
    }
    let now = find::get(&visitor.read().await?, plan).await?;
    Ok(again(&terms_page(&visitor, &form, &now)))
}

fn terms_page(visitor: &Visitor, form: &Form, plan: &Plan) -> Markup {
    let path = visitor.path(&format!("/plans/{}", plan.id));
    let title = format!("New terms of {}", plan.name);
    let frame = Shell { visitor, room: Room::Plans, title: &title, actions: html! {} };
    shell(
        &frame,
        &html! {
            p.soft { "They become version " (plan.current.number + 1) ". Who has the plan keeps the terms they bought." }
            form method="post" action={ (path) "/terms" } {
                (wrong(form)) (once(form))
                input type="hidden" name="version" value=(form.value("version"));
                (fields(form))
                (submit("Sell these terms"))
            }
        },
    )
}

pub(super) async fn post_archive(visitor: Visitor, At(plan): At<PlanId>, form: Form) -> Result<Response, PageHalt> {
    staff_only(&visitor)?;
    visitor.require(Permission::PlansWrite)?;
    let tx = visitor.write_once(&form).await?;
    archive(&tx, plan).await?;
    tx.finish(&format!("/plans/{plan}"), "The plan is not sold any more; who has it keeps it.").await
}
