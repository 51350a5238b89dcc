//! The product. A folder per domain, in reading order:
//!
//! - [`organizations`]: a business, the tenant, and how it is set up.
//! - [`people`]: who can sign in, as what, and how they prove it.
//! - [`customers`]: who buys.
//! - [`plans`]: what is sold.
//! - [`ledger`]: everything prepaid, in lots with holds.
//! - [`invoices`]: bills, their numbers and lines.
//! - [`subscriptions`]: running plans, granted period by period.
//! - [`billing`]: payments, refunds, top-ups.
//! - [`tickets`]: work that uses hours.
//! - [`files`]: what people hand in, outside of the database.
//! - [`mail`]: the durable mail queue.
//! - [`notifications`]: what people are told.
//! - [`live`]: what changes, as it changes, for whoever has it open.
//! - [`reports`]: the figures.
//! - [`audit`]: who changed what.
//! - [`contracts`]: logins of PostgreSQL for an organization's old reports.
//! - [`archive`]: an organization in a file, to move it or to keep it.
//! - [`closing`]: the end of an organization, thirty days after its owner asked for it.
//! - [`exports`]: an archive of everything, as an owner orders it.
//! - [`set_up`]: a fresh installation's first organization.
//! - [`today`]: the start page.
//!
//! Around the domains: [`app`] (what a running server is made of), [`doors`] (how requests become transactions),
//! [`pages`] (what all pages share), [`schema`] (the migrations), [`web`] (all routes), [`jobs`] (all jobs),
//! [`server`] (starting and ending), [`sample`] (the demo's invented business).

pub mod app;
pub mod archive;
pub mod audit;
pub mod billing;
pub mod closing;
pub mod contracts;
pub mod customers;
pub mod doors;
pub mod exports;
pub mod files;
pub mod imports;
pub mod invoices;
pub mod jobs;
pub mod ledger;
pub mod live;
pub mod mail;
pub mod notifications;
pub mod organizations;
pub mod pages;
pub mod people;
pub mod plans;
pub mod reports;
pub mod sample;
pub mod schema;
pub mod search;
pub mod server;
pub mod set_up;
pub mod subscriptions;
pub mod tickets;
pub mod today;
pub mod web;

pub use app::App;
