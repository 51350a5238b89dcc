//! Where new ids and other randomness come from, so that tests can make them reproducible.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kernel::Clock;
use kernel::id::Id;

/// Makes UUIDv7 ids in the order of the clock.
#[derive(Debug, Clone)]
pub struct Ids {
    clock: Clock,
    /// With a counter in place of randomness, ids are the same in every run.
    counter: Option<Arc<AtomicU64>>,
}

impl Ids {
    /// Random ids.
    pub const fn random(clock: Clock) -> Self {
        Self { clock, counter: None }
    }

    /// Ids counted from one.
    pub fn counted(clock: Clock) -> Self {
        Self { clock, counter: Some(Arc::new(AtomicU64::new(1))) }
    }

    /// A new id.
    pub fn next<T: Id>(&self) -> T {
        let millis = u64::try_from(self.clock.now().as_millisecond()).unwrap_or(0);
        let mut tail = [0u8; 10];
        match &self.counter {
            Some(counter) => tail[2..].copy_from_slice(&counter.fetch_add(1, Ordering::SeqCst).to_be_bytes()),
            None => rand::fill(&mut tail),
        }
        T::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid())
    }
}
