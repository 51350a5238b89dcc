//! Plans: what is sold, under one name, in immutable versions.

pub mod api;
pub mod console;
