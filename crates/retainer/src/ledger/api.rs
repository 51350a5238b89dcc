//! Ledger on the API.

use utoipa_axum::router::OpenApiRouter;

use crate::App;

/// The API routes of ledger.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}
