//! An organization is a business that sells its time: the tenant. Everything else belongs to one.
//!
//! 1. Its id is the `organization_id` of all its rows; nothing of it is visible from another organization.
//! 2. Its slug, the word in its URLs, is unique in the installation.
//! 3. Its zone decides what a day and a month are; its currency, what prices are written in.
//!
//! Read [`create()`] first.

pub mod api;
mod change;
pub mod console;
mod create;
pub mod find;
mod open;
mod organization;

pub use change::{Change, ChangeRefused, change};
pub use create::{Create, CreateRefused, create};
pub use open::{ClosingRefused, require_open};
pub use organization::{DaysToPay, Organization, SignUpMode, Slug, TimeIncrement, Zone};
