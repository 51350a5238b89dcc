//! Notifications: what people are told, why, and through which channel.
//!
//! 1. Nobody is told of what they did themselves.
//! 2. Everybody is told why they are told.
//! 3. Several unread notifications of one conversation are one, with a count.
//! 4. Who has switched a kind off for a channel is not told of it there; without a preference they are told.
//! 5. A notification belongs to one user and is shown to nobody else.
//!
//! A verb asks [`audience()`] who is to be told, together with its other reads, and calls [`tell()`] when it writes.

pub mod api;
mod audience;
pub mod console;
pub mod find;
mod notification;
mod prefer;
mod read;
mod stop;
mod tell;
mod unsubscribe;

pub use audience::{Audience, Recipient, audience};
pub use notification::{Channel, Kind, Notification, Preference};
pub use prefer::prefer;
pub use read::{read, read_about, read_all};
pub use stop::stop_mails;
pub use tell::{News, day, tell};
