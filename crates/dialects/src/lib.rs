//! The documented systems that Retainer takes over from: bringing their data in, and showing ours under their names.
//!
//! What all of them need is in one place; a dialect is a mapping.

pub mod consulting;
pub mod import;
