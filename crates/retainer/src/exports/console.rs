//! The page on which an owner takes along what the organization knows.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use kernel::Permission;
use kernel::id::Id;
use maud::{Markup, html};

use super::find::Written;
use super::{Export, ExportState, discard, download, find, order};
use crate::App;
use crate::closing::require_password;
use crate::doors::{PageHalt, Visitor};
use crate::files::{FileName, Media, serve, spoken};
use crate::pages::parts::{Input, instant, once, submit, time, wrong};
use crate::pages::{Form, Room, Shell, again, shell};
use crate::people::Again;

/// The pages of exports.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/settings/export", get(get_export).post(post_export))
        .route("/{organization}/settings/export/archive", get(get_archive))
        .route("/{organization}/settings/export/discarding", post(post_discarding))
}

/// How many seconds a browser waits before it looks again how far the writing is.
const LOOK_AGAIN: &str = "2";

async fn get_export(visitor: Visitor) -> Result<Response, PageHalt> {
    let export = find::export(&visitor.read().await?).await?;
    let page = page(&visitor, &Form::blank(), export.as_ref()).into_response();
    if export.as_ref().is_some_and(Export::is_coming) {
        return Ok(([("refresh", LOOK_AGAIN)], page).into_response());
    }
    Ok(page)
}

async fn post_export(visitor: Visitor, mut form: Form) -> Result<Response, PageHalt> {
    visitor.require(Permission::SettingsWrite)?;
    let typed = Again::of(&visitor.read().await?, form.value("password").to_owned()).await?.1;
    if let Err(error) = require_password(visitor.app(), &typed).await {
        form.refused(error)?;
        return refused(&visitor, &form).await;
    }
    let tx = visitor.write_once(&form).await?;
    match order(&tx).await {
        Ok(()) => tx.finish("/settings/export", "The archive is being written.").await,
        Err(error) => {
            form.refused(error)?;
            drop(tx);
            refused(&visitor, &form).await
        }
    }
}

async fn refused(visitor: &Visitor, form: &Form) -> Result<Response, PageHalt> {
    let export = find::export(&visitor.read().await?).await?;
    Ok(again(&page(visitor, form, export.as_ref())))
}

async fn get_archive(visitor: Visitor) -> Result<Response, PageHalt> {
    let tx = visitor.write().await?;
    let organization = tx.organization();
    let (id, archive) = download(&tx).await?;
    tx.commit().await?;
    let name = FileName::clean(&archive.name);
    Ok(serve(visitor.app(), organization, id.uuid(), (&name, Media::GZIP)).await?)
}

async fn post_discarding(visitor: Visitor, form: Form) -> Result<Response, PageHalt> {
    visitor.require(Permission::SettingsWrite)?;
    let tx = visitor.write_once(&form).await?;
    discard(&tx).await?;
    tx.finish("/settings/export", "The archive is deleted.").await
}

fn page(visitor: &Visitor, form: &Form, export: Option<&Export>) -> Markup {
    let frame = Shell { visitor, room: Room::Settings, title: "Export everything", actions: html! {} };
    let content = html! {
        p {
            "One file with all that this organization knows: customers, tickets and what was said on them, hours, invoices, "
            "payments, mails, the trail, every attached file. It is yours to keep, and another installation of Retainer takes it "
            "in whole."
        }
        @match export {
            Some(export) if export.is_coming() => { (coming(visitor, export)) },
            Some(Export { archive: Some(archive), ordered_by, .. }) => { (wrong(form)) (ready(visitor, archive, ordered_by.as_deref())) },
            other => {
                @match other {
                    Some(export) if export.state == ExportState::Failed => {
                        p.amber role="status" { "The last one could not be written. " (export.failure.as_deref().unwrap_or_default()) }
                    },
                    Some(_) => { p.amber role="status" { "The writing of the last one was cut off, as when a server ends. Order it again." } },
                    None => {},
                }
                (ordering(visitor, form))
            },
        }
    };
    shell(&frame, &content)
}

fn ordering(visitor: &Visitor, form: &Form) -> Markup {
    html! {
        p.soft {
            "It is written in the background, and kept here for seven days; the organization's owners get a mail when it is "
            "ready. Keep it like a password: it holds the hashes of everybody's."
        }
        form method="post" action=(visitor.path("/settings/export")) {
            (wrong(form)) (once(form))
            (Input::password(form, "password", "Your password").autocomplete("current-password"))
            (submit("Export everything"))
        }
    }
}

fn coming(visitor: &Visitor, export: &Export) -> Markup {
    html! {
        p role="status" {
            @if export.state == ExportState::Ordered { "It will be written in a moment." }
            @else { "It is being written: " (export.percent) " %." }
            " You may leave this page meanwhile; a mail says when it is ready."
        }
        p { progress value=(export.percent) max="100" aria-label="How far it is" {} }
        (discarding(visitor, "Stop and delete it"))
    }
}

fn ready(visitor: &Visitor, archive: &Written, by: Option<&str>) -> Markup {
    html! {
        dl.facts {
            dt { "File" } dd { (archive.name) ", " (spoken(u64::try_from(archive.bytes).unwrap_or(0))) }
            dt { "SHA-256" } dd { code.sum { (archive.sha256) } }
            dt { "Written" } dd { (time(visitor, archive.ready_at)) @if let Some(by) = by { ", ordered by " (by) } }
            dt { "Kept until" } dd { (instant(visitor, archive.expires_at)) }
        }
        p.soft { "Keep it like a password: it holds the hashes of everybody's. Who downloads it stands in the trail." }
        div.submit {
            a.btn.go href=(visitor.path("/settings/export/archive")) download=(archive.name) { "Download" }
            (discarding(visitor, "Delete it"))
        }
    }
}

fn discarding(visitor: &Visitor, words: &str) -> Markup {
    let asked = "Delete the archive? Another one can be ordered at once.";
    html! {
        form.inline method="post" action=(visitor.path("/settings/export/discarding")) data-confirm=(asked) {
            (once(&Form::blank()))
            button.danger type="submit" { (words) }
        }
    }
}
