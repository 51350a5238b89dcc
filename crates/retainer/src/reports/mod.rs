//! Reports: the figures an owner looks at, each from its own rows, with the organization's months.
//!
//! 1. Revenue of a month is what was received in it less what was given back in it, by currency; sums never mix them.
//! 2. A plan counts for every customer whose subscription to it is alive; MRR counts active and past-due ones, by price.
//! 3. Hours sold, used and expired are told from the ledger's entries; held and left are the balances of now.
//! 4. A statement adds up: what was there + what came − what went = what is there.
//!
//! Read [`revenue`] first.

pub mod api;
pub mod console;
pub mod hours;
pub mod months;
pub mod plans;
pub mod revenue;
pub mod rows;
pub mod statement;
pub mod tickets;
