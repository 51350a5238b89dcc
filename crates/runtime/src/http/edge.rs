//! What every request passes: its id, its client's address, security headers, one log line.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue, header};
use uuid::Uuid;

use super::problem::Carried;
use crate::error::FaultKind;

/// The request's id, also in the `X-Request-Id` header of the answer.
#[derive(Debug, Clone, Copy)]
pub struct RequestId(pub Uuid);

/// The client's address, taken from the proxy's header only where a proxy is trusted.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub Option<IpAddr>);

/// Whether headers of a proxy in front are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proxy {
    /// The client's socket address counts.
    None,
    /// The last `X-Forwarded-For` address counts.
    Trusted,
}

tokio::task_local! {
    static CURRENT: Uuid;
}

/// The id of the request that is being served here, if one is.
pub fn current() -> Option<Uuid> {
    CURRENT.try_with(|id| *id).ok()
}

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The middleware around everything.
pub async fn pass(proxy: Proxy, mut request: Request, next: Next) -> Response {
    let started = std::time::Instant::now();
    let mut random = [0u8; 16];
    rand::fill(&mut random);
    let id = uuid::Builder::from_random_bytes(random).into_uuid();
    let peer = peer(&request, proxy);
    request.extensions_mut().insert(RequestId(id));
    request.extensions_mut().insert(Peer(peer));
    let (method, path) = (request.method().clone(), said(request.uri().path()));
    let mut response = CURRENT.scope(id, next.run(request)).await;
    let status = response.status().as_u16();
    let micros = started.elapsed().as_micros();
    if let Some(Carried(fault)) = response.extensions().get::<Carried>() {
        if fault.kind == FaultKind::Internal {
            tracing::error!(%id, %method, path, status, fault = format!("{:#}", fault.source), "a request failed");
        } else {
            tracing::warn!(%id, %method, path, status, fault = format!("{:#}", fault.source), "a request was put off");
        }
    } else {
        tracing::debug!(%id, %method, path, status, micros, "request");
    }
    finish(&mut response, id);
    response
}

/// A path as the log may have it: what is as long as a secret is left out.
fn said(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.len() > 40 { "…" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

fn finish(response: &mut Response, id: Uuid) {
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

fn peer(request: &Request, proxy: Proxy) -> Option<IpAddr> {
    let socket = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    if proxy == Proxy::None {
        return socket;
    }
    let forwarded = request.headers().get_all("x-forwarded-for").iter().next_back();
    let last = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    last.or(socket)
}
