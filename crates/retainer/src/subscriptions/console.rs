//! The pages of subscriptions.

use axum::Router;

use crate::App;

/// The pages of subscriptions.
pub fn routes() -> Router<App> {
    Router::new()
}
