//! The product's tests, each through a door.

mod architecture;
mod balances;
mod browser;
mod customers;
mod duties;
mod ledger;
mod mail;
mod money;
mod notifications;
mod people;
mod plans;
mod schema;
mod sql;
mod tickets;
mod transaction;
