//! Doors: how a request becomes an actor and a transaction.

pub mod api;
pub mod openapi;
pub mod page;

pub use api::{Door, Write};
pub use page::{PageHalt, Visitor};
