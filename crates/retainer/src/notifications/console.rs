//! The pages of notifications.

use axum::Router;

use crate::App;

/// The pages of notifications.
pub fn routes() -> Router<App> {
    Router::new()
}
