//! The end of an organization: asked for by an owner, thirty days to think again, then everything of it is removed.
//!
//! 1. Only an owner (or the host, on the command line) asks for the end, and says by the organization's own word which; an
//!    owner gives their password once more.
//! 2. While it closes, nothing of the business changes: no tickets, sign-ups, renewals, reminders, mails about work.
//!    People still sign in, read everything, look after their own account, and owners and the host export it.
//! 3. An owner keeps it with one click, up to the last moment; it goes on where it was.
//! 4. Owners are told at once, seven days before and one day before.
//! 5. After that nothing of it is left in any table but one row that says that there was something; people who belong
//!    nowhere else go with it, and its word is free again.
//! 6. A removal that is cut off goes on where it stopped, and touches no other organization.
//!
//! Read [`ask()`] first, then [`keep()`] and [`remove()`].

pub mod api;
mod ask;
pub mod console;
pub mod jobs;
mod keep;
mod mails;
mod remind;
mod remove;
mod rules;

pub use ask::{Ask, AskRefused, ask, require_password};
pub use keep::keep;
pub use remind::remind;
pub use remove::{remove, take_turn};
pub use rules::require_still;
