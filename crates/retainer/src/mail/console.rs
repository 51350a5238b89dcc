//! The pages of mail: the outbox.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header;
use kernel::Permission;
use kernel::id::MailId;
use maud::{Markup, html};
use runtime::http::At;

use super::api::Wanted;
use super::templates::MailKind;
use super::{MailLine, MailState, find, release, release_all};
use crate::App;
use crate::doors::{PageHalt, Visitor};
use crate::pages::parts::{Dot, Empty, Head, dot, empty, icon, misread, once, pager, table, time};
use crate::pages::{Form, Room, Shell, shell};

/// The pages of mail.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/outbox", get(get_outbox))
        .route("/{organization}/outbox/release", post(post_release_all))
        .route("/{organization}/outbox/{mail}", get(get_mail))
        .route("/{organization}/outbox/{mail}/release", post(post_release))
        .route("/{organization}/outbox/{mail}/body", get(get_mail_body))
        .merge(super::templates::console::routes())
}

async fn get_outbox(visitor: Visitor, mut form: Form) -> Result<Markup, PageHalt> {
    let (state, after) = (form.read_optional("state"), form.read_optional("after"));
    let wanted = Wanted { state, after, limit: None };
    let tx = visitor.read().await?;
    let (page, held) = tokio::try_join!(find::list(&tx, wanted.state, wanted.paging()), find::held(&tx))?;
    let base = format!("/{}/outbox", visitor.slug());
    let rows: Vec<Markup> = page.items.iter().map(|mail| row(&visitor, &base, mail)).collect();
    let no_server = visitor.app().smtp.is_none();
    let actions = html! {
        @if held > 0 && !no_server {
            form.inline method="post" action={ (base) "/release" } data-confirm={ "Send what is kept here now? Of the " (held) " mails stay those whose links are over, and those that tell of what was read here since." } {
                (once(&Form::blank()))
                button.go type="submit" { "Send all that are kept (" (held) ")" }
            }
        }
    };
    let frame = Shell { visitor: &visitor, room: Room::Mail, title: "Mail", actions };
    Ok(shell(
        &frame,
        &html! {
            @if no_server {
                p.notice { "No mail server is set up, so mails are kept here and not sent. Copy what people need, such as invitation links." }
            }
            (misread(&form))
            nav.states aria-label="States" {
                a href=(base) aria-current=[wanted.state.is_none().then_some("true")] { "All" }
                @for state in MailState::ALL.iter().copied() {
                    " " a href={ (base) "?state=" (state.word()) } aria-current=[(wanted.state == Some(state)).then_some("true")] { (label(state)) }
                }
            }
            @if page.items.is_empty() {
                (empty(Empty {
                    title: "No mail here",
                    text: "Invitations, links and notices that people are sent appear in this list, each as it was written.",
                    action: None,
                }))
            } @else {
                (table("Mails", &HEADS, &rows))
            }
            (pager(&base, &form, page.next))
        },
    ))
}

const fn label(state: MailState) -> &'static str {
    match state {
        MailState::Queued => "Queued",
        MailState::Sent => "Sent",
        MailState::Failed => "Failed",
        MailState::Held => "Kept here",
    }
}

fn state(state: MailState) -> Markup {
    let kind = match state {
        MailState::Queued => Dot::Open,
        MailState::Sent => Dot::Done,
        MailState::Failed => Dot::Failed,
        MailState::Held => Dot::Waiting,
    };
    dot(kind, label(state))
}

