//! The pages of billing.

mod list;

use axum::Router;

use crate::App;

pub use list::{Names, invoice_table};

/// The pages of billing.
pub fn routes() -> Router<App> {
    Router::new()
}
