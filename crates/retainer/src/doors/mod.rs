//! Doors: how a request becomes an actor and a transaction.

pub mod answered;
pub mod api;
pub mod caller;
mod carried;
pub mod cookies;
pub mod flash;
pub mod guest;
pub mod jobs;
pub mod kept;
pub mod lost;
mod once;
pub mod openapi;
pub mod origin;
pub mod page;
pub mod parameters;
pub mod rate;
pub mod upload;

pub use api::{Door, Write};
pub use caller::Caller;
pub use guest::{Asked, Guest};
pub use page::{PageHalt, PageWrite, Visitor};
