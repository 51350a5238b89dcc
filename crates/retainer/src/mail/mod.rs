//! Mail leaves through a durable queue: a verb writes it in its own transaction, a job delivers it, again and again
//! until it is through. Without an SMTP server it stays in the outbox, where staff read it.
//!
//! 1. A mail exists exactly if the transaction that wrote it committed.
//! 2. A mail is handed to the SMTP server at least once, and at most once unless the server's answer was lost.
//! 3. Every mail says why it was sent.
//!
//! Read [`send()`] first.

pub mod api;
pub mod console;
mod send;

pub use send::{Letter, Secrecy, send};
