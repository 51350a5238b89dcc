//! The product. A folder per domain, in reading order:
//!
//! - [`organizations`]: a business, the tenant, and how it is set up.
//! - [`people`]: who can sign in, as what, and how they prove it.
//!
//! - [`ledger`]: everything prepaid, in lots, holds and entries.
//!
//! Around the domains: [`app`] (what a running server is made of), [`doors`] (how requests become transactions),
//! [`pages`] (what all pages share), [`schema`] (the migrations), [`web`] (all routes).

pub mod app;
pub mod doors;
pub mod jobs;
pub mod ledger;
pub mod organizations;
pub mod pages;
pub mod people;
pub mod schema;
pub mod server;
pub mod web;

pub use app::App;
