//! The pages of money: what is owed, what runs, one invoice with its payment, and selling a top-up. Customers' own users
//! see their own invoices.

mod invoice;
mod list;
mod top_up;

use axum::Router;
use axum::routing::{get, post};

use crate::App;

pub use list::{Names, invoice_path, invoice_table};

/// The pages of billing.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/money", get(list::get_money))
        .route("/{organization}/invoices", get(list::get_invoices))
        .route("/{organization}/invoices/{invoice}", get(invoice::get_invoice))
        .route("/{organization}/invoices/{invoice}/pay", post(invoice::post_pay))
        .route("/{organization}/invoices/{invoice}/void", post(invoice::post_void))
        .route("/{organization}/invoices/{invoice}/refund", post(invoice::post_refund))
        .route("/{organization}/customers/{customer}/top-up", get(top_up::get_top_up).post(top_up::post_top_up))
}
