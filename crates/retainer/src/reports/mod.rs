//! Reports: the figures an owner looks at.

pub mod api;
pub mod console;
