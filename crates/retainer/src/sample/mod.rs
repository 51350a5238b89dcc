//! The invented business of the demo: LeverAI Consulting, with a year of life.
//!
//! 1. Everything happens through the same verbs as in real life, at the instant it is said to have happened; no row is
//!    written behind their back.
//! 2. The same program invents the same business, relative to the present day.

mod cast;
mod desk;
mod shop;
mod story;
mod teller;
mod words;

use std::net::SocketAddr;

use jiff::{SpanRelativeTo, Timestamp, ToSpan};
use kernel::{Clock, Role};
use runtime::Error;
use runtime::ids::Ids;

use crate::server::{self, Options};

/// The password of everybody in the sample.
pub const PASSWORD: &str = "retainer demo";
/// The sample organization's slug.
pub const SLUG: &str = "leverai";

/// A way to sign in to the sample.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct Account {
    /// The organization's slug.
    pub organization: &'static str,
    /// What this user is.
    pub role: Role,
    /// The address to sign in with.
    pub email: &'static str,
    /// The password.
    pub password: &'static str,
}

/// One sign-in per role.
pub fn accounts() -> Vec<Account> {
    let account = |role, email| Account { organization: SLUG, role, email, password: PASSWORD };
    let mut accounts: Vec<Account> = Vec::new();
    for member in cast::STAFF {
        if accounts.iter().all(|known| known.role != member.role) {
            accounts.push(account(member.role, member.email));
        }
    }
    accounts.push(account(Role::Customer, cast::PORTAL_EMAIL));
    accounts
}

/// How far the year is told.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// Days told.
    pub day: i64,
    /// Of how many.
    pub days: i64,
}

/// Fills an empty, migrated database. `watch` hears again and again how far the year is.
///
/// # Errors
/// A fault, or a refusal of a verb, which would be a mistake in the story.
pub async fn fill(options: &Options, watch: &dyn Fn(Told)) -> Result<(), Error> {
    let end = options.clock.now();
    let clock = Clock::standing_at(a_year_before(end));
    let options = Options { clock: clock.clone(), ids: Ids::random(clock), ..options.clone() };
    let app = server::app(&options, SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let told = story::tell(&app, end, watch).await;
    app.db.close();
    told
}

fn a_year_before(end: Timestamp) -> Timestamp {
    let year = 365.days();
    let days = SpanRelativeTo::days_are_24_hours();
    end.checked_sub(year.to_duration(days).unwrap_or_default()).unwrap_or(end)
}
