//! Billing: invoices, payments, refunds, top-ups.

pub mod api;
pub mod console;
