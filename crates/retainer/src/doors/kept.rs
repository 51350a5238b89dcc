//! What somebody typed into a form and sent after their session had ended is not lost: it goes through the sign-in page,
//! sealed for the person it is of, and comes back into its form once that person is in.
//!
//! Nothing is stored. Who somebody was is told by a cookie that outlives the session and says nothing to anybody else; what
//! was sealed for one person opens for no other.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, Method, header};
use jiff::{SignedDuration, Timestamp};
use kernel::id::{Id, UserId};
use maud::html;
use runtime::http::{Peer, RequestId};
use runtime::seal::{self, Purpose};
use runtime::tx::keyed_hash;
use tower::ServiceExt;
use uuid::Uuid;

use super::answered::Belongs;
use super::{Visitor, cookies, upload};
use crate::App;
use crate::pages::form::query;
use crate::pages::{Form, refill};
use crate::people::console::sign_in_again;

/// The cookie that says whose browser it was.
pub(super) const WHO: &str = "retainer_who";
/// More than this is not kept: it must fit into the sign-in form, twice.
const MOST: usize = 64 * 1024;
/// How long one has to sign in.
const LASTS: SignedDuration = SignedDuration::from_mins(60);

/// What a browser is told of who used it: the same for the same person, and no name to anybody without the key.
pub(super) fn who(app: &App, user: UserId) -> Uuid {
    let hash = keyed_hash(app.db.lookup(), "whose browser", &user.uuid().to_string());
    Uuid::from_slice(hash.get(..16).unwrap_or_default()).unwrap_or_default()
}

/// Marks the answer to whoever must sign in first.
#[derive(Debug, Clone)]
pub struct Turned {
    /// The word of the organization.
    pub slug: String,
    /// Where they were.
    pub to: String,
}

/// A form that was sent too late.
#[derive(serde::Serialize, serde::Deserialize)]
struct Sent {
    slug: String,
    /// Where the form was sent to, which finds it on the page again.
    action: String,
    /// The page that holds it.
    page: String,
    at: Timestamp,
    values: Vec<(String, String)>,
    /// Whether there were files with it, which are not kept.
    #[serde(default)]
    has_files: bool,
}

/// The middleware that keeps what was sent by somebody whose session has ended.
pub async fn keep(State(app): State<App>, request: Request, next: Next) -> Response {
    if !is_form(&request) {
        return next.run(request).await;
    }
    let (who, boundary) = (belongs_to(request.headers()), upload::boundary(request.headers()));
    // Nothing of a stranger's can be kept, so nothing of it is read here.
    let Some(who) = who else {
        let response = next.run(request).await;
        let turned = response.extensions().get::<Turned>().cloned();
        return turned.map_or(response, lost);
    };
    let (parts, body) = request.into_parts();
    let action = parts.uri.path().to_owned();
    let (first, body) = beginning(body).await;
    let response = next.run(Request::from_parts(parts, body)).await;
    let Some(turned) = response.extensions().get::<Turned>().cloned() else { return response };
    let form = match boundary {
        Some(boundary) => upload::texts(first, boundary).await,
        None => (serde_html_form::from_bytes(&first).unwrap_or_default(), false),
    };
    let kept = sealed(&app, who, &turned, (action, form));
    let page = match kept {
        Some((kept, to)) => sign_in_again(&app, &turned.slug, &to, &kept).await.ok(),
        None => None,
    };
    page.unwrap_or_else(|| lost(turned))
}

/// The sign-in page, which says that nothing was sent.
fn lost(turned: Turned) -> Response {
    let to = format!("{}&late=true", sign_in_path(&turned.slug, &turned.to));
    let mut response = Redirect::to(&to).into_response();
    response.extensions_mut().insert(turned);
    response
}

/// What a form begins with, up to about [`MOST`], and all of it: the texts of ours stand before the files.
async fn beginning(body: Body) -> (Bytes, Body) {
    let mut rest = body.into_data_stream();
    let (mut first, mut pieces) = (BytesMut::new(), Vec::new());
    while first.len() < MOST {
        let Some(piece) = rest.next().await else { break };
        if let Ok(piece) = &piece {
            first.extend_from_slice(piece);
        }
        let is_broken = piece.is_err();
        pieces.push(piece);
        if is_broken {
            break;
        }
    }
    (first.freeze(), Body::from_stream(futures_util::stream::iter(pieces).chain(rest)))
}

/// Whether it is a form of a page that may be kept.
fn is_form(request: &Request) -> bool {
    let text =
        |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
    let length = text(header::CONTENT_LENGTH).parse::<usize>().unwrap_or(usize::MAX);
    let kind = text(header::CONTENT_TYPE);
    let is_short = kind.starts_with("application/x-www-form-urlencoded") && length <= MOST;
    request.method() == Method::POST
        && (is_short || kind.starts_with("multipart/form-data"))
        && !request.uri().path().starts_with("/api/")
}

