//! Tickets: work that customers ask for and that uses their hours.

pub mod api;
pub mod console;
