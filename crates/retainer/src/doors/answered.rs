//! What a form is answered with is a page that can be reloaded and come back to, whatever became of the form.
//!
//! A form that is done leads on by itself. One that is refused, or that asks first, is answered with a page, and a browser that
//! comes back to such an answer wants to send the form again. So the page is kept for a while, sealed, for whoever sent the
//! form, and the browser is led to the page that the form stands on, with the answer's number in its address. Of whoever is not
//! signed in nothing is kept: their own browser carries it ([`carried`]). The script of our pages needs none of this: it puts
//! the answer in the place of the page, and is told where to go as a header.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use jiff::{SignedDuration, Timestamp};
use kernel::id::Id;
use runtime::seal::{self, Purpose};
use runtime::tx::Access;
use runtime::{Error, Tx, sql};
use serde_json::json;
use uuid::Uuid;

use super::kept::Turned;
use super::{Visitor, carried, lost};
use crate::App;

/// How the script says that it puts the answer into the page itself.
const IN_PLACE: HeaderName = HeaderName::from_static("retainer-in-place");
/// How it is told where to go.
const TO: HeaderName = HeaderName::from_static("retainer-to");
/// How it is told that whoever sent the form has to sign in, and that nothing of the form was kept.
const SIGNED_OUT: HeaderName = HeaderName::from_static("retainer-signed-out");
/// What stands in the address of a kept answer.
const PARAMETER: &str = "answer";
/// How long an answer is kept; [`super::jobs::FORGET_ANSWERS`] forgets sealed ones by then.
pub(super) const LASTS: SignedDuration = SignedDuration::from_hours(1);

/// Marks an answer that belongs to another page than the one that sent the form.
#[derive(Debug, Clone)]
pub(super) struct Belongs(pub(super) String);

/// Whether the script sent it, which keeps the files that were chosen.
pub(super) fn is_in_place(headers: &HeaderMap) -> bool {
    headers.contains_key(IN_PLACE)
}

/// The middleware that makes every answer to a form one that can be come back to.
pub async fn settle(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if is_in_place(request.headers()) {
        return told(next.run(request).await);
    }
    if *request.method() == Method::GET
        && let Some((answer, uri)) = asked(request.uri())
    {
        *request.uri_mut() = uri;
        let (parts, body) = request.into_parts();
        if let Some(page) = again(&app, parts.clone(), answer).await {
            return page;
        }
        return next.run(Request::from_parts(parts, body)).await;
    }
    if *request.method() != Method::POST {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let sent = parts.clone();
    let response = next.run(Request::from_parts(parts, body)).await;
    if is_page(&response) {
        return keep(&app, sent, response).await;
    }
    let mut response = response;
    carried::let_go(&app, &sent, &mut response);
    response
}

/// A redirect as the script is told of it: it could not see where it leads.
fn told(response: Response) -> Response {
    let is_seen = matches!(response.status(), StatusCode::SEE_OTHER | StatusCode::FOUND);
    let Some(to) = response.headers().get(header::LOCATION).filter(|_| is_seen).cloned() else { return response };
    let mut answer = StatusCode::NO_CONTENT.into_response();
    copy_cookies(response.headers(), answer.headers_mut());
    answer.headers_mut().insert(TO, to);
    if response.extensions().get::<Turned>().is_some() {
        answer.headers_mut().insert(SIGNED_OUT, HeaderValue::from_static("1"));
    }
    answer
}

fn copy_cookies(from: &HeaderMap, to: &mut HeaderMap) {
    for cookie in from.get_all(header::SET_COOKIE) {
        to.append(header::SET_COOKIE, cookie.clone());
    }
}

fn is_page(response: &Response) -> bool {
    let media = response.headers().get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or_default();
    media.starts_with("text/html") && (response.status().is_success() || response.status().is_client_error())
}

/// The number of the answer in an address, and the address without it.
fn asked(uri: &Uri) -> Option<(Uuid, Uri)> {
    let mine = |pair: &&str| pair.split_once('=').is_some_and(|(name, _)| name == PARAMETER);
    let query = uri.query()?;
    let answer = query.split('&').find(mine)?.split_once('=')?.1.parse().ok()?;
    let others: Vec<&str> = query.split('&').filter(|pair| !mine(pair)).collect();
    let query = if others.is_empty() { String::new() } else { format!("?{}", others.join("&")) };
    Some((answer, format!("{}{query}", uri.path()).parse().ok()?))
}

/// Keeps the answer, and leads to it; where it cannot be kept, it stays as it is.
async fn keep(app: &App, mut sent: Parts, response: Response) -> Response {
    let visitor = Visitor::from_request_parts(&mut sent, app).await.ok();
    let belongs = response.extensions().get::<Belongs>().map(|belongs| belongs.0.clone());
    let (head, body) = response.into_parts();
    let bytes = match to_bytes(body, usize::MAX).await {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::warn!(%error, "a page could not be read to its end");
            return Response::from_parts(head, Body::empty());
        }
    };
    let Some(visitor) = visitor else {
        let Some(mut response) = carried::carry(app, &sent, head.status, &bytes) else {
            return Response::from_parts(head, Body::from(bytes));
        };
        copy_cookies(&head.headers, response.headers_mut());
        return response;
    };
    let mut random = [0u8; 16];
    rand::fill(&mut random);
    let answer = Uuid::from_bytes(random);
    if let Err(error) = written(app, &visitor, (answer, head.status, &bytes)).await {
        tracing::warn!(%error, "an answer to a form could not be kept");
        return Response::from_parts(head, Body::from(bytes));
    }
    let mut response = Redirect::to(&address(belongs, &sent, &visitor, answer)).into_response();
    copy_cookies(&head.headers, response.headers_mut());
    response
}

