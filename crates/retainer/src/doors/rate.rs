//! How many requests a token may send, and what answers say of the limits that a request ran into: `RateLimit` and
//! `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers, and `Retry-After` with a 429.
//!
//! The count is in the memory of each server, so it costs no round trip, and with several servers a token may send as
//! many to each. The doors that a guesser would try count in the database instead (`people/limit.rs`).

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use kernel::id::SessionId;
use runtime::Error;

use crate::App;
use crate::people::limit;

/// The requests that a token may send in a minute when nobody says otherwise: more than one machine answers.
pub const USUAL: u32 = 600_000;
/// The span over which is counted, in microseconds.
const SPAN: i64 = 60_000_000;

runtime::refusals! {
    /// Why a request is put off.
    pub enum RateRefused {
        /// The token's requests of this minute are used up.
        TooFast { retry_after_seconds: i64, limit: String } => TooMany, "requests.too_many", "This token has sent too many requests. Send the next one in {retry_after_seconds} seconds.";
    }
}

/// What each token has sent lately.
#[derive(Debug)]
pub struct Rate {
    a_minute: u32,
    /// By session: when all that was sent would have been sent at an even pace (the generic cell rate algorithm).
    paced: moka::sync::Cache<SessionId, Arc<AtomicI64>>,
}

/// What is left after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Requests that may follow at once.
    pub requests: i64,
    /// Seconds until all of them may.
    pub seconds: i64,
}

impl Rate {
    /// So many requests a minute, all at once if they like; with 0 nothing is counted.
    pub fn new(a_minute: u32) -> Self {
        let paced = moka::sync::Cache::builder().max_capacity(100_000).time_to_idle(Duration::from_mins(2)).build();
        Self { a_minute, paced }
    }

    /// Counts one request; `None` when nothing is counted.
    ///
    /// # Errors
    /// [`RateRefused`].
    pub fn take(&self, session: SessionId, now: jiff::Timestamp) -> Result<Option<Left>, RateRefused> {
        if self.a_minute == 0 {
            return Ok(None);
        }
        let (now, step) = (now.as_microsecond(), SPAN / i64::from(self.a_minute));
        let pace = self.paced.get_with(session, Arc::default);
        let next = |paced: i64| Some(paced.max(now) + step).filter(|next| next - now <= SPAN);
        match pace.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next) {
            Ok(before) => {
                let ahead = before.max(now) + step - now;
                Ok(Some(Left { requests: (SPAN - ahead) / step, seconds: seconds(ahead) }))
            }
            Err(paced) => {
                let limit = self.policy();
                Err(RateRefused::TooFast { retry_after_seconds: seconds(paced + step - now - SPAN), limit })
            }
        }
    }

    fn policy(&self) -> String {
        format!("\"requests\";q={};w=60", self.a_minute)
    }
}

/// Whole seconds, rounded up, so that nobody comes too early.
const fn seconds(micros: i64) -> i64 {
    (micros + 999_999) / 1_000_000
}

/// What a request's answer is to say of its limit.
#[derive(Debug, Clone, Default)]
struct Noted(Arc<OnceLock<(String, String)>>);

/// Counts a request of a session and notes what its answer is to say.
///
/// # Errors
/// [`RateRefused`].
pub(super) fn count(app: &App, parts: &Parts, session: SessionId) -> Result<(), Error> {
    let left = app.rate.take(session, app.clock.now())?;
    if let (Some(left), Some(noted)) = (left, parts.extensions.get::<Noted>()) {
        let said = format!("\"requests\";r={};t={}", left.requests, left.seconds);
        let _first = noted.0.set((app.rate.policy(), said));
    }
    Ok(())
}

/// The middleware of the API: writes what was noted. A door that a guesser would try says its policies; what is left of
/// them is said by a refusal alone, because it depends on whom the request spoke of.
pub async fn tell(mut request: Request, next: Next) -> Response {
    let noted = Noted::default();
    request.extensions_mut().insert(noted.clone());
    let guarded: Vec<String> = limit::rates(request.uri().path()).iter().map(|rate| rate.policy()).collect();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if headers.contains_key(&POLICY) {
        return response;
    }
    let (mut policies, mut left) = (guarded, None);
    if let Some((policy, said)) = noted.0.get() {
        policies.push(policy.clone());
        left = Some(said.as_str());
    }
    let mut set = |name: &HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name.clone(), value);
        }
    };
    if !policies.is_empty() {
        set(&POLICY, &policies.join(", "));
    }
    if let Some(left) = left {
        set(&LEFT, left);
    }
    response
}

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::id::Id;

    fn at(second: i64) -> jiff::Timestamp {
        jiff::Timestamp::from_second(1_800_000_000 + second).expect("an instant")
    }

    fn session(number: u128) -> SessionId {
        SessionId::from_uuid(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn a_minutes_requests_may_come_at_once_and_then_at_an_even_pace() {
        let rate = Rate::new(6);
        for left in (0..6).rev() {
            let seconds = 60 - left * 10;
            assert_eq!(rate.take(session(1), at(0)), Ok(Some(Left { requests: left, seconds })));
        }
        let refused = rate.take(session(1), at(0)).expect_err("refused");
        assert_eq!(refused, RateRefused::TooFast { retry_after_seconds: 10, limit: "\"requests\";q=6;w=60".into() });
        assert!(rate.take(session(1), at(9)).is_err());
        assert_eq!(rate.take(session(1), at(10)), Ok(Some(Left { requests: 0, seconds: 60 })));
        assert_eq!(rate.take(session(2), at(10)), Ok(Some(Left { requests: 5, seconds: 10 })));
        assert_eq!(rate.take(session(1), at(1000)), Ok(Some(Left { requests: 5, seconds: 10 })));
    }

    #[test]
    fn what_is_refused_counts_for_nothing() {
        let rate = Rate::new(1);
        assert!(rate.take(session(1), at(0)).is_ok());
        assert!((0..60).all(|second| rate.take(session(1), at(second)).is_err()));
        assert!(rate.take(session(1), at(60)).is_ok());
    }

    #[test]
    fn with_zero_nothing_is_counted() {
        let rate = Rate::new(0);
        assert!((0..100).all(|_| rate.take(session(1), at(0)) == Ok(None)));
    }
}
