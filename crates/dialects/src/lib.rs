//! The documented systems that Retainer takes over from: bringing their data in, and showing ours under their names.
//!
//! What all of them need is in one place; a dialect is a mapping.

pub mod consulting;
pub mod import;

use runtime::migrate::{Migration, Migrations};

/// All that makes up the schema of a Retainer database: the product's own, and a contract a dialect.
pub const MIGRATIONS: Migrations = Migrations {
    numbered: retainer::schema::MIGRATIONS.numbered,
    repeatable: &[
        retainer::schema::MIGRATIONS.repeatable[0],
        &[Migration { name: "consulting/contract", text: consulting::CONTRACT }],
    ],
};
