//! The product's tests, each through a door.

mod architecture;
mod balances;
mod browser;
mod connections;
mod customers;
mod doors;
mod duties;
mod hostile;
mod ledger;
mod looks;
mod mail;
mod money;
mod notifications;
mod openapi;
mod pages_money;
mod people;
mod plans;
mod schema;
mod set_up;
mod sql;
mod tickets;
mod transaction;
mod world;