fn belongs_to(headers: &HeaderMap) -> Option<Uuid> {
    cookies::named(headers, WHO)?.parse().ok()
}

fn sealed(
    app: &App,
    who: Uuid,
    turned: &Turned,
    (action, (form, has_files)): (String, (Vec<(String, String)>, bool)),
) -> Option<(String, String)> {
    // Secrets are typed anew, and what the page adds by itself is added by the page anew.
    let is_typed =
        |name: &str| !["password", "code", "token", "secret", "once", "version"].iter().any(|word| name.contains(word));
    let values: Vec<_> = form.into_iter().filter(|(name, value)| is_typed(name) && !value.trim().is_empty()).collect();
    if values.is_empty() {
        return None;
    }
    // Where the browser does not say where it came from, the address of the form leads to the page that holds it.
    let page = if turned.to.is_empty() { action.clone() } else { turned.to.clone() };
    let sent = Sent { slug: turned.slug.clone(), action, page: page.clone(), at: app.clock.now(), values, has_files };
    let bytes = serde_json::to_vec(&sent).ok()?;
    let sealed = seal::seal(&app.key, Purpose { what: "kept form", whose: who }, &bytes).ok()?;
    Some((hex::encode(sealed), page))
}

fn open(app: &App, visitor: &Visitor, kept: &str) -> Option<Sent> {
    let whose = who(app, visitor.actor().user()?);
    let bytes = seal::open(&app.key, Purpose { what: "kept form", whose }, &hex::decode(kept).ok()?).ok()?;
    let sent: Sent = serde_json::from_slice(&bytes).ok()?;
    let is_fresh = app.clock.now().duration_since(sent.at) <= LASTS;
    (is_fresh && sent.slug == visitor.slug()).then_some(sent)
}

/// Whoever signed in with a kept form comes here with it: the page that holds the form, filled in. For anybody else it is
/// the page where they were going.
pub async fn come_back(app: App, pages: Router, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let visitor = match Visitor::from_request_parts(&mut parts, &app).await {
        Ok(visitor) => visitor,
        Err(halt) => return halt.into_response(),
    };
    let Ok(bytes) = to_bytes(body, 4 * MOST).await else { return Redirect::to(&visitor.path("")).into_response() };
    let form = Form::decode(&bytes);
    let Some(sent) = open(&app, &visitor, form.value("kept")) else {
        return visitor
            .go("", "What was written before you signed in was not sent: it is somebody else’s, or too old.");
    };
    let said = html! {
        p.notice role="status" {
            "Your session had ended, so this was not sent. What you typed is here; send it again."
            @if sent.has_files { " The files have to be chosen again." }
        }
    };
    match shown(pages, &parts, &sent.page).await {
        Some((at, page)) => match refill::refill(&page, &sent.action, &sent.values, &said) {
            Some(page) => {
                // The script puts the address of the page into the line of the browser.
                let page = page.replacen("<body", &format!("<body data-at=\"{}\"", html! { (at) }.into_string()), 1);
                let mut response = Html(page).into_response();
                response.extensions_mut().insert(Belongs(at));
                response
            }
            None => Redirect::to(&at).into_response(),
        },
        None => Redirect::to(&visitor.path("")).into_response(),
    }
}

/// A page as the person of this request sees it, with its address; a form's own address leads on to its page.
async fn shown(pages: Router, parts: &http::request::Parts, to: &str) -> Option<(String, String)> {
    let mut to = to.to_owned();
    for _ in 0..4 {
        let mut asked = Request::new(Body::empty());
        *asked.headers_mut() = parts.headers.clone();
        for name in [header::CONTENT_LENGTH, header::CONTENT_TYPE] {
            asked.headers_mut().remove(name);
        }
        asked.extensions_mut().insert(parts.extensions.get::<Peer>().copied().unwrap_or(Peer(None)));
        if let Some(id) = parts.extensions.get::<RequestId>() {
            asked.extensions_mut().insert(*id);
        }
        *asked.uri_mut() = to.parse().ok()?;
        let Ok(answer) = pages.clone().oneshot(asked).await;
        if answer.status().is_success() {
            let bytes = to_bytes(answer.into_body(), 8 * 1024 * 1024).await.ok()?;
            return Some((to, String::from_utf8(bytes.to_vec()).ok()?));
        }
        to = if answer.status().is_redirection() {
            answer.headers().get(header::LOCATION)?.to_str().ok()?.to_owned()
        } else {
            // An address that only takes what is sent stands below its page.
            to.rsplit_once('/').map(|(above, _)| above.to_owned()).filter(|above| !above.is_empty())?
        };
    }
    None
}

/// Where somebody goes who has just signed in with a kept form: the same request goes on to where the form comes back.
pub fn go_on(slug: &str) -> Redirect {
    Redirect::temporary(&format!("/{slug}/sign-in/kept"))
}

/// The query of the sign-in page.
pub(super) fn sign_in_path(slug: &str, to: &str) -> String {
    format!("/{slug}/sign-in?{}", query(&[("to", to)]))
}
