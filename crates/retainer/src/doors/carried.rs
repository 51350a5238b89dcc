//! What a guest's form is answered with. Their own browser carries it, sealed, to the address that it is led to: a stranger
//! could fill any storage of ours with it.
//!
//! So what is answered to whoever is not signed in can be reloaded and come back to as well ([`super::answered`]). The browser
//! carries the last answer of a page only; to an older one the page itself is shown.

use std::io::{Read, Write};
use std::sync::LazyLock;

use axum::response::{Html, IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use runtime::Error;
use runtime::seal::{self, Purpose};
use uuid::Uuid;

use super::answered::{LASTS, address_with};
use super::cookies;
use super::origin::carries_its_own_proof;
use crate::App;
use crate::pages::icons::symbols;
use crate::pages::parts::{currencies, zones};

/// The cookie.
const CARRIED: &str = "retainer_answer";
/// How long it may be, its attributes included: browsers take 4 kB, and so do many a proxy for the whole head of an answer.
/// What does not fit is answered at once.
const MOST: usize = 3_000;
/// What a page may unfold to; one of ours is a tenth of it.
const WIDEST: u64 = 1024 * 1024;

/// What begins each mark that stands for a long part.
const MARK: char = '\u{e000}';

/// Leads a browser to the answer; gives the answer itself back where it cannot be carried.
pub(super) fn carry(app: &App, sent: &Parts, status: StatusCode, page: &[u8]) -> Option<Response> {
    // Neither programs, which say no origin, nor mail programs that unsubscribe (RFC 8058) are to be led elsewhere.
    let path = sent.uri.path();
    let is_browsers = sent.headers.contains_key(header::ORIGIN) && !carries_its_own_proof(path);
    // Two slashes would lead to another host.
    if !is_browsers || path.starts_with("//") || !path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';') {
        return None;
    }
    let mut random = [0u8; 16];
    rand::fill(&mut random);
    let answer = Uuid::from_bytes(random);
    let value = match sealed(app, (answer, path), status, page) {
        Ok(Some(value)) => value,
        Ok(None) => return None,
        Err(error) => {
            tracing::warn!(%error, "an answer to a guest's form could not be sealed");
            return None;
        }
    };
    let seconds = u32::try_from(LASTS.as_secs()).unwrap_or_default();
    let cookie = cookies::written(app, (CARRIED, &value), path.trim_start_matches('/'), seconds);
    if cookie.len() > MOST {
        return None;
    }
    let to = address_with(&sent.uri.to_string(), answer);
    let mut response = Redirect::to(&to).into_response();
    response.headers_mut().insert(header::SET_COOKIE, HeaderValue::from_str(&cookie).ok()?);
    Some(response)
}

/// Lets go of what was carried for a form that is done.
pub(super) fn let_go(app: &App, sent: &Parts, response: &mut Response) {
    if cookies::named(&sent.headers, CARRIED).is_some()
        && let Ok(cookie) =
            HeaderValue::from_str(&cookies::written(app, (CARRIED, ""), sent.uri.path().trim_start_matches('/'), 0))
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// The answer that a browser carries; none where it is another one, another page's, or too old.
pub(super) fn shown(app: &App, (headers, path): (&HeaderMap, &str), answer: Uuid) -> Option<Response> {
    let open = |value: &str| seal::open(&app.key, purpose(answer), &URL_SAFE_NO_PAD.decode(value).ok()?).ok();
    let opened = cookies::all_named(headers, CARRIED).find_map(open)?;
    let (at, rest) = opened.split_first_chunk::<8>()?;
    let (status, folded) = rest.split_first_chunk::<2>()?;
    let at = Timestamp::from_second(i64::from_be_bytes(*at)).ok()?;
    if app.clock.now().duration_since(at) >= LASTS {
        return None;
    }
    let mut whole = String::new();
    DeflateDecoder::new(folded).take(WIDEST).read_to_string(&mut whole).ok()?;
    let mut page = whole.strip_prefix(path)?.strip_prefix('\0')?.to_owned();
    for (part, mark) in PARTS.iter() {
        page = page.replacen(mark, part, 1);
    }
    let status = StatusCode::from_u16(u16::from_be_bytes(*status)).ok()?;
    Some((status, [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Html(page)).into_response())
}

/// None where somebody typed what stands for a long part: it would unfold to as many of them.
fn sealed(app: &App, (answer, path): (Uuid, &str), status: StatusCode, page: &[u8]) -> Result<Option<String>, Error> {
    let mut page = String::from_utf8_lossy(page).into_owned();
    if page.contains(MARK) {
        return Ok(None);
    }
    for (part, mark) in PARTS.iter() {
        page = page.replacen(part, mark, 1);
    }
    let mut plain = app.clock.now().as_second().to_be_bytes().to_vec();
    plain.extend(status.as_u16().to_be_bytes());
    let mut folding = DeflateEncoder::new(plain, Compression::best());
    folding.write_all(format!("{path}\0{page}").as_bytes()).map_err(Error::unavailable)?;
    let plain = folding.finish().map_err(Error::unavailable)?;
    Ok(Some(URL_SAFE_NO_PAD.encode(seal::seal(&app.key, purpose(answer), &plain)?)))
}

/// Long parts that are the same on all pages, with what stands for each of them.
static PARTS: LazyLock<[(String, &str); 3]> = LazyLock::new(|| {
    [
        (zones().into_string(), "\u{e000}zones"),
        (currencies().into_string(), "\u{e000}currencies"),
        (symbols().into_string(), "\u{e000}symbols"),
    ]
});

fn purpose(answer: Uuid) -> Purpose<'static> {
    Purpose { what: "answer to a guest's form", whose: answer }
}
