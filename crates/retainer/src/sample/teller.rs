//! What the whole story needs: who acts, when, and what comes next.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use kernel::id::{CustomerId, InvoiceId, OrganizationId, SubscriptionId};
use kernel::{Actor, ActorKind, Role};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use runtime::tx::Access;
use runtime::{Error, Tx};

use super::shop::Shelf;
use crate::App;
use crate::people::Added;
use crate::people::password::Hashed;

/// An hour in seconds.
pub(super) const HOUR: i64 = 3600;
/// A day in seconds.
pub(super) const DAY: i64 = 24 * HOUR;

/// Chance, the same in every telling.
#[derive(Debug)]
pub(super) struct Dice(StdRng);

impl Dice {
    pub(super) fn new() -> Self {
        Self(StdRng::seed_from_u64(0x1ee7_a11c_0de5))
    }

    /// A number from `low` to `high`, both possible.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.random_range(low..=high)
    }

    /// Whether something with this chance in a thousand happens.
    pub(super) fn happens(&mut self, in_a_thousand: i64) -> bool {
        self.between(1, 1000) <= in_a_thousand
    }

    /// One of several.
    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.0.random_range(0..of.len())]
    }
}

/// Reads a text of the cast as what it is meant to be; a failure is a mistake in the story.
pub(super) fn text<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|error| Error::internal(format!("the sample's {text:?} {error}")))
}

/// Somebody of the cast, as they act.
pub(super) fn actor(added: &Added, name: &str, role: Role, customer: Option<CustomerId>) -> Actor {
    let kind = ActorKind::User { user: added.user, membership: added.membership, role, customer };
    // Addresses that are set aside for examples.
    let last = u8::try_from(name.len() % 200).unwrap_or(1) + 10;
    let block = if role == Role::Customer { [203, 0, 113, last] } else { [198, 51, 100, last] };
    Actor { kind, name: name.to_owned(), address: Some(block.into()) }
}

/// A customer, and who acts for it.
#[derive(Debug)]
pub(super) struct Patron {
    pub customer: CustomerId,
    pub user: Actor,
    pub plan: &'static str,
    /// Whether they still ask for anything.
    pub is_active: bool,
    /// Their plan, once they have it.
    pub subscription: Option<SubscriptionId>,
}

/// Which business is told of.
#[derive(Debug, Clone)]
pub(super) struct Telling {
    pub organization: OrganizationId,
    pub slug: String,
    /// Everybody's password; without one nobody can sign in, and addresses hold the organization's word, so that there may
    /// be several such businesses.
    pub password: Option<Hashed>,
    /// Until when it is in the making, by the real clock, where it stands beside others.
    pub making_ends_at: Option<Timestamp>,
    /// The present day.
    pub end: Timestamp,
}

impl Telling {
    /// What the business is called: beside real ones it says in mails, titles and lists of organizations what it is.
    pub(super) const fn name(&self) -> &'static str {
        if self.making_ends_at.is_some() { "LeverAI Consulting (sample)" } else { "LeverAI Consulting" }
    }

    /// Somebody's address in this business.
    pub(super) fn address<T: std::str::FromStr<Err: std::fmt::Display>>(&self, address: &str) -> Result<T, Error> {
        match (&self.password, address.strip_suffix(".example")) {
            (None, Some(rest)) => text(&format!("{rest}.{}.example", self.slug)),
            _ => text(address),
        }
    }
}

/// Tells the story: keeps the time, throws the dice, and knows what comes next.
#[derive(Debug)]
pub(super) struct Teller<Act> {
    pub app: App,
    pub telling: Telling,
    pub dice: Dice,
    pub staff: Vec<Actor>,
    pub patrons: Vec<Patron>,
    pub shelf: Shelf,
    /// Invoices whose payment is on the agenda, or never will be.
    pub known_invoices: HashSet<InvoiceId>,
    agenda: BTreeMap<(i64, u64), Act>,
    planned: u64,
    end: i64,
}

impl<Act> Teller<Act> {
    pub(super) fn new(app: &App, telling: Telling) -> Self {
        let end = telling.end.as_second();
        Self {
            app: app.clone(),
            telling,
            dice: Dice::new(),
            staff: Vec::new(),
            patrons: Vec::new(),
            shelf: Shelf::default(),
            known_invoices: HashSet::new(),
            agenda: BTreeMap::new(),
            planned: 0,
            end,
        }
    }

    /// The present second of the story.
    pub(super) fn now(&self) -> i64 {
        self.app.clock.now().as_second()
    }

    /// How many seconds there are until the present day's moment.
    pub(super) fn remaining(&self) -> i64 {
        self.end - self.now()
    }

    /// Plans something.
    pub(super) fn plan(&mut self, at: i64, act: Act) {
        self.planned += 1;
        self.agenda.insert((at.max(self.now() + 1), self.planned), act);
    }

    /// Moves on to what comes next; nothing, when the story has come to the present day.
    pub(super) fn next(&mut self) -> Option<Act> {
        let ((at, _), act) = self.agenda.pop_first()?;
        if at >= self.end {
            return None;
        }
        self.app.clock.set(Timestamp::from_second(at).unwrap_or_default());
        Some(act)
    }

    /// A moment in office hours, so many days after now.
    pub(super) fn office(&mut self, days: i64) -> i64 {
        let mut day = self.now() / DAY + days;
        // The first of January 1970 was a Thursday.
        while (day + 3) % 7 >= 5 {
            day += 1;
        }
        let earliest = (day * DAY + 14 * HOUR).max(self.now() + 10 * 60);
        earliest + self.dice.between(0, 7 * HOUR)
    }

    /// A transaction of somebody.
    pub(super) async fn begin(&self, actor: &Actor) -> Result<Tx, Error> {
        self.app.begin(self.telling.organization, actor.clone(), Access::Write).await
    }

    /// The office: who does the paperwork.
    pub(super) fn office_hand(&self) -> Actor {
        self.staff[1].clone()
    }
}
