//! Links that show a customer's balance to whoever has them, without signing in.
//!
//! 1. Only the hash of what stands in a link is kept; the link itself is shown once, to whoever made it.
//! 2. A link shows the balance and why it is so, with tickets by their numbers, and nothing else.
//! 3. A link ends when it is revoked, when its time is over, and when its customer is archived or forgotten.
//! 4. Customers make and revoke links to their own balance, staff who may change customers to anybody's.

pub mod api;
pub mod console;
pub mod find;
mod link;
mod make;
mod open;
mod revoke;

pub use link::{BalanceLink, MadeLink};
pub use make::{Make, MakeRefused, make};
pub use open::{Opened, open};
pub use revoke::{RevokeRefused, revoke};
