//! Files on a ticket's page, and the form that says something with files.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{HeaderMap, header};
use kernel::Permission;
use kernel::id::{AttachmentId, CommentId, Id};
use kernel::text::Body;
use maud::{Markup, html};
use runtime::http::{At, Halt, Segments};
use runtime::{Error, Tx};

use super::page::{self, Noun};
use super::steps;
use crate::App;
use crate::doors::{PageHalt, Visitor, upload};
use crate::files::{Limits, Received, preview, serve, spoken};
use crate::pages::parts::{icon, once};
use crate::pages::{self, Form, again};
use crate::tickets::api::forgotten;
use crate::tickets::attachments::{Attaching, Attachment, attach, find as files, remove};
use crate::tickets::{Audience, Open, Saying, Seen, Ticket, TicketNumber, comment, find, open};

/// The ticket of the address.
pub(super) struct AtTicket(TicketNumber);

impl FromRequestParts<App> for AtTicket {
    type Rejection = PageHalt;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, PageHalt> {
        let path = Segments::<(String, String)>::from_request_parts(parts, app).await;
        let number = path.ok().and_then(|Segments((_, number))| number.parse().ok());
        number.map(Self).ok_or_else(|| pages::nothing_here().into())
    }
}

/// What is said where files were received and something else was wrong.
pub(super) const CHOOSE_AGAIN: &str = "Choose the files again; a page cannot do that for you.";

/// A form that may carry files, sent by somebody who may open tickets: nobody else leaves files here.
pub(super) async fn sent_along(visitor: &Visitor, request: Request) -> Result<(Form, Vec<Received>), PageHalt> {
    let app = visitor.app().clone();
    if !upload::has_files(request.headers()) {
        return Ok((Form::from_request(request, &app).await?, Vec::new()));
    }
    let tx = visitor.write().await?;
    tx.require(Permission::TicketsOpen)?;
    let organization = tx.organization();
    drop(tx);
    Ok(upload::read(&app, organization, request).await?)
}

/// Opens a ticket with what was sent along with it.
pub(super) async fn opened(tx: &Tx, input: Open, (received, limits): (&[Received], Limits)) -> Result<Ticket, Error> {
    let files = received.iter().map(|file| file.name.to_string()).collect();
    let ticket = open(tx, Open { files, ..input }).await?;
    let seen = Seen { number: ticket.id.clone(), version: None };
    for file in received {
        attach(tx, &seen, Attaching { file, comment: None, audience: Audience::Everybody, limits }).await?;
    }
    Ok(ticket)
}

/// What somebody wants to say, with or without files.
pub(super) async fn post_comment(
    visitor: Visitor,
    AtTicket(number): AtTicket,
    request: Request,
) -> Result<Response, PageHalt> {
    let app = visitor.app().clone();
    if !upload::has_files(request.headers()) {
        let form = Form::from_request(request, &app).await?;
        return steps::step(visitor, number, Noun::Comments, form).await;
    }
    // Nobody leaves files where they may not say anything.
    let tx = visitor.write().await?;
    tx.require(Permission::TicketsOpen)?;
    find::get(&tx, &number).await?;
    let organization = tx.organization();
    drop(tx);
    let (mut form, received) = upload::read(&app, organization, request).await?;
    let seen = Seen { number: number.clone(), version: None };
    if form.is_good() {
        let tx = visitor.write_once(&form).await?;
        match said(&tx, &seen, &mut form, (&received, app.file_limits)).await {
            Ok(Some(said)) => return tx.finish(&format!("/tickets/{number}"), said).await,
            Ok(None) => {}
            Err(error) => form.refused(error)?,
        }
    }
    if !received.is_empty() && !visitor.keeps_files() {
        form.refuse("files", CHOOSE_AGAIN);
    }
    let typed = page::Typed { noun: Some(Noun::Comments), form: &form, is_late: false };
    Ok(again(&page::page(&visitor, &number, &typed).await?))
}

/// Says it and attaches the files to it. Files without words are words enough: their names are said.
async fn said(
    tx: &Tx,
    seen: &Seen,
    form: &mut Form,
    (received, limits): (&[Received], Limits),
) -> Result<Option<&'static str>, Error> {
    let audience = if form.value("to") == "staff" { Audience::Staff } else { Audience::Everybody };
    let names: Vec<&str> = received.iter().map(|file| file.name.as_str()).collect();
    let is_wordless = form.value("message").trim().is_empty() && !received.is_empty();
    let (message, files): (Option<Body>, &[&str]) = if is_wordless {
        (format!("Attached: {}", names.join(", ")).parse().ok(), &[])
    } else {
        (form.read("message"), &names)
    };
    let Some(message) = message else { return Ok(None) };
    let said = comment(tx, seen, &Saying { message: &message, audience, files }).await?;
    for file in received {
        attach(tx, seen, Attaching { file, comment: Some(said.id), audience, limits }).await?;
    }
    Ok(Some(if audience == Audience::Staff { "The note is kept." } else { "The comment is sent." }))
}

