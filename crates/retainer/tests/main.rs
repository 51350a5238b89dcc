//! The product's tests, each through a door.

mod ledger;
mod people;
mod transaction;
