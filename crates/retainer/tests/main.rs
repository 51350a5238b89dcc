//! The product's tests, each through a door.

mod customers;
mod duties;
mod ledger;
mod mail;
mod people;
mod plans;
mod transaction;
