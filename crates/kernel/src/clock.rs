//! The one source of `now`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Tells the time; cloned freely, all clones agree.
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The machine's clock.
    pub const fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still until a test moves it.
    pub fn standing_at(now: jiff::Timestamp) -> Self {
        Self(Some(Arc::new(AtomicI64::new(now.as_microsecond()))))
    }

    /// Moves a standing clock; the machine's clock cannot be moved and stays.
    pub fn set(&self, now: jiff::Timestamp) {
        if let Some(standing) = &self.0 {
            standing.store(now.as_microsecond(), Ordering::SeqCst);
        }
    }

    /// The present instant, in whole microseconds as PostgreSQL keeps it.
    pub fn now(&self) -> jiff::Timestamp {
        let micros = match &self.0 {
            Some(standing) => standing.load(Ordering::SeqCst),
            #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
            None => jiff::Timestamp::now().as_microsecond(),
        };
        jiff::Timestamp::from_microsecond(micros).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}
