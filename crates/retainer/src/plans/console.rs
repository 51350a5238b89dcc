//! The pages of the catalogue. They are for staff; a customer's own users see their own plan instead.

mod catalogue;
mod form;
mod one;
mod words;

use axum::Router;
use axum::routing::{get, post};

use crate::App;

pub use words::{facts, price};

/// The pages of plans.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/plans", get(catalogue::get_plans))
        .route("/{organization}/plans/new", get(one::get_new).post(one::post_new))
        .route("/{organization}/plans/consulting", post(catalogue::post_consulting))
        .route("/{organization}/plans/{plan}", get(one::get_plan))
        .route("/{organization}/plans/{plan}/terms", get(one::get_terms).post(one::post_terms))
        .route("/{organization}/plans/{plan}/archive", post(one::post_archive))
}
