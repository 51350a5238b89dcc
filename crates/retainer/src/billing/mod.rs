//! Money: payments that settle invoices, refunds, and units that are sold once.
//!
//! 1. A payment settles the whole of one invoice, once; what the invoice's lines bought is granted with it, in the same
//!    transaction.
//! 2. A payment that is given back in full takes back what it bought, and nothing that another payment bought: unused units
//!    go, used ones become debt.
//! 3. Revenue is payments less refunds, each at its own time; nothing is ever rewritten.
//!
//! 4. Locks are taken in one order: customer, subscription, invoice, allowance account, the counter of invoice numbers,
//!    new rows. What settles an invoice and what renews a subscription of the same customer wait for each other; they
//!    never deadlock. A sale keeps its customer from being archived until it is done.
//!
//! A payment knows how it came; providers of cards have their columns ready and no other word yet than `manual`.
//! Read [`pay()`] first.

pub mod api;
pub mod console;
pub mod find;
mod pay;
mod refund;
pub mod standing;
mod top_up;
mod void;

pub use pay::{PaidFor, Pay, PayRefused, pay};
pub use refund::{GiveBack, GivenBack, RefundRefused, refund};
pub use top_up::{Payment, Sold, TopUp, TopUpRefused, sell_top_up};
pub use void::void_invoice;