const HEADS: [Head<'static>; 4] = [Head::Text("Subject"), Head::Wide("To"), Head::Text("State"), Head::Wide("Written")];

fn row(visitor: &Visitor, base: &str, mail: &MailLine) -> Markup {
    html! {
        tr {
            td { a href={ (base) "/" (mail.id) } { (mail.subject) } span.narrow.address { (mail.to) } }
            td.wide.address { (mail.to) }
            td { (state(mail.state)) }
            td.wide { (time(visitor, mail.created_at)) }
        }
    }
}

async fn get_mail(visitor: Visitor, At(mail): At<MailId>) -> Result<Markup, PageHalt> {
    let tx = visitor.read().await?;
    let mail = find::get(&tx, visitor.app(), mail).await?;
    let base = format!("/{}/outbox", visitor.slug());
    let may_send = mail.line.state == MailState::Held && visitor.app().smtp.is_some();
    let actions = html! {
        @if let Some(link) = mail.text.as_deref().and_then(|text| first_link(text, &visitor.app().public_url)) {
            button type="button" data-copy=(link) { (icon("copy")) span { "Copy the link" } }
        }
        @if may_send {
            form.inline method="post" action={ (base) "/" (mail.line.id) "/release" } {
                (once(&Form::blank()))
                button.go type="submit" { "Send now" }
            }
        }
    };
    let frame = Shell { visitor: &visitor, room: Room::Mail, title: &mail.line.subject, actions };
    Ok(shell(
        &frame,
        &html! {
            dl.facts {
                dt { "To" } dd { (mail.line.to) }
                dt { "State" } dd { (state(mail.line.state)) }
                dt { "Written" } dd { (time(&visitor, mail.line.created_at)) }
                @if let Some(made) = made_by(&visitor, &mail.line) { dt { "Words" } dd { (made) } }
                @if mail.line.attempts > 0 { dt { "Tries" } dd { (mail.line.attempts) } }
                @if let Some(error) = &mail.line.last_error { dt { @if mail.line.state == MailState::Held { "Why it waits" } @else { "The mail server said" } } dd { (error) } }
            }
            @match &mail.withheld {
                Some(reason) => p.notice { (reason) },
                None => iframe.mail title="The mail" src={ (base) "/" (mail.line.id) "/body" }
                    sandbox=(FRAME) {},
            }
            @if let Some(text) = &mail.text {
                details { summary { "As plain text" } pre { (text) } }
            }
        },
    ))
}

/// By which template a mail was written, where it has one.
fn made_by(visitor: &Visitor, mail: &MailLine) -> Option<Markup> {
    let kind: MailKind = mail.kind.parse().ok()?;
    let words = match (mail.template_version, &mail.template_failure) {
        (None, _) => "As it comes".to_owned(),
        (Some(version), None) => format!("Yours, version {version}"),
        (Some(version), Some(why)) => {
            format!("As it comes, because yours, version {version}, could not be filled in: {why}")
        }
    };
    Some(html! {
        @if visitor.may(Permission::SettingsWrite) {
            a href=(visitor.path(&format!("/settings/mail-templates/{kind}"))) { (words) }
        } @else { (words) }
    })
}

/// The link that a mail is about: the first one in its words that leads here.
fn first_link<'a>(text: &'a str, home: &str) -> Option<&'a str> {
    text.split_whitespace().find(|word| word.starts_with(home) && word.len() > home.len())
}

async fn post_release(visitor: Visitor, At(mail): At<MailId>, form: Form) -> Result<Response, PageHalt> {
    let tx = visitor.write_once(&form).await?;
    release(&tx, visitor.app(), mail).await?;
    tx.finish(&format!("/outbox/{mail}"), "The mail is on its way.").await
}

async fn post_release_all(visitor: Visitor, form: Form) -> Result<Response, PageHalt> {
    let tx = visitor.write_once(&form).await?;
    let sent = release_all(&tx, visitor.app()).await?;
    let mut said = format!("{} mails are on their way.", sent.released);
    if sent.over > 0 {
        said.push_str(&format!(" {} stay, because the links in them are over.", sent.over));
    }
    if sent.overtaken > 0 {
        said.push_str(&format!(
            " {} stay, because they tell of what was read here since, or has gone on.",
            sent.overtaken
        ));
    }
    if sent.left > 0 {
        said.push_str(&format!(" {} more wait: send them the same way.", sent.left));
    }
    tx.finish("/outbox", &said).await
}

/// What the frame around a mail's own HTML allows: its inline styles and nothing that runs or loads.
const BODY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
                           frame-ancestors 'self'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox";
/// What a mail may do in its frame: be measured, and open its links beside the page. No script of its own runs.
pub(super) const FRAME: &str = "allow-same-origin allow-popups allow-popups-to-escape-sandbox";

async fn get_mail_body(visitor: Visitor, At(mail): At<MailId>) -> Result<Response, PageHalt> {
    let tx = visitor.read().await?;
    let mail = find::get(&tx, visitor.app(), mail).await?;
    let html = mail.html.or(mail.withheld).unwrap_or_default();
    Ok(in_frame(html))
}

/// A mail's own HTML, to be shown in a frame of one of our pages.
pub(super) fn in_frame(html: String) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, BODY_POLICY)];
    (headers, html).into_response()
}
