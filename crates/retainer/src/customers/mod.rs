//! A customer is who buys from an organization: a person or a company. It may have users, who see the portal.
//!
//! 1. Tickets, subscriptions, invoices and balances belong to a customer, never to a user.
//! 2. A customer is never removed while money or ledger rows speak of it; it is archived, or anonymised on demand.
//! 3. Two living customers never share an address.
//! 4. An archived customer has no running plan and no open ticket, and gets none: who starts, changes or takes up a plan or
//!    sells a top-up keeps the customer ([`keep()`]) from being archived until that is done.
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
mod forget_files;
mod forget_users;
mod keep;
pub mod overview;

pub use add::{Add, AddRefused, add};
pub use anonymise::anonymise;
pub use archive::{ArchiveRefused, archive, restore};
pub use change::{Change, ChangeRefused, change};
pub use customer::Customer;
pub use find::FindRefused;
pub use keep::keep;
