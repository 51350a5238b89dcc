//! The pages of ledger.

use axum::Router;

use crate::App;

/// The pages of ledger.
pub fn routes() -> Router<App> {
    Router::new()
}
