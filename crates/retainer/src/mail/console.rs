//! The pages of mail.

use axum::Router;

use crate::App;

/// The pages of mail.
pub fn routes() -> Router<App> {
    Router::new()
}
