//! Whoever sends a request, before it is known who they are.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use http::header;
use http::request::Parts;
use runtime::http::Peer;

/// Longer ones are cut off; nobody needs the rest.
const MOST_LETTERS: usize = 300;

/// Where they are and what they use.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// Their network address.
    pub address: Option<IpAddr>,
    /// What their program calls itself.
    pub agent: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let address = parts.extensions.get::<Peer>().and_then(|peer| peer.0);
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let agent = agent.map(|agent| agent.chars().take(MOST_LETTERS).collect());
        Ok(Self { address, agent })
    }
}
