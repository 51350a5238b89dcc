//! The pages of customers. They are for staff; a customer's own users have the portal's pages instead.

mod edit;
mod list;
mod one;
mod users;

use axum::Router;
use axum::routing::{get, post};

use crate::App;
use crate::doors::{PageHalt, Visitor};
use crate::pages::nothing_here;

/// The pages of customers.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/customers", get(list::get_customers))
        .route("/{organization}/customers.csv", get(list::get_file))
        .route("/{organization}/customers/new", get(edit::get_new).post(edit::post_new))
        .route("/{organization}/customers/{customer}", get(one::get_customer))
        .route("/{organization}/customers/{customer}/change", get(edit::get_change).post(edit::post_change))
        .route("/{organization}/customers/{customer}/users", post(users::post_user))
        .route("/{organization}/customers/{customer}/users/{member}/remove", post(users::post_remove))
        .route("/{organization}/customers/{customer}/invitations/{invitation}/revoke", post(users::post_revoke))
        .route("/{organization}/customers/{customer}/archive", post(one::post_archive))
        .route("/{organization}/customers/{customer}/restore", post(one::post_restore))
        .route("/{organization}/customers/{customer}/anonymise", post(one::post_anonymise))
}

/// Pages of staff do not exist for others.
pub(crate) fn staff_only(visitor: &Visitor) -> Result<(), PageHalt> {
    if visitor.is_staff() { Ok(()) } else { Err(nothing_here().into()) }
}
