//! Saved views above the list of tickets: the way to each, and the forms that save, change and remove them.

use axum::Router;
use axum::extract::RawQuery;
use axum::response::{Redirect, Response};
use axum::routing::get;
use kernel::Permission;
use kernel::id::TicketViewId;
use kernel::text::Title;
use maud::{Markup, html};
use runtime::http::At;

use super::{Change, Filter, Save, View, change, find, remove, save};
use crate::App;
use crate::doors::{PageHalt, Visitor};
use crate::pages::parts::{Input, check, once, wrong};
use crate::pages::{Form, again};
use crate::tickets::console::list::{self, Sent};

pub(in crate::tickets) fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/tickets/views", get(back_to_list).post(post_view))
        .route("/{organization}/tickets/views/{view}/changes", get(back_to_view).post(post_changes))
        .route("/{organization}/tickets/views/{view}/removal", get(back_to_view).post(post_removal))
}

/// Somebody reloads the page that a refused form left them on.
async fn back_to_list(visitor: Visitor, RawQuery(query): RawQuery) -> Redirect {
    Redirect::to(&to_list(&visitor, &query.unwrap_or_default()))
}

async fn back_to_view(
    visitor: Visitor,
    At(view): At<TicketViewId>,
    RawQuery(query): RawQuery,
) -> Result<Redirect, PageHalt> {
    let view = find::get(&visitor.read().await?, view).await?;
    Ok(Redirect::to(&to_list(&visitor, &query.unwrap_or_else(|| view.filter.query()))))
}

fn to_list(visitor: &Visitor, query: &str) -> String {
    visitor.path(&list_of(query))
}

fn list_of(query: &str) -> String {
    // An address that narrows nothing would open with the default.
    format!("/tickets?{}", if query.is_empty() { "status=" } else { query })
}

async fn post_view(visitor: Visitor, RawQuery(query): RawQuery, mut form: Form) -> Result<Response, PageHalt> {
    let mut filters = Form::decode(query.unwrap_or_default().as_bytes());
    let filter = Filter::of_form(&mut filters);
    // What could not be understood is not saved as if it had not been asked for.
    if !filters.is_good() {
        form.refuse(
            "",
            "The list is not narrowed down as its address says, so this view is not saved. Choose the filters again.",
        );
    }
    if let Some(name) = form.read::<Title>("name").filter(|_| form.is_good()) {
        let tx = visitor.write_once(&form).await?;
        let (shared, default) = (form.is_ticked("shared"), form.is_ticked("default"));
        match save(&tx, Save { name, filter, shared, default }).await {
            Ok(view) => return tx.finish(&list_of(&view.filter.query()), &format!("{} is saved.", view.name)).await,
            Err(error) => form.refused(error)?,
        }
    }
    Ok(again(&list::page(&visitor, filters, &Sent { view: Some(form), ..Sent::default() }).await?))
}

async fn post_changes(
    visitor: Visitor,
    At(view): At<TicketViewId>,
    RawQuery(query): RawQuery,
    mut form: Form,
) -> Result<Response, PageHalt> {
    let before = find::get(&visitor.read().await?, view).await?;
    // Another's view has no name to be changed in its form.
    let name = if form.values().any(|(name, _)| name == "name") { form.read::<Title>("name") } else { None };
    if form.is_good() {
        let tx = visitor.write_once(&form).await?;
        // Who may not share is not asked about it.
        let asked = name.is_some() && visitor.may(Permission::TicketsWork);
        let shared = asked.then(|| form.is_ticked("shared"));
        let wanted = Change { name, shared, default: Some(form.is_ticked("default")) };
        match change(&tx, view, wanted).await {
            Ok(view) => return tx.finish(&list_of(&view.filter.query()), &format!("{} is changed.", view.name)).await,
            Err(error) => form.refused(error)?,
        }
    }
    let filters = Form::decode(query.unwrap_or_else(|| before.filter.query()).as_bytes());
    Ok(again(&list::page(&visitor, filters, &Sent { view: Some(form), ..Sent::default() }).await?))
}

