//! The pages of customers.

use axum::Router;

use crate::App;

/// The pages of customers.
pub fn routes() -> Router<App> {
    Router::new()
}
