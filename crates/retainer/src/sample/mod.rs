//! An invented business to look around in: LeverAI Consulting. The demo has a year of it; an organization may order a
//! sample beside itself, with four months of it.
//!
//! 1. Everything happens through the same verbs as in real life, at the instant it is said to have happened; no row is
//!    written behind their back.
//! 2. The same program invents the same business, relative to the present day.
//! 3. While a sample is being invented nobody enters it and nothing falls due in it; what is left of one whose making was cut
//!    off is removed by itself.
//! 4. Nobody of the invented people can sign in to a sample that stands beside real organizations, and no mail leaves it.
//!    Whoever ordered it owns it.
//! 5. An organization has one sample at a time, and is rid of it at a click.
//!
//! Read [`order()`] first, then [`jobs`], [`enter()`] and [`discard()`]; the story itself begins in `story`.

pub mod api;
mod cast;
pub mod console;
mod desk;
mod discard;
mod enter;
pub mod find;
pub mod jobs;
mod making;
mod order;
mod shop;
mod story;
mod teller;
mod words;

pub use discard::discard;
pub use enter::enter;
pub use find::{Sample, SampleRefused, SampleState};
pub use jobs::close_of;
pub use order::{OrderRefused, order};

use std::net::SocketAddr;

use jiff::{SignedDuration, Timestamp};
use kernel::{Clock, Role};
use runtime::Error;
use runtime::ids::Ids;

use self::teller::{Telling, text};
use crate::people::password;
use crate::server::{self, Options};

/// The password of everybody in the sample.
pub const PASSWORD: &str = "retainer demo";
/// How many days of life a sample has that is ordered beside a real organization, when nobody says otherwise.
pub const DAYS: i64 = 120;
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
pub async fn fill(options: &Options, watch: &(dyn Fn(Told) + Sync)) -> Result<(), Error> {
    let end = options.clock.now();
    let clock = Clock::standing_at(days_before(end, 365));
    let options = Options { clock: clock.clone(), ids: Ids::random(clock), ..options.clone() };
    let app = server::app(&options, SocketAddr::from(([127, 0, 0, 1], 0)))?;
    // Everybody has the same password, and hashing it eighty times would take longer than the rest.
    let password = Some(password::hash(text(PASSWORD)?).await?);
    let telling = Telling { organization: app.ids.next(), slug: SLUG.to_owned(), password, making_ends_at: None, end };
    let told = story::tell(&app, telling, watch).await;
    app.db.close();
    told
}

fn days_before(end: Timestamp, days: i64) -> Timestamp {
    end.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(end)
}
