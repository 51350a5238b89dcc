//! A sentence that survives one redirect, in a cookie that lives for a moment: "Ticket opened."

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, header};

use crate::App;

const COOKIE: &str = "retainer_flash";
/// More does not fit well into a cookie, nor into a line.
const MOST_CHARACTERS: usize = 300;

/// The header that hands a sentence to the next page.
pub(crate) fn set(app: &App, slug: &str, sentence: &str) -> String {
    let short: String = sentence.chars().take(MOST_CHARACTERS).collect();
    super::cookies::written(app, (COOKIE, &hex::encode(short)), slug, 20)
}

/// The sentence that the last page handed over.
pub(super) fn get(headers: &HeaderMap) -> Option<String> {
    let bytes = hex::decode(super::cookies::named(headers, COOKIE)?).ok()?;
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

/// The middleware that takes the sentence away once a page has shown it.
pub async fn forget(State(app): State<App>, request: Request, next: Next) -> Response {
    let has_one = super::cookies::named(request.headers(), COOKIE).is_some();
    let slug = request.uri().path().split('/').nth(1).unwrap_or_default().to_owned();
    let mut response = next.run(request).await;
    let media = response.headers().get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok());
    let is_page = media.is_some_and(|media| media.starts_with("text/html"));
    if has_one && is_page && !response.status().is_redirection() {
        let gone = HeaderValue::from_str(&super::cookies::written(&app, (COOKIE, ""), &slug, 0));
        if let Ok(gone) = gone {
            response.headers_mut().append(header::SET_COOKIE, gone);
        }
    }
    response
}
