//! The machinery of Retainer, without any business meaning.
//!
//! Read in this order: [`tx`] (how everything reaches the database), [`error`] (refusals and faults), [`http`] (the
//! edge), [`migrate`], [`jobs`].

mod access;
pub mod carry;
mod change;
pub mod columns;
pub mod db;
pub mod error;
pub mod files;
pub mod http;
pub mod ids;
pub mod jobs;
pub mod listen;
pub mod live;
pub mod migrate;
pub mod postgres;
pub mod refusals;
pub mod role;
pub mod seal;
pub mod secret;
pub mod smtp;
pub mod turn;
pub mod tx;

pub use change::{Change, record_apart};
pub use columns::Columns;
pub use db::Database;
pub use error::{Error, Fault, OnConstraint};
pub use tx::{Scope, Tx};

#[doc(hidden)]
pub use serde_json;

/// Marks a piece of SQL. It changes nothing; a test finds every marked statement, prepares it on the migrated database
/// as the application's role and compares its types with a snapshot.
#[macro_export]
macro_rules! sql {
    ($text:literal) => {
        $text
    };
}
