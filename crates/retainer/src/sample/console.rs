//! The page on which a sample organization is ordered, entered and discarded.

use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::header;
use kernel::Permission;
use maud::{Markup, html};
use runtime::{Error, Tx};

use super::find::Home;
use super::{Sample, SampleState, discard, enter, find, order};
use crate::App;
use crate::doors::cookies::set_session;
use crate::doors::{Caller, PageHalt, Visitor};
use crate::pages::parts::{once, submit, wrong};
use crate::pages::{Form, Room, Shell, again, shell};
use crate::people::console::opening;

/// The pages of samples.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/settings/sample", get(get_sample).post(post_sample))
        .route("/{organization}/settings/sample/entry", post(post_entry))
        .route("/{organization}/settings/sample/discarding", post(post_discarding))
}

/// How many seconds a browser waits before it looks again how far the making is.
const LOOK_AGAIN: &str = "2";

async fn get_sample(visitor: Visitor) -> Result<Response, PageHalt> {
    let tx = visitor.read().await?;
    let sample = find::sample(&tx).await?;
    if visitor.frame().is_sample {
        let home = find::home_of(visitor.app(), tx.organization()).await?;
        return Ok(inside(&visitor, home.as_ref()).into_response());
    }
    let page = page(&visitor, &Form::blank(), sample.as_ref()).into_response();
    let works = |it: &Sample| matches!(it.state, SampleState::Ordered | SampleState::Making) && !it.is_cut_off;
    if sample.as_ref().is_some_and(works) {
        return Ok(([("refresh", LOOK_AGAIN)], page).into_response());
    }
    Ok(page)
}

async fn post_sample(visitor: Visitor, mut form: Form) -> Result<Response, PageHalt> {
    visitor.require(Permission::SettingsWrite)?;
    let tx = visitor.write_once(&form).await?;
    match order(&tx).await {
        Ok(()) => tx.finish("/settings/sample", "A sample organization is being made.").await,
        Err(error) => {
            form.refused(error)?;
            drop(tx);
            let sample = find::sample(&visitor.read().await?).await?;
            Ok(again(&page(&visitor, &form, sample.as_ref())))
        }
    }
}

async fn post_entry(visitor: Visitor, caller: Caller) -> Result<Response, PageHalt> {
    let tx = visitor.read().await?;
    let user = tx.actor().user().ok_or(find::SampleRefused::None).map_err(runtime::Error::from)?;
    let (slug, signed_in) = enter(visitor.app(), &tx, user, &opening(&caller)).await?;
    let cookie = set_session(visitor.app(), &slug, signed_in.token.reveal());
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&format!("/{slug}"))).into_response())
}

async fn post_discarding(visitor: Visitor, form: Form) -> Result<Response, PageHalt> {
    visitor.require(Permission::SettingsWrite)?;
    let tx = visitor.write_once(&form).await?;
    discard(&tx).await?;
    tx.finish("/settings/sample", "The sample organization is deleted.").await
}

/// The page within a sample, which orders none itself.
fn inside(visitor: &Visitor, home: Option<&Home>) -> Markup {
    let frame = Shell { visitor, room: Room::Settings, title: "Sample organization", actions: html! {} };
    shell(
        &frame,
        &html! {
            p {
                "This is a sample organization: the business, its people and its customers are invented. Try everything; nothing of it "
                "touches a real business, and no mail leaves it."
            }
            @if let Some(Home { slug, name }) = home {
                p { a.btn href={ "/" (slug) } { "Back to " (name) } }
                p.soft { "It is deleted there, where it was ordered: " a href={ "/" (slug) "/settings/sample" } { "Settings, Sample organization" } "." }
            }
        },
    )
}

/// What a page offers beside its one button where nothing is on it, to whoever may order a sample: to see it with one.
pub(crate) async fn offer(visitor: &Visitor, tx: &Tx, is_empty: bool) -> Result<Markup, Error> {
    if !is_empty || visitor.frame().is_sample || !visitor.may(Permission::SettingsWrite) {
        return Ok(html! {});
    }
    Ok(button(visitor, find::sample(tx).await?.as_ref()))
}

/// The button that orders one or opens the one that is there.
fn button(visitor: &Visitor, sample: Option<&Sample>) -> Markup {
    let page = visitor.path("/settings/sample");
    html! {
        @match sample.map(|sample| sample.state) {
            Some(SampleState::Ready) => {
                form.inline method="post" action={ (page) "/entry" } { button type="submit" { "Open the sample" } }
            },
            Some(SampleState::Ordered | SampleState::Making) => a.btn href=(page) { "The sample is being made" },
            _ => form.inline method="post" action=(page) {
                (once(&Form::blank()))
                button type="submit" { "See it with sample data" }
            },
        }
    }
}

fn page(visitor: &Visitor, form: &Form, sample: Option<&Sample>) -> Markup {
    let frame = Shell { visitor, room: Room::Settings, title: "Sample organization", actions: html! {} };
    let discard = |words: &str| {
        html! {
            form.inline method="post" action=(visitor.path("/settings/sample/discarding")) {
                (once(&Form::blank()))
                button.danger type="submit" { (words) }
            }
        }
    };
    let content = match sample {
        None => html! {
            p {
                "An invented consulting business beside yours, with forty customers and four months of tickets, hours, bills and "
                "mails: look around in it, try everything, and delete it with one click. Nothing of it touches your own business, "
                "nobody but this organization's owners can enter it, and no mail leaves it."
            }
            form method="post" action=(visitor.path("/settings/sample")) {
                (wrong(form)) (once(form))
                (submit("Add a sample organization"))
            }
        },
        Some(sample) => html! {
            (wrong(form))
            @match sample.state {
                SampleState::Ordered | SampleState::Making if sample.is_cut_off => {
                    p.amber { "Its making was cut off. Delete what there is of it, and add it again." }
                    (discard("Delete it"))
                },
                SampleState::Ordered | SampleState::Making => {
                    p role="status" {
                        @if sample.days == 0 { "It is about to be made." }
                        @else { "Its four months are being told: day " (sample.day) " of " (sample.days) "." }
                        " You may leave this page meanwhile."
                    }
                    p { progress value=(sample.day) max=(sample.days.max(1)) aria-label="How far it is" {} }
                    (discard("Stop and delete it"))
                },
                SampleState::Ready => {
                    p { "It is ready. It belongs to the owners of this organization; nobody else can enter it." }
                    form.inline method="post" action=(visitor.path("/settings/sample/entry")) {
                        button.go type="submit" { "Open it" }
                    }
                    " " (discard("Delete it"))
                },
                SampleState::Failed | SampleState::Discarded | SampleState::None => {
                    p.amber { "It could not be made. Whoever hosts Retainer finds the reason in the log." }
                    form method="post" action=(visitor.path("/settings/sample")) {
                        (once(form))
                        (submit("Try again"))
                    }
                },
            }
        },
    };
    shell(&frame, &content)
}
