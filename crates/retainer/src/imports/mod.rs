//! What imports brought in: their runs, and the rows that needed a decision. Imports themselves are the `dialects`
//! crate's; what they leave behind is the organization's to read.
//!
//! 1. Every source row is kept as it was, also one that became nothing here.
//! 2. What was decided about a row is a word; its sentence stands with the run that decided it.

pub mod api;
pub mod console;
pub mod find;

pub use find::{Became, ImportRun, ImportedKind, ImportedRow, ImportedRows};