/// The page that the form stands on, with the number of the answer.
fn address(belongs: Option<String>, sent: &Parts, visitor: &Visitor, answer: Uuid) -> String {
    let home = visitor.path("");
    let is_inside =
        |page: &String| page.strip_prefix(&home).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let page = belongs.or_else(|| lost::before(&sent.headers)).filter(is_inside);
    // Two slashes at its beginning would lead to another host.
    let page = page.unwrap_or_else(|| format!("/{}", sent.uri.to_string().trim_start_matches('/')));
    address_with(&page, answer)
}

/// The address of a page with the number of an answer in it.
pub(super) fn address_with(page: &str, answer: Uuid) -> String {
    let page =
        page.parse().ok().and_then(|uri| asked(&uri)).map_or_else(|| page.to_owned(), |(_, uri)| uri.to_string());
    let sign = if page.contains('?') { '&' } else { '?' };
    format!("{page}{sign}{PARAMETER}={answer}")
}

async fn written(app: &App, visitor: &Visitor, (answer, status, html): (Uuid, StatusCode, &[u8])) -> Result<(), Error> {
    let Some(user) = visitor.actor().user() else { return Err(Error::internal("nobody sent a form")) };
    let sealed = seal::seal(&app.key, purpose(user.uuid()), html)?;
    let status = i16::try_from(status.as_u16()).unwrap_or(200);
    let tx = visitor.begin(Access::Write).await?;
    tx.execute(
        sql!(
            "insert into idempotency_keys
                 (organization_id, actor_id, key, request, request_hash, created_at, status, headers, body)
             values ($1, $2, $3, 'page', '', $4, $5, $6, $7)"
        ),
        &[tx.org(), &user.uuid(), &key(answer), &tx.now(), &status, &json!({"sealed": true}), &sealed],
    )
    .await?;
    tx.commit().await
}

/// The answer that was kept for whoever asks; none where there is none for them (any more).
async fn again(app: &App, mut parts: Parts, answer: Uuid) -> Option<Response> {
    let Ok(visitor) = Visitor::from_request_parts(&mut parts, app).await else {
        return carried::shown(app, (&parts.headers, parts.uri.path()), answer);
    };
    let tx = visitor.read().await.ok()?;
    let user = visitor.actor().user()?.uuid();
    match found(&tx, user, answer).await {
        Ok(found) => {
            let (status, sealed) = found?;
            let html = String::from_utf8(seal::open(&app.key, purpose(user), &sealed).ok()?).ok()?;
            let cache = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            Some((status, [cache], Html(html)).into_response())
        }
        Err(error) => {
            tracing::warn!(%error, "an answer to a form could not be found");
            None
        }
    }
}

async fn found(tx: &Tx, user: Uuid, answer: Uuid) -> Result<Option<(StatusCode, Vec<u8>)>, Error> {
    let row = tx
        .optional(
            sql!(
                "select status, body, created_at from idempotency_keys
                 where organization_id = $1 and actor_id = $2 and key = $3 and request = 'page'"
            ),
            &[tx.org(), &user, &key(answer)],
        )
        .await?;
    Ok(row.filter(|row| tx.now().duration_since(row.get::<_, Timestamp>("created_at")) < LASTS).map(|row| {
        let status = u16::try_from(row.get::<_, i16>("status")).ok();
        (status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK), row.get("body"))
    }))
}

fn key(answer: Uuid) -> String {
    format!("page:{answer}")
}

fn purpose(user: Uuid) -> Purpose<'static> {
    Purpose { what: "answer to a form", whose: user }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_from_the_answer_in_it() {
        let answer = Uuid::from_u128(7);
        let of = |query: &str| asked(&format!("/acme/tickets{query}").parse().expect("an address"));
        let with = of(&format!("?status=open&answer={answer}&sort=held"));
        assert_eq!(with, Some((answer, "/acme/tickets?status=open&sort=held".parse().expect("an address"))));
        assert_eq!(of(&format!("?answer={answer}")), Some((answer, "/acme/tickets".parse().expect("an address"))));
        assert_eq!((of("?answers=1"), of("?answer=x"), of("")), (None, None, None));
    }
}
