//! Finding anything by what one remembers of it: words, a number, a name.
//!
//! 1. One line says it all: words are looked for in tickets, customers and invoices; `status:pending`, `priority:high`,
//!    `customer:berg`, `tag:printer`, `assignee:me` and `assignee:none` narrow it down to tickets.
//! 2. Nobody finds what they may not read: a customer's users find their own tickets and invoices, by public words only.
//! 3. What was not understood is said, never ignored.
//!
//! What is typed is read by [`crate::tickets::asked`]; read that first, then [`find`].

pub mod api;
pub mod console;
pub mod find;
