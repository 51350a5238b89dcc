//! The pages on which links are made and revoked.

mod shared;

use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use kernel::Permission;
use kernel::id::{BalanceLinkId, CustomerId};
use kernel::text::Title;
use maud::{Markup, html};
use runtime::http::At;

use super::{BalanceLink, Make, find, make, revoke};
use crate::App;
use crate::doors::{PageHalt, Visitor};
use crate::pages::parts::{Head, Input, Tone, once, submit, table, tag, time, wrong};
use crate::pages::{Form, Room, Shell, again, shell};

/// The pages of links.
pub(in crate::ledger) fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/customers/{id}/links", get(get_links).post(post_link))
        .route("/{organization}/links/{link}/revocation", get(get_revocation).post(post_revocation))
        .route("/{organization}/shared-balance/{token}", get(shared::get_shared))
}

/// The path of an opened link; the word for the organization and what stands in the link are filled in.
pub(in crate::ledger) fn path(slug: &str, token: &str) -> String {
    format!("/{slug}/shared-balance/{token}")
}

async fn get_links(visitor: Visitor, At(customer): At<CustomerId>) -> Result<Markup, PageHalt> {
    page(&visitor, customer, &Form::blank(), None).await
}

fn days(form: &mut Form) -> Option<u16> {
    let typed = form.value("days").trim();
    if typed.is_empty() {
        return None;
    }
    let days = typed.parse().ok();
    if days.is_none() {
        form.refuse("days", "Write a whole number of days, such as 90, or leave it empty.");
    }
    days
}

async fn post_link(visitor: Visitor, At(customer): At<CustomerId>, mut form: Form) -> Result<Response, PageHalt> {
    let (label, days) = (form.read::<Title>("label"), days(&mut form));
    let tx = visitor.write().await?;
    super::make::require_may_share(&tx)?;
    if let Some(label) = label.filter(|_| form.is_good()) {
        match make(&tx, Make { customer, label, days }).await {
            Ok((_, token)) => {
                tx.commit().await?;
                let address = visitor.app().url(&path(visitor.slug(), token.reveal()));
                return Ok(page(&visitor, customer, &Form::blank(), Some(&address)).await?.into_response());
            }
            Err(error) => form.refused(error)?,
        }
    } else {
        drop(tx);
    }
    Ok(again(&page(&visitor, customer, &form, None).await?))
}

/// Somebody reloads the page that a refused revocation left them on.
async fn get_revocation(visitor: Visitor, At(link): At<BalanceLinkId>) -> Result<Response, PageHalt> {
    let customer = find::whose(&visitor.read().await?, link).await?;
    Ok(Redirect::to(&visitor.path(&format!("/customers/{customer}/links"))).into_response())
}

async fn post_revocation(visitor: Visitor, At(link): At<BalanceLinkId>, form: Form) -> Result<Response, PageHalt> {
    let tx = visitor.write_once(&form).await?;
    let customer = revoke(&tx, link).await?;
    tx.finish(&format!("/customers/{customer}/links"), "The link opens nothing any more.").await
}

async fn page(visitor: &Visitor, customer: CustomerId, form: &Form, made: Option<&str>) -> Result<Markup, PageHalt> {
    let tx = visitor.read().await?;
    let links = find::of_customer(&tx, customer).await?;
    let may = visitor.actor().customer().is_some() || visitor.may(Permission::CustomersWrite);
    let room = if visitor.is_staff() { Room::Customers } else { Room::Balance };
    let frame = Shell { visitor, room, title: "Share the balance", actions: html! {} };
    let rows: Vec<Markup> = links.iter().map(|link| row(visitor, link, may)).collect();
    let heads = [
        Head::Text("For"),
        Head::Wide("Made by"),
        Head::Wide("Made"),
        Head::Text("Until"),
        Head::Number("Opened"),
        Head::WideNumber("Last opened"),
        Head::Actions,
    ];
    Ok(shell(
        &frame,
        &html! {
            @if let Some(address) = made {
                div.notice {
                    p { "This is the link. It is shown only now, so copy it:" }
                    p { code { (address) } " " button type="button" data-copy=(address) { "Copy the link" } }
                }
            }
            p.soft { "Whoever has such a link sees the balance and why it is so, with the numbers of tickets and nothing of what they say, \
                      without signing in." }
            @if !rows.is_empty() { (table("Links", &heads, &rows)) }
            @if may {
                form method="post" action=(visitor.path(&format!("/customers/{customer}/links"))) {
                    (wrong(form)) (once(form))
                    (Input::text(form, "label", "What for?").hint("Such as: for our bookkeeper."))
                    (Input::text(form, "days", "For how many days?").optional().hint("Empty means until it is revoked."))
                    (submit("Make a link"))
                }
            }
        },
    ))
}

fn row(visitor: &Visitor, link: &BalanceLink, may: bool) -> Markup {
    let is_good = link.is_good(visitor.now());
    html! {
        tr {
            td { (link.label) }
            td.wide { (link.made_by) }
            td.wide { (time(visitor, link.created_at)) }
            td {
                @if link.revoked_at.is_some() { (tag(Tone::Plain, "revoked")) }
                @else if !is_good { (tag(Tone::Plain, "over")) }
                @else if let Some(end) = link.expires_at { (time(visitor, end)) } @else { "it is revoked" }
            }
            td.n { (link.uses) }
            td.n.wide { @if let Some(at) = link.last_used_at { (time(visitor, at)) } @else { "never" } }
            td.n {
                @if may && is_good {
                    form.inline method="post" action=(visitor.path(&format!("/links/{}/revocation", link.id))) {
                        (once(&Form::blank()))
                        button.danger type="submit" data-confirm="Revoke this link? Whoever has it sees nothing any more." { "Revoke" }
                    }
                }
            }
        }
    }
}
