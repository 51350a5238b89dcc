//! The pages of tickets.

use axum::Router;

use crate::App;

/// The pages of tickets.
pub fn routes() -> Router<App> {
    Router::new()
}
