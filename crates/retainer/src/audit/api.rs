//! Audit on the API.

use utoipa_axum::router::OpenApiRouter;

use crate::App;

/// The API routes of audit.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}
