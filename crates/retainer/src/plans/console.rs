//! The pages of plans.

use axum::Router;

use crate::App;

/// The pages of plans.
pub fn routes() -> Router<App> {
    Router::new()
}
