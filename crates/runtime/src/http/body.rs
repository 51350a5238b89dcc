//! Reading requests: JSON bodies, query strings and path segments, each with a problem that says what to do.

use std::time::Duration;

use axum::extract::{FromRequest, FromRequestParts, RawQuery, Request};
use bytes::Bytes;
use http::request::Parts;
use http::{StatusCode, header};
use serde::de::DeserializeOwned;
use sha2::Digest;

use super::problem::{Halt, Problem};

/// The most bytes of a JSON body or form.
pub const MOST_BYTES: usize = 256 * 1024;

/// How long a client may take to send a whole body; the accept loop says it in the request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct BodyTime(pub Duration);

impl Default for BodyTime {
    fn default() -> Self {
        Self(Duration::from_secs(15))
    }
}

/// Waits for a body to be read, but not for ever: whoever sends a byte now and then would hold the connection.
///
/// # Errors
/// 408 when it took too long.
pub async fn in_time<T>(time: BodyTime, reading: impl Future<Output = T>) -> Result<T, Problem> {
    let too_slow = |_| {
        let detail = "The body took too long to arrive.";
        Problem::new(StatusCode::REQUEST_TIMEOUT, "request.too_slow", detail)
    };
    tokio::time::timeout(time.0, reading).await.map_err(too_slow)
}

/// A JSON body, with the fingerprint by which a replay is recognised.
#[derive(Debug, Clone)]
pub struct Body<T> {
    /// What was sent.
    pub input: T,
    /// SHA-256 of the bytes.
    pub hash: Vec<u8>,
}

/// A JSON body that may as well be left out: then all of it is as if not said.
#[derive(Debug, Clone)]
pub struct Loose<T>(pub Body<T>);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Loose<T> {
    type Rejection = Halt;

    async fn from_request(request: Request, state: &S) -> Result<Self, Halt> {
        if request.headers().contains_key(header::CONTENT_TYPE) {
            return Body::from_request(request, state).await.map(Self);
        }
        let NoBody { hash } = NoBody::from_request(request, state).await?;
        Ok(Self(Body { input: parse(b"{}")?, hash }))
    }
}

/// A request that carries nothing but its URL; an empty JSON object is taken as nothing.
#[derive(Debug, Clone)]
pub struct NoBody {
    /// SHA-256 of nothing.
    pub hash: Vec<u8>,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Halt;

    async fn from_request(request: Request, state: &S) -> Result<Self, Halt> {
        if !is_json(request.headers()) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "request.not_json",
                "Send JSON, with the header Content-Type: application/json.",
            )
            .into());
        }
        let bytes = read(request, state).await?;
        let input = parse(&bytes)?;
        Ok(Self { input, hash: sha2::Sha256::digest(&bytes).to_vec() })
    }
}

impl<S: Send + Sync> FromRequest<S> for NoBody {
    type Rejection = Halt;

    async fn from_request(request: Request, state: &S) -> Result<Self, Halt> {
        let bytes = read(request, state).await?;
        let text = bytes.trim_ascii();
        if text.is_empty() || text == b"{}" {
            return Ok(Self { hash: sha2::Sha256::digest(b"").to_vec() });
        }
        Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "request.unexpected_body", "This call takes no body.")
            .into())
    }
}

fn is_json(headers: &http::HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media == "application/json" || (media.starts_with("application/") && media.ends_with("+json"))
}

/// Reads a body of bounded size.
///
/// # Errors
/// 413 when it is larger, 408 when it takes too long, 400 when it breaks off.
pub async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Halt> {
    let too_large = || {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "request.too_large",
            format!("The body is larger than {} kB.", MOST_BYTES / 1024),
        )
    };
    let declared =
        request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > MOST_BYTES) {
        drain(request.into_body()).await;
        return Err(too_large().into());
    }
    let limited = request.map(|body| axum::body::Body::new(http_body_util::Limited::new(body, MOST_BYTES)));
    let time = limited.extensions().get::<BodyTime>().copied().unwrap_or_default();
    in_time(time, Bytes::from_request(limited, state)).await?.map_err(|rejection| {
        let status = rejection.into_response_status();
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            too_large().into()
        } else {
            Problem::new(StatusCode::BAD_REQUEST, "request.broken_off", "The body could not be read to its end.").into()
        }
    })
}

