//! The product's tests, each through a door.

mod duties;
mod ledger;
mod people;
mod transaction;
