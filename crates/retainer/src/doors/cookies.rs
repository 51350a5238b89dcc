//! The cookies of pages, valid below the organization's address only, and over TLS only where that is how people come.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, header};
use uuid::Uuid;

use super::kept::WHO;
use crate::App;

/// The cookie that holds a browser's session token.
const SESSION: &str = "retainer_session";
/// How long a browser keeps it from its last use, as the session itself lives.
const SESSION_SECONDS: u32 = 60 * 60 * 24 * 14;
/// How long a browser remembers whose it was: longer than the session, for whoever comes back after it.
const WHO_SECONDS: u32 = 60 * 60 * 24 * 60;

/// Whether the session of a request lives on from here, so that its cookie must, too.
#[derive(Debug, Clone, Default)]
pub struct Renewal(Arc<Asked>);

#[derive(Debug, Default)]
struct Asked {
    renews: AtomicBool,
    /// Whose browser it is.
    who: OnceLock<Uuid>,
}

impl Renewal {
    /// Asks for the cookie to be sent again.
    pub(super) fn ask(&self) {
        self.0.renews.store(true, Ordering::Relaxed);
    }

    /// Says whose browser it is.
    pub(super) fn is_of(&self, who: Uuid) {
        let _already_said = self.0.who.set(who);
    }
}

/// The middleware that sends the session's cookie again when the session was prolonged.
pub async fn renew(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let Some(token) = session(request.headers()).map(str::to_owned) else { return next.run(request).await };
    let slug = request.uri().path().split('/').nth(1).unwrap_or_default().to_owned();
    let known = named(request.headers(), WHO).and_then(|who| who.parse::<Uuid>().ok());
    let renewal = Renewal::default();
    request.extensions_mut().insert(renewal.clone());
    let mut response = next.run(request).await;
    if renewal.0.renews.load(Ordering::Relaxed)
        && !sets_session(response.headers())
        && let Ok(cookie) = HeaderValue::from_str(&set_session(&app, &slug, &token))
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    if let Some(who) = renewal.0.who.get().filter(|who| known != Some(**who))
        && let Ok(cookie) = HeaderValue::from_str(&written(&app, (WHO, &who.to_string()), &slug, WHO_SECONDS))
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Whether an answer says itself what becomes of the session's cookie: signing out does.
fn sets_session(headers: &HeaderMap) -> bool {
    let mut set = headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    set.any(|cookie| cookie.starts_with(SESSION))
}

/// The session token of the cookie.
pub(crate) fn session(headers: &HeaderMap) -> Option<&str> {
    named(headers, SESSION)
}

/// The value of any cookie.
pub(super) fn named<'a>(headers: &'a HeaderMap, name: &'a str) -> Option<&'a str> {
    all_named(headers, name).next()
}

/// The values of all cookies of a name: each may be of another path.
pub(super) fn all_named<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(';')).filter_map(move |pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// The header that sets or, with an empty token, removes the session's cookie.
pub fn set_session(app: &App, slug: &str, token: &str) -> String {
    written(app, (SESSION, token), slug, if token.is_empty() { 0 } else { SESSION_SECONDS })
}

/// The header that sets a cookie for so many seconds.
pub(super) fn written(app: &App, (name, value): (&str, &str), slug: &str, seconds: u32) -> String {
    let secure = if app.public_url.starts_with("https:") { "; Secure" } else { "" };
    format!("{name}={value}; Path=/{slug}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}
