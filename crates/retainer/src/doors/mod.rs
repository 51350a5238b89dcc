//! Doors: how a request becomes an actor and a transaction.

pub mod api;
pub mod cookies;
pub mod flash;
pub mod jobs;
pub mod lost;
pub mod openapi;
pub mod origin;
pub mod page;
pub mod rate;

pub use api::{Door, Write};
pub use page::{PageHalt, PageWrite, Visitor};
