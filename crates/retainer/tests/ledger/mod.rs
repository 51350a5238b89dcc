//! The ledger: its rules, PostgreSQL against the model, many at once, crashes.

mod concurrency;
mod crashes;
mod equivalence;
mod invariants;
mod postgres;
mod reads;
mod script;
mod upgrades;
mod verbs;
mod world;
