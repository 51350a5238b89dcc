//! The pages of billing.

use axum::Router;

use crate::App;

/// The pages of billing.
pub fn routes() -> Router<App> {
    Router::new()
}
