//! Subscriptions: a customer's running plan, granted period by period.

pub mod api;
pub mod console;
