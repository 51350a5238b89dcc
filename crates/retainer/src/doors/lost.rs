//! What pages answer when something is wrong, or when somebody asks for the address of a form that only takes what is sent.

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header};
use kernel::Actor;
use runtime::http::{Peer, Problem, RequestId};
use runtime::tx::Access;
use tower::ServiceExt;

use super::{PageHalt, Visitor};
use crate::App;
use crate::organizations::{self, Slug};
use crate::pages::{self, Back};

/// The middleware that makes a page of every problem: with the rail for whoever is signed in, and with a way back.
pub async fn as_pages(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let asked = parts.clone();
    let mut response = next.run(Request::from_parts(parts, body)).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let page = page(&app, asked, &problem).await.into_response();
    let (mut head, _) = response.into_parts();
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::WWW_AUTHENTICATE] {
        head.headers.remove(name);
    }
    if let Some(media) = page.headers().get(header::CONTENT_TYPE) {
        head.headers.insert(header::CONTENT_TYPE, media.clone());
    }
    Response::from_parts(head, page.into_body())
}

async fn page(app: &App, mut asked: Parts, problem: &Problem) -> maud::Markup {
    let path = asked.uri.path().to_owned();
    let before = before(&asked.headers).filter(|before| *before != path);
    // A database that is down cannot say who asks; the page must stand all the same.
    let visitor = if problem.status < 500 { Visitor::from_request_parts(&mut asked, app).await.ok() } else { None };
    let house = if visitor.is_none() && problem.status < 500 { house(app, &path).await } else { None };
    let house = house.as_ref().map(|(slug, name)| (slug.as_str(), name.as_str()));
    pages::error_page(problem, visitor.as_ref(), &Back { path: &path, before: before.as_deref(), house })
}

/// The organization at whose door somebody stands who is not signed in: its word and its name.
async fn house(app: &App, path: &str) -> Option<(String, String)> {
    let slug: Slug = path.split('/').nth(1)?.parse().ok()?;
    let id = organizations::find::by_slug(app, &slug).await.ok()??;
    let tx = app.begin(id, Actor::anonymous(None), Access::Read).await.ok()?;
    Some((slug.to_string(), organizations::find::own(&tx).await.ok()?.name))
}

/// The page of this server that led here, as its address below the server's.
pub(super) fn before(headers: &HeaderMap) -> Option<String> {
    let from: http::Uri = headers.get(header::REFERER)?.to_str().ok()?.parse().ok()?;
    let host = headers.get(header::HOST)?.to_str().ok()?;
    (from.authority()?.as_str() == host).then(|| from.path_and_query().map(ToString::to_string))?
}

/// What answers an address that no page has. With a slash at its end it is what people type for the page without.
pub async fn nothing_here(uri: http::Uri) -> Response {
    let path = uri.path();
    let trimmed = path.trim_end_matches('/');
    // Two slashes at the start would lead to another server, and some take a backslash for a slash.
    let leads_away = trimmed.starts_with("//") || trimmed.contains('\\');
    if trimmed.len() < path.len() && !trimmed.is_empty() && !leads_away {
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        // Not for ever: caches would keep it long after there is a page.
        return Redirect::temporary(&format!("{trimmed}{query}")).into_response();
    }
    PageHalt::from(pages::nothing_here()).into_response()
}

/// What answers a method that an address does not take. Who reloads the address that a form was sent to, or opens it from
/// their history, is led to the page that holds the form: the nearest one above that there is.
pub async fn wrong_method(pages: Router, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let text = "This address does not take that. Go back, and use the links and buttons of the page.";
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "request.method", text).into_response();
    }
    let headers = request.headers().clone();
    let mut path = request.uri().path();
    while let Some((above, _)) = path.rsplit_once('/').filter(|(above, _)| !above.is_empty()) {
        path = above;
        let mut asked = Request::new(Body::empty());
        *asked.headers_mut() = headers.clone();
        // Not all of them: the parameters of the address asked for would be taken for those of the one above.
        asked.extensions_mut().insert(request.extensions().get::<Peer>().copied().unwrap_or(Peer(None)));
        if let Some(id) = request.extensions().get::<RequestId>() {
            asked.extensions_mut().insert(*id);
        }
        let Ok(uri) = path.parse() else { break };
        *asked.uri_mut() = uri;
        let Ok(answer) = pages.clone().oneshot(asked).await;
        if answer.status().is_success() || answer.status().is_redirection() {
            return Redirect::to(path).into_response();
        }
    }
    pages::nothing_here().into_response()
}
