//! The audit trail: who changed what, when, from where, with the state before and after.
//!
//! 1. Every verb that changes anything records it, in its own transaction.
//! 2. Entries are never altered or removed; the application has no right to.
//!
//! Written by [`runtime::Tx::record`]; read by [`find::list`].

pub mod api;
mod changes;
pub mod console;
mod entry;
pub mod find;
mod words;

pub use entry::{AuditEntry, Subject};