async fn post_removal(
    visitor: Visitor,
    At(view): At<TicketViewId>,
    RawQuery(query): RawQuery,
    form: Form,
) -> Result<Response, PageHalt> {
    let tx = visitor.write_once(&form).await?;
    let before = find::get(&tx, view).await?;
    remove(&tx, view).await?;
    let said = format!("{} is removed. The tickets stay as they are.", before.name);
    tx.finish(&list_of(&query.unwrap_or_default()), &said).await
}

/// The views above the list. `filter` is what the list shows, `sent` the form of a view that was refused.
pub(in crate::tickets) fn views(visitor: &Visitor, views: &[View], filter: &Filter, sent: Option<&Form>) -> Markup {
    let shown = views.iter().find(|view| view.filter == *filter);
    let query = filter.query();
    let is_all = query.is_empty();
    if views.is_empty() && is_all {
        return html! {};
    }
    html! {
        div.views {
            nav.states aria-label="Views" {
                a href=(to_list(visitor, "")) aria-current=[is_all.then_some("page")] { "All" }
                @for view in views {
                    a href=(to_list(visitor, &view.filter.query())) aria-current=[(shown.map(|shown| shown.id) == Some(view.id)).then_some("page")]
                        title=[(!view.own).then(|| format!("Shared by {}", view.saved_by))] { (view.name) }
                }
            }
            @if let Some(view) = shown { (change_form(visitor, view, &query, sent)) }
            @else if !is_all { (save_form(visitor, &query, sent)) }
        }
    }
}

fn save_form(visitor: &Visitor, query: &str, sent: Option<&Form>) -> Markup {
    let blank = Form::blank();
    let form = sent.unwrap_or(&blank);
    html! {
        details.view open[sent.is_some()] {
            summary { "Save this view" }
            form.inset method="post" action={ (visitor.path("/tickets/views")) "?" (query) } {
                (wrong(form)) (once(form))
                (Input::text(form, "name", "What is it called?").hint("What the list is narrowed down to now, and its order."))
                @if visitor.may(Permission::TicketsWork) { (check(form, "shared", "Everybody who works here has it")) }
                (check(form, "default", "My list opens with it"))
                p.submit { button.go type="submit" { "Save" } }
            }
        }
    }
}

fn change_form(visitor: &Visitor, view: &View, query: &str, sent: Option<&Form>) -> Markup {
    let ticked = |value: bool| if value { "true" } else { "" };
    let fresh = Form::blank()
        .with("name", view.name.as_str())
        .with("shared", ticked(view.shared))
        .with("default", ticked(view.default));
    let form = sent.unwrap_or(&fresh);
    let may = view.own || visitor.may(Permission::PeopleWrite);
    let below = visitor.path(&format!("/tickets/views/{}", view.id));
    html! {
        details.view open[sent.is_some()] {
            summary { "Change this view" @if view.default { span.soft { "opens your list" } } }
            div.inset {
                form method="post" action={ (below) "/changes?" (query) } {
                    (wrong(form)) (once(form))
                    @if may {
                        (Input::text(form, "name", "What is it called?"))
                        @if visitor.may(Permission::TicketsWork) { (check(form, "shared", "Everybody who works here has it")) }
                    } @else { p.soft { "Shared by " (view.saved_by) "." } }
                    (check(form, "default", "My list opens with it"))
                    p.submit { button.go type="submit" { "Keep" } }
                }
                @if may {
                    form method="post" action={ (below) "/removal?" (query) } {
                        (once(&Form::blank()))
                        button.danger type="submit" data-confirm={ "Remove " (view.name) "? " @if view.shared { "Nobody has it any more then. " } "The tickets stay as they are." } { "Remove the view" }
                    }
                }
            }
        }
    }
}
