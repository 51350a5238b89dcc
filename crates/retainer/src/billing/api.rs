//! Billing on the API.

use utoipa_axum::router::OpenApiRouter;

use crate::App;

/// The API routes of billing.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}
