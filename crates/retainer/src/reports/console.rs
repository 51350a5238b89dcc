//! The pages of reports.

use axum::Router;

use crate::App;

/// The pages of reports.
pub fn routes() -> Router<App> {
    Router::new()
}
