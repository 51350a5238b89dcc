//! The page on which an organization is closed, or kept.

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use kernel::Permission;
use maud::{Markup, html};

use super::{Ask, ask, keep, require_password};
use crate::App;
use crate::doors::{PageHalt, Visitor};
use crate::organizations::{Organization, find};
use crate::pages::parts::{Input, once, submit, wrong};
use crate::pages::{Form, Room, Shell, again, shell};
use crate::people::Again;

/// The pages of closing.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/settings/deletion", get(get_deletion).post(post_deletion))
        .route("/{organization}/settings/keeping", post(post_keeping))
}

async fn get_deletion(visitor: Visitor) -> Result<Markup, PageHalt> {
    let tx = visitor.read().await?;
    tx.require(Permission::SettingsWrite)?;
    Ok(page(&visitor, &Form::blank(), &find::own(&tx).await?))
}

async fn post_deletion(visitor: Visitor, mut form: Form) -> Result<Response, PageHalt> {
    visitor.require(Permission::SettingsWrite)?;
    let input = Ask { slug: form.value("slug").to_owned(), reason: form.read_optional("reason") };
    let (own, typed) = {
        let tx = visitor.read().await?;
        (find::own(&tx).await?, Again::of(&tx, form.value("password").to_owned()).await?.1)
    };
    if form.is_good()
        && let Err(error) = require_password(visitor.app(), &typed).await
    {
        form.refused(error)?;
    }
    if !form.is_good() {
        return Ok(again(&page(&visitor, &form, &own)));
    }
    let tx = visitor.write_once(&form).await?;
    match ask(&tx, &input).await {
        Ok(()) => tx.finish("/settings/deletion", "The organization is being closed.").await,
        Err(error) => {
            form.refused(error)?;
            Ok(again(&page(&visitor, &form, &own)))
        }
    }
}

async fn post_keeping(visitor: Visitor, form: Form) -> Result<Response, PageHalt> {
    visitor.require(Permission::SettingsWrite)?;
    let tx = visitor.write_once(&form).await?;
    keep(&tx).await?;
    tx.finish("/settings/deletion", "The organization is kept. Everything goes on where it was.").await
}

fn page(visitor: &Visitor, form: &Form, own: &Organization) -> Markup {
    let frame = Shell { visitor, room: Room::Settings, title: "Delete the organization", actions: html! {} };
    let export = html! { a href=(visitor.path("/settings/export")) { "export everything" } };
    let content = match own.closes_at {
        Some(_) => html! {
            p { "Whatever the law wants kept, such as invoices, is yours to keep: " (export) " before the end." }
            form method="post" action=(visitor.path("/settings/keeping")) {
                (wrong(form)) (once(form))
                (submit("Keep the organization"))
            }
        },
        None => html! {
            p {
                "Everything in " b { (own.name) } " is deleted in thirty days: customers, tickets, invoices, payments, balances, "
                "the trail, and people who belong to no other organization. Until then nothing in it can be changed, and any "
                "owner can keep it. After that nobody can bring it back."
            }
            p { "Whatever the law wants kept, such as invoices, is yours to keep: " (export) " before." }
            form method="post" action=(visitor.path("/settings/deletion")) {
                (wrong(form)) (once(form))
                (Input::text(form, "slug", "The organization's word").hint(&format!("Type {} to show that you mean this one.", own.slug)))
                (Input::password(form, "password", "Your password").autocomplete("current-password"))
                (Input::text(form, "reason", "Why").optional().hint("If you like."))
                p.submit { button.danger type="submit" { "Delete the organization" } }
            }
        },
    };
    shell(&frame, &content)
}