/// Reads a body that is not wanted, within bounds: a client that is cut off while it writes never sees the answer.
async fn drain(mut body: axum::body::Body) {
    use http_body_util::BodyExt;
    let all = async {
        let mut seen = 0;
        while let Some(Ok(frame)) = body.frame().await {
            seen += frame.data_ref().map_or(0, Bytes::len);
            if seen > 16 * MOST_BYTES {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(std::time::Duration::from_secs(2), all).await;
}

trait RejectionStatus {
    fn into_response_status(self) -> StatusCode;
}
impl RejectionStatus for axum::extract::rejection::BytesRejection {
    fn into_response_status(self) -> StatusCode {
        axum::response::IntoResponse::into_response(self).status()
    }
}

/// Tells a field that is null from one that is not there: `#[serde(default, deserialize_with = "given")]` on an
/// `Option<Option<T>>`.
///
/// # Errors
/// What the field's type refuses.
pub fn given<'de, T: serde::Deserialize<'de>, D: serde::Deserializer<'de>>(input: D) -> Result<Option<T>, D::Error> {
    T::deserialize(input).map(Some)
}

/// Parses JSON; the pointer of the value at fault is in the problem.
///
/// # Errors
/// 400 for what is not JSON, 422 for JSON that does not fit.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Halt> {
    let not_json = |detail: String| Problem::new(StatusCode::BAD_REQUEST, "request.bad_json", detail);
    let text = std::str::from_utf8(bytes).map_err(|_| not_json("The body is not UTF-8.".to_owned()))?;
    if holds_nul(text) {
        let detail = "Texts must not contain the NUL character (\\u0000).";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "request.nul", detail).into());
    }
    // serde would also read a struct from an array of its fields, which no document promises.
    if !text.trim_start().starts_with('{') {
        let detail = "must be an object";
        serde_json::from_str::<serde::de::IgnoredAny>(text)
            .map_err(|error| not_json(format!("The body is not JSON: {error}.")))?;
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "request.invalid", format!("The body {detail}."));
        return Err(problem.at("", detail).into());
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let mut pointer = pointer(error.path());
        let inner = error.into_inner();
        if inner.is_data() {
            let mut detail = sentence(&inner);
            // serde says of which struct, not where in the document.
            if let Some(name) = missing(&detail).map(str::to_owned) {
                pointer = format!("{}/{name}", pointer.trim_end_matches('/'));
                detail = "is missing".to_owned();
            }
            let said = format!("{} {detail}", if pointer.is_empty() { "The body" } else { &pointer });
            Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "request.invalid",
                format!("{}.", said.trim_end_matches('.')),
            )
            .at(pointer, detail)
        } else {
            not_json(format!("The body is not JSON: {inner}."))
        }
    })?;
    reader.end().map_err(|error| not_json(format!("Something follows the JSON: {error}.")))?;
    Ok(value)
}

/// Whether a string of the JSON holds NUL, which PostgreSQL cannot keep. JSON can only write it as an escape: `u0000` after
/// an odd number of backslashes; after an even number it is text about one.
fn holds_nul(text: &str) -> bool {
    text.match_indices("u0000").any(|(place, _)| {
        let before = text[..place].bytes().rev().take_while(|byte| *byte == b'\\').count();
        before % 2 == 1
    })
}

/// serde's message without the position, which the pointer already tells.
fn sentence(error: &serde_json::Error) -> String {
    let text = error.to_string();
    in_words(text.rsplit_once(" at line ").map_or(text.as_str(), |(head, _)| head))
}

/// What parsers say to programmers, as people say it.
fn in_words(detail: &str) -> String {
    if let Some((_, known)) = detail.strip_prefix("unknown variant `").and_then(|rest| rest.split_once("`, expected "))
    {
        return format!("must be {}", known.replace('`', ""));
    }
    let of_instants = ["failed to parse", "parsed value", "input is too short"];
    if of_instants.iter().any(|words| detail.contains(words)) && !detail.contains("JSON") {
        return "must be an instant such as 2026-11-20T09:00:00Z".to_owned();
    }
    detail.to_owned()
}

