//! The pages of audit.

use axum::Router;

use crate::App;

/// The pages of audit.
pub fn routes() -> Router<App> {
    Router::new()
}
