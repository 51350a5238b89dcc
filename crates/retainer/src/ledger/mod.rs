//! The ledger: everything prepaid.

pub mod api;
pub mod console;
