//! A fresh installation is set up through a single-use link that its first start prints.
//!
//! 1. The link is good for an hour, and a new one is printed at every start until one was used; only the newest works.
//! 2. It makes one organization with one owner, whole or not at all.
//! 3. Once an organization exists, however it came to be, there is no link.
//!
//! Read [`set_up()`] first.

pub mod console;
mod link;
mod perform;

pub use link::{is_fresh, is_good, issue_setup_link};
pub use perform::{Catalogue, SetUp, SetUpRefused, set_up};
