//! Notifications: what people are told, why, and through which channel.

pub mod api;
pub mod console;
