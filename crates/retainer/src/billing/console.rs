//! The pages of money: what is owed, what runs, one invoice with its payment, and selling a top-up. Customers' own users
//! see their own invoices.

mod invoice;
mod list;
mod overview;
mod refund;
mod top_up;

use axum::Router;
use axum::routing::{get, post};

use kernel::id::InvoiceId;
use runtime::{Error, Tx};

use crate::App;
use crate::invoices;

pub use list::{Names, Way, invoice_path, invoice_state, invoice_table, ways};

/// The address of an invoice below its organization's: it holds the number, which people read out.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn below(tx: &Tx, invoice: InvoiceId) -> Result<String, Error> {
    Ok(format!("/invoices/{}", invoices::find::get(tx, invoice).await?.number))
}

/// The pages of billing.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/money", get(overview::get_money))
        .route("/{organization}/invoices", get(list::get_invoices))
        .route("/{organization}/invoices.csv", get(list::get_file))
        .route("/{organization}/invoices/{invoice}", get(invoice::get_invoice))
        .route("/{organization}/invoices/{invoice}/pay", post(invoice::post_pay))
        .route("/{organization}/invoices/{invoice}/void", post(invoice::post_void))
        .route("/{organization}/invoices/{invoice}/refund", get(refund::get_refund).post(refund::post_refund))
        .route("/{organization}/customers/{customer}/top-up", get(top_up::get_top_up).post(top_up::post_top_up))
}
