//! Tickets on the API.

use utoipa_axum::router::OpenApiRouter;

use crate::App;

/// The API routes of tickets.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}
