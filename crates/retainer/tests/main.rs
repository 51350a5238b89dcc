//! The product's tests, each through a door.

mod people;
mod transaction;
