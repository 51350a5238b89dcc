//! An invoice is a bill: a number, lines, and a state.
//!
//! 1. Numbers have no gaps within an organization and year; a number is given when the invoice opens.
//! 2. open → paid → refunded, or open → void. Nothing goes back.
//! 3. What a line bought is granted when, and only when, its invoice is paid (`billing`).
//!
//! 4. A customer's users are told when an invoice is issued, paid and overdue: each once.
//!
//! Below `subscriptions`, which opens invoices for its periods, and `billing`, which takes payments for them.

pub mod find;
mod invoice;
pub mod jobs;
pub mod listing;
mod news;
mod open;
mod remind;
mod settle;

pub use invoice::{Invoice, InvoiceState, Line, LineKind};
pub use listing::{InvoiceOrder, InvoiceStage};
pub use open::{Bought, CostRefused, Due, Open, cost, nothing, open};
pub use settle::{SettleRefused, lock, mark_paid, mark_refunded, mark_void, must_be_open, tell_paid, tell_refunded};
