//! The pages of notifications: what one was told, and how one wants to be told.

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use kernel::id::NotificationId;
use maud::{Markup, html};
use runtime::Error;
use runtime::http::{At, Cursor, Page, Paging};

use super::find::{self, Which};
use super::{Channel, Kind, Notification, Preference, prefer, read, read_about, read_all};
use crate::App;
use crate::doors::{PageHalt, Visitor};
use crate::pages::parts::{Empty, Head, Tone, cards, empty, once, pager, submit, table, tag, time, wrong};
use crate::pages::{Form, Room, Shell, again, shell};

/// The pages of notifications.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/notifications", get(get_notifications))
        .route("/{organization}/notifications/read", post(post_read_all))
        .route("/{organization}/notifications/preferences", get(get_preferences).post(post_preferences))
        .route("/{organization}/notifications/{id}/read", post(post_read))
        .merge(super::unsubscribe::routes())
}

/// Somebody looks at a thing on its own page: what they were told of it is read. In a transaction of its own, so that the page
/// only reads; where nothing may be written, all stays as it is.
///
/// # Errors
/// A fault.
pub async fn opened(visitor: &mut Visitor, kind: &str, subject: &str) -> Result<(), Error> {
    if visitor.frame().unread == 0 {
        return Ok(());
    }
    let tx = match visitor.write().await {
        Ok(tx) => tx,
        Err(Error::Refused(_)) => return Ok(()),
        Err(error) => return Err(error),
    };
    let marked = read_about(&tx, kind, subject).await?;
    if marked > 0 {
        tx.commit().await?;
        visitor.has_read(marked);
    }
    Ok(())
}

async fn get_notifications(visitor: Visitor, mut form: Form) -> Result<Markup, PageHalt> {
    let paging = Paging { after: form.read_optional::<Cursor>("after"), limit: Some(50) };
    let which = if form.value("unread") == "true" { Which::Unread } else { Which::All };
    let tx = visitor.read().await?;
    let page = find::list(&tx, which, paging).await?;
    Ok(list_page(&visitor, &form, &page))
}

fn list_page(visitor: &Visitor, form: &Form, page: &Page<Notification>) -> Markup {
    let path = visitor.path("/notifications");
    let actions = html! {
        a.btn href=(visitor.path("/notifications/preferences")) { "Choose what you are told" }
        @if visitor.frame().unread > 0 {
            form.inline method="post" action=(visitor.path("/notifications/read")) {
                (once(&Form::blank()))
                button.go type="submit" { "Mark all as read" }
            }
        }
    };
    let rows: Vec<Markup> = page.items.iter().map(|item| row(visitor, item)).collect();
    let heads = [Head::Text("What"), Head::Number("When"), Head::Actions];
    let frame = Shell { visitor, room: Room::Notifications, title: "Notifications", actions };
    shell(
        &frame,
        &html! {
            @if rows.is_empty() {
                (empty(Empty {
                    title: "Nothing new",
                    text: "New tickets, their progress and what is said about them appear here, each with the reason why you are told.",
                    action: Some((&visitor.path("/tickets"), "Go to the tickets")),
                }))
            } @else {
                div #list data-hears="notifications.changed" {
                    (cards("Notifications", &heads, &rows))
                    (pager(&path, form, page.next))
                }
            }
        },
    )
}

fn row(visitor: &Visitor, item: &Notification) -> Markup {
    let is_unread = item.read_at.is_none();
    html! {
        tr {
            td.line {
                a href=(visitor.path(&item.path())) { @if is_unread { b { (item.title) } } @else { (item.title) } }
                @if item.count > 1 { " " (tag(Tone::Plain, &format!("{} new", item.count))) }
                @if !item.text.is_empty() { " " span.soft { (item.text) } }
                span.heard { " You are told " (item.reason) "." }
            }
            td.n title={ "You are told " (item.reason) } { (time(visitor, item.created_at)) }
            td.n {
                @if is_unread {
                    form.inline method="post" action=(visitor.path(&format!("/notifications/{}/read", item.id))) {
                        (once(&Form::blank()))
                        button.quiet type="submit" { "Mark as read" }
                    }
                }
            }
        }
    }
}

async fn post_read(visitor: Visitor, At(id): At<NotificationId>, form: Form) -> Result<Response, PageHalt> {
    let tx = visitor.write_once(&form).await?;
    read(&tx, id).await?;
    tx.finish("/notifications", "Marked as read.").await
}

async fn post_read_all(visitor: Visitor, form: Form) -> Result<Response, PageHalt> {
    let tx = visitor.write_once(&form).await?;
    read_all(&tx).await?;
    tx.finish("/notifications", "All are marked as read.").await
}

fn name(kind: Kind, channel: Channel) -> String {
    format!("{kind}.{channel}")
}

async fn get_preferences(visitor: Visitor) -> Result<Markup, PageHalt> {
    let tx = visitor.read().await?;
    let form = find::preferences(&tx).await?.into_iter().fold(Form::blank(), |form, known| {
        if known.enabled { form.with(&name(known.kind, known.channel), "true") } else { form }
    });
    Ok(preferences_page(&visitor, &form))
}

async fn post_preferences(visitor: Visitor, mut form: Form) -> Result<Response, PageHalt> {
    let every =
        Kind::of_side(visitor.is_staff()).flat_map(|kind| Channel::ALL.iter().map(move |channel| (kind, *channel)));
    let wanted: Vec<Preference> = every
        .map(|(kind, channel)| Preference { kind, channel, enabled: form.is_ticked(&name(kind, channel)) })
        .collect();
    let tx = visitor.write_once(&form).await?;
    match prefer(&tx, &wanted).await {
        Ok(()) => tx.finish("/notifications/preferences", "Saved.").await,
        Err(error) => {
            form.refused(error)?;
            Ok(again(&preferences_page(&visitor, &form)))
        }
    }
}

/// A kind of news, and a box for each way to be told of it.
fn choices(form: &Form, kind: Kind) -> Markup {
    html! {
        tr {
            td { b { (kind.label()) } }
            @for channel in Channel::ALL {
                @let name = name(kind, *channel);
                td {
                    label.box { input type="checkbox" id=(name) name=(name) value="true" checked[form.is_ticked(&name)]; span.heard { (kind.label()) ", " (channel.label()) } }
                }
            }
        }
    }
}

fn preferences_page(visitor: &Visitor, form: &Form) -> Markup {
    let page = Shell { visitor, room: Room::Notifications, title: "What you are told", actions: html! {} };
    let heads: Vec<Head<'_>> = std::iter::once(Head::Text("Of"))
        .chain(Channel::ALL.iter().map(|channel| Head::Text(channel.label())))
        .collect();
    let rows: Vec<Markup> = Kind::of_side(visitor.is_staff()).map(|kind| choices(form, kind)).collect();
    shell(
        &page,
        &html! {
            form.preferences method="post" action=(visitor.path("/notifications/preferences")) {
                (wrong(form)) (once(form))
                (table("What you are told", &heads, &rows))
                p.soft { @if visitor.is_staff() { "By mail you get what is assigned to you; tick new tickets if you want a mail of each. " } "You are never told of what you do yourself. Mails about your sign-in are always sent." }
                (submit("Save"))
            }
        },
    )
}
