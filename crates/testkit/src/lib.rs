//! Test support: a running server on a database of its own, and people who talk to it.
//!
//! `TestApp::start()` clones a migrated template database, serves on port 0 with a clock that stands still, and sets up
//! Acme with its owner Olga. Further actors are added with [`TestApp::member`].

mod actor;
mod app;
mod browser;
mod customers;
pub mod database;
mod leftovers;
mod letters;
mod reader;
mod smtp;
mod snapshot;

pub use actor::{Actor, Answer};
pub use app::{PASSWORD, Setup, TestApp, at};
pub use browser::{Browser, Screen, Scripts};
pub use reader::{PageAnswer, Reader};
pub use smtp::{FakeSmtp, Received};
pub use snapshot::{snapshot, uncovered};
