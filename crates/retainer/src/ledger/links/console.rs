//! The pages of links: where they are made and revoked, and what they show.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::{HeaderValue, header};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use kernel::id::{BalanceLinkId, CustomerId};
use kernel::text::Title;
use kernel::{Actor, Decimal, Permission, Unit};
use maud::{Markup, html};
use runtime::http::{At, Peer};
use runtime::tx::Access;

use super::{BalanceLink, Make, Opened, find, make, open, revoke};
use crate::App;
use crate::doors::{PageHalt, Visitor};
use crate::ledger::console::{bar, kind, source};
use crate::ledger::explain::Explanation;
use crate::organizations::{self, Slug};
use crate::pages::parts::{Head, Input, Tone, amount, defs, once, submit, table, tag, time, wrong};
use crate::pages::{Form, Room, Shell, again, bare, nothing_here, shell};
use crate::people::limit;

/// The pages of links.
pub(in crate::ledger) fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/customers/{id}/links", get(get_links).post(post_link))
        .route("/{organization}/links/{link}/revocation", get(get_revocation).post(post_revocation))
        .route("/{organization}/shared-balance/{token}", get(get_shared))
}

/// The path of an opened link; the word for the organization and what stands in the link are filled in.
pub(in crate::ledger) fn path(slug: &str, token: &str) -> String {
    format!("/{slug}/shared-balance/{token}")
}

async fn get_links(visitor: Visitor, At(customer): At<CustomerId>) -> Result<Markup, PageHalt> {
    page(&visitor, customer, &Form::blank(), None).await
}

fn days(form: &mut Form) -> Option<u16> {
    if form.value("days").trim().is_empty() { None } else { form.choose("days", "a whole number of days, such as 90") }
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
    let frame = Shell { visitor, room, title: "Links to the balance", actions: html! {} };
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

/// What whoever has a link sees. Nobody finds it by searching, and where it leads learns nothing of it.
async fn get_shared(
    State(app): State<App>,
    axum::Extension(peer): axum::Extension<Peer>,
    Path((slug, token)): Path<(String, String)>,
) -> Result<Response, PageHalt> {
    let slug: Slug = slug.parse().map_err(|_| nothing_here())?;
    let organization = organizations::find::by_slug(&app, &slug).await?.ok_or_else(nothing_here)?;
    let bad = limit::bad_tokens(peer.0);
    limit::check(&app, &bad).await?;
    limit::take(&app, &limit::shared(peer.0)).await?;
    let tx = app.begin(organization, Actor::system("balance link"), Access::Write).await?;
    let opened = match open(&tx, &token).await {
        Ok(opened) => opened,
        Err(error) if error.code() == Some("balance_link.not_found") => {
            drop(tx);
            limit::take(&app, &bad).await?;
            return Err(nothing_here().into());
        }
        Err(error) => return Err(error.into()),
    };
    tx.commit().await?;
    let mut response = bare("Balance", Some(&opened.organization), &shown(&opened)).into_response();
    let headers = response.headers_mut();
    headers.insert("x-robots-tag", HeaderValue::from_static("noindex, nofollow, noarchive"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

fn shown(opened: &Opened) -> Markup {
    html! {
        h1 { "Balance of " (opened.customer) }
        @if opened.explained.is_empty() { p.soft { "Nothing was bought yet, so there is nothing to use." } }
        @for explanation in &opened.explained { (section(explanation, &opened.zone)) }
    }
}

fn section(explanation: &Explanation, zone: &TimeZone) -> Markup {
    let unit = explanation.allowance.unit;
    let day = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%-d %b %Y").to_string();
    let lots: Vec<Markup> = explanation
        .lots
        .iter()
        .map(|lot| {
            html! { tr {
                td { (source(&lot.source)) }
                td { @if let Some(end) = lot.expires_at { (day(end)) } @else { "no end" } }
                td.n { (amount(&lot.used, unit)) }
                td.n { (amount(&lot.held, unit)) }
                td.n { @if lot.unlimited { "no limit" } @else { (amount(&lot.left, unit)) } }
            } }
        })
        .collect();
    let holds: Vec<Markup> = explanation
        .holds
        .iter()
        .map(|hold| html! { tr { td { (subject(&hold.subject_kind, &hold.subject)) } td.n { (amount(&hold.quantity, unit)) } } })
        .collect();
    let entries: Vec<Markup> = explanation
        .entries
        .iter()
        .map(|entry| {
            html! { tr {
                td { (kind(&entry.kind)) @if let Some(ticket) = &entry.ticket { " " span.id { (ticket) } } }
                td { (day(entry.at)) }
                td.n { (amount(&entry.left_after, unit)) }
            } }
        })
        .collect();
    html! {
        section {
            (bar(&explanation.allowance, None))
            (figures(explanation, unit))
            h2 { "Where it comes from" }
            (table("Lots", &[Head::Text("From"), Head::Text("Until"), Head::Number("Used"), Head::Number("Held"), Head::Number("Left")], &lots))
            @if !holds.is_empty() { h2 { "What holds it" } (table("Holds", &[Head::Text("For"), Head::Number("Held")], &holds)) }
            h2 { "What happened last" }
            (table("Entries", &[Head::Text("What"), Head::Text("When"), Head::Number("Left")], &entries))
        }
    }
}

fn figures(explanation: &Explanation, unit: Unit) -> Markup {
    let figure = |decimal: &Decimal| amount(decimal, unit);
    let allowance = &explanation.allowance;
    defs(&[("Used", figure(&allowance.used)), ("On hold", figure(&allowance.held)), ("Left", figure(&allowance.left))])
}

/// A ticket by its number; of anything else only its kind.
fn subject(kind: &str, subject: &str) -> String {
    if kind == "ticket" { subject.to_owned() } else { kind.to_owned() }
}
