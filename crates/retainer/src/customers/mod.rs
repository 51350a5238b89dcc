//! A customer is who buys from an organization: a person or a company. It may have users, who see the portal.
//!
//! 1. Tickets, subscriptions, invoices and balances belong to a customer, never to a user.
//! 2. A customer is never removed while money or ledger rows speak of it; it is archived, or anonymised on demand.
//! 3. Two living customers never share an address.
//!
//! Read [`add()`] first.

mod add;
mod anonymise;
pub mod api;
mod archive;
mod change;
pub mod console;
mod customer;
pub mod find;
mod forget_users;
pub mod overview;

pub use add::{Add, AddRefused, add};
pub use anonymise::anonymise;
pub use archive::{ArchiveRefused, archive, restore};
pub use change::{Change, ChangeRefused, change};
pub use customer::Customer;
pub use find::FindRefused;