/// The name in serde's "missing field `name`".
fn missing(detail: &str) -> Option<&str> {
    detail.strip_prefix("missing field `")?.strip_suffix('`')
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter().fold(String::new(), |mut text, segment| {
        text.push('/');
        match segment {
            Segment::Seq { index } => text.push_str(&index.to_string()),
            Segment::Map { key } => text.push_str(&key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => text.push_str(variant),
            Segment::Unknown => text.push('?'),
        }
        text
    })
}

fn invalid_query(detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "request.invalid_query", detail)
}

/// The problem of a parameter that an operation does not have; `known` are those that it has.
pub fn unknown_parameter(name: &str, known: &[String]) -> Problem {
    let has = match known {
        [] => "It takes none.".to_owned(),
        known => format!("It takes {}.", known.join(", ")),
    };
    // A name is shown as it was sent, but no longer than names are.
    let short: String = name.chars().take(64).collect();
    let detail = format!("This address has no parameter {short}. {has}");
    invalid_query(detail).at(format!("/{short}"), "is no parameter of this address")
}

/// A page of a list has 1 to 100 items, whatever the list.
fn refuse_limit(query: &str) -> Result<(), Halt> {
    let limit = query.split('&').find_map(|pair| pair.strip_prefix("limit="));
    let is_good = limit.is_none_or(|limit| limit.parse::<u16>().is_ok_and(|limit| (1..=100).contains(&limit)));
    let detail = "must be a whole number from 1 to 100";
    if is_good {
        return Ok(());
    }
    Err(invalid_query(format!("The parameter limit {detail}.")).at("/limit", detail).into())
}

/// The query string; unknown names are refused where the type denies them.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Halt;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Halt> {
        let RawQuery(query) = RawQuery::from_request_parts(parts, state).await.unwrap_or(RawQuery(None));
        let query = query.unwrap_or_default();
        refuse_limit(&query)?;
        let reader = serde_html_form::Deserializer::from_bytes(query.as_bytes());
        serde_path_to_error::deserialize(reader).map(Self).map_err(|error| {
            let pointer = pointer(error.path());
            let detail = in_words(&error.into_inner().to_string());
            let name = pointer.trim_start_matches('/').to_owned();
            let whose = if name.is_empty() { "The query string".to_owned() } else { format!("The parameter {name}") };
            invalid_query(format!("{whose}: {detail}.")).at(pointer, detail).into()
        })
    }
}

fn nothing_there() -> Halt {
    Problem::new(StatusCode::NOT_FOUND, "request.not_found", "There is nothing at this address.").into()
}

/// What stands in the path, as words; bytes that are no words name nothing, so it is 404, as of any other address that there
/// is not. axum's own `Path` answers by itself, in plain text.
#[derive(Debug, Clone, Copy)]
pub struct Segments<T>(pub T);

#[expect(clippy::disallowed_types, reason = "here what axum answers is made an answer of ours")]
impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Segments<T> {
    type Rejection = Halt;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Halt> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(segments)| Self(segments)).map_err(|_| nothing_there())
    }
}

/// The last typed segment of the path; one that cannot be parsed names nothing, so it is 404.
#[derive(Debug, Clone, Copy)]
pub struct At<T>(pub T);

impl<S: Send + Sync, T: std::str::FromStr> FromRequestParts<S> for At<T> {
    type Rejection = Halt;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Halt> {
        let Segments(segments) = Segments::<Vec<(String, String)>>::from_request_parts(parts, state).await?;
        let own = segments.iter().rev().find(|(name, _)| name != "organization");
        let (_, text) = own.ok_or_else(nothing_there)?;
        text.parse().map(Self).map_err(|_| nothing_there())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        #[derive(Debug, serde::Deserialize)]
        #[expect(dead_code, reason = "only read")]
        struct Wish {
            title: String,
        }
        let halt = parse::<Wish>(b"{}").expect_err("nothing is there");
        let (problem, _) = halt.into_problem().expect("a problem");
        assert_eq!(problem.detail, "/title is missing.");
        assert_eq!(problem.errors[0].pointer, "/title");
    }

    #[test]
    fn a_page_has_one_to_a_hundred_items() {
        assert!(refuse_limit("after=x&limit=100").is_ok());
        for bad in ["limit=0", "limit=101", "limit=", "a=b&limit=-1"] {
            assert!(refuse_limit(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nul_is_told_from_text_about_it() {
        assert!(holds_nul(r#"{"a": "b\u0000c"}"#));
        assert!(!holds_nul(r#"{"a": "b\\u0000c", "u0000": 1}"#));
    }
}