/// The file itself.
pub(super) async fn get_attachment(visitor: Visitor, At(id): At<AttachmentId>) -> Result<Response, PageHalt> {
    let tx = visitor.read().await?;
    let organization = tx.organization();
    let found = files::get(&tx, id).await?;
    drop(tx);
    if found.forgotten {
        return Err(Halt::from(forgotten()).into());
    }
    Ok(serve(visitor.app(), organization, id.uuid(), (&found.file_name(), found.media())).await?.into_response())
}

/// A small picture of it, within the page.
pub(super) async fn get_preview(
    visitor: Visitor,
    At(id): At<AttachmentId>,
    headers: HeaderMap,
) -> Result<Response, PageHalt> {
    let tx = visitor.read().await?;
    let organization = tx.organization();
    let found = files::get(&tx, id).await?;
    drop(tx);
    if found.forgotten || !found.media().is_picture() {
        return Err(pages::nothing_here().into());
    }
    Ok(preview(visitor.app(), organization, (id.uuid(), &found.name), headers.get(header::IF_NONE_MATCH)).await?)
}

/// Somebody reloads the page that a refused removal left them on.
pub(super) async fn get_removal(visitor: Visitor, At(id): At<AttachmentId>) -> Result<Response, PageHalt> {
    let found = files::get(&visitor.read().await?, id).await?;
    Ok(Redirect::to(&visitor.path(&format!("/tickets/{}", found.ticket))).into_response())
}

pub(super) async fn post_removal(visitor: Visitor, At(id): At<AttachmentId>, form: Form) -> Result<Response, PageHalt> {
    let tx = visitor.write_once(&form).await?;
    let removed = remove(&tx, id).await?;
    tx.finish(&format!("/tickets/{}", removed.ticket), &format!("{} is taken away.", removed.name)).await
}

/// The field for files, below what is written: the browser's own box without scripts, else one that is drawn, into which
/// files are dropped and which lists what is chosen.
pub(super) fn field(form: &Form, limits: Limits) -> Markup {
    let error = form.error("files");
    let most = spoken(limits.file);
    html! {
        div.field.files data-drop {
            label for="files" { "Files" span.soft { " (optional, " (most) " each at most)" } }
            input #files type="file" name="files" multiple data-most=(limits.file) data-spoken=(most)
                aria-describedby="files-error" aria-invalid=[error.map(|_| "true")];
            label.drop.scripted for="files" {
                (icon("file")) span { b { "Choose files" } span.wide { ", drop them here, or paste a picture into what you write" } }
            }
            ul.chosen.scripted aria-label="Files that go along" {}
            span.error #files-error role="alert" { @if let Some(error) = error { (error) } }
        }
    }
}

/// The files of one comment, or those that came without one.
pub(super) fn list(visitor: &Visitor, all: &[Attachment], comment: Option<CommentId>) -> Markup {
    let own: Vec<&Attachment> = all.iter().filter(|file| file.comment == comment).collect();
    html! {
        @if !own.is_empty() {
            ul.attached aria-label="Files" { @for file in own { (one(visitor, file)) } }
        }
    }
}

fn one(visitor: &Visitor, file: &Attachment) -> Markup {
    let address = visitor.path(&format!("/attachments/{}", file.id));
    let may_remove = visitor.may(Permission::TicketsWork) || file.is_of(visitor.actor().user());
    html! {
        li {
            @if file.forgotten { span.soft { "A file that was removed" } }
            @else {
                @if file.media().is_picture() {
                    a.picture href=(address) { img src={ (address) "/preview" } alt=(file.name) loading="lazy" width="120" height="90"; }
                }
                a href=(address) download[!file.media().is_picture()] { (icon("file")) (file.name) }
                " " span.soft { (spoken(u64::try_from(file.size).unwrap_or(0))) }
                @if file.comment.is_none() && file.internal { " " span.soft { "internal" } }
            }
            @if may_remove {
                " " form.inline method="post" action={ (address) "/removal" } {
                    (once(&Form::blank()))
                    button.quiet type="submit" aria-label={ "Take away " (file.name) } data-confirm={ "Take " (file.name) " away?" } { "Take away" }
                }
            }
        }
    }
}
