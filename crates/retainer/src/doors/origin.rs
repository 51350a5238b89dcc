//! A form counts only when one of our own pages sent it: browsers say where a request comes from, and no other site can
//! make them say otherwise.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, header};
use runtime::http::{Halt, Problem};

use super::PageHalt;

/// The middleware that refuses forms from elsewhere. The API has no cookies and needs none of this.
pub async fn own_forms_only(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let path = request.uri().path();
    if reads || path.starts_with("/api/") || carries_its_own_proof(path) || is_own(request.headers()) {
        return next.run(request).await;
    }
    let problem = Problem::new(
        StatusCode::FORBIDDEN,
        "request.foreign_origin",
        "This form was sent from another site. Open the page here and try again.",
    );
    PageHalt::from(Halt::from(problem)).into_response()
}

/// Links of mails, which mail programs POST to from wherever they are: `/acme/unsubscribe/…`. The link alone decides, and
/// no cookie is looked at.
pub(super) fn carries_its_own_proof(path: &str) -> bool {
    path.split('/').nth(2) == Some("unsubscribe")
}

fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match text(header::HeaderName::from_static("sec-fetch-site")) {
        Some(site) => matches!(site, "same-origin" | "none"),
        // Older browsers send only the origin; programs send neither, and have no cookie that somebody could abuse.
        None => text(header::ORIGIN).is_none_or(|origin| {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == text(header::HOST)
        }),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn own(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers =
            pairs.iter().map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value)));
        is_own(&headers.collect())
    }

    #[test]
    fn only_forms_of_our_own_pages_count() {
        assert!(own(&[("host", "a.example"), ("origin", "https://a.example")]));
        assert!(own(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(own(&[("host", "a.example")]));
        assert!(!own(&[("host", "a.example"), ("origin", "https://evil.example")]));
        assert!(!own(&[("host", "a.example"), ("origin", "null")]));
        assert!(!own(&[("sec-fetch-site", "same-site"), ("origin", "https://b.a.example"), ("host", "a.example")]));
        assert!(!own(&[("sec-fetch-site", "cross-site")]));
    }
}
