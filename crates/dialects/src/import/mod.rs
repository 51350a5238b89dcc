//! Bringing a documented database in.
//!
//! 1. The source is read once, in one snapshot, streamed into temporary tables beside ours ([`stage`]); nothing of it is
//!    ever held in memory.
//! 2. Digests tell what is new or has changed since the last run (`sql/pending.sql`). Nothing else is touched, so a
//!    second run writes nothing, and a run that was cut off is gone on with by the next one.
//! 3. The dialect's mapping is SQL over whole batches; each batch is one transaction ([`target`]).
//! 4. Every source row is kept verbatim with what it became and what had to be decided (`sql/refs.sql`). Nothing is
//!    dropped, and what the source has lost since is marked, not removed. What a contract must not show of it is hidden.
//! 5. What prepaid balances were is told to the ledger as entries, many accounts at once (`sql/ledger_*.sql`).
//! 6. People are users, memberships and customers, and who has which address is settled for all dialects alike ([`people`]).
//!
//! A dialect lists its tables and its steps, see [`crate::consulting::import`].

pub mod organization;
pub mod people;
mod reckoning;
pub mod report;
pub mod run;
pub mod source;
pub mod stage;
mod still_open;
mod takeover;
pub mod target;
mod upcoming;

pub use reckoning::{Difference, Figure};
pub use report::{Decided, Report, TableReport, Told};
pub use run::{DECISIONS, Dialect, Run, import};
pub use runtime::carry::{Doing, Progress, Watch};
pub use source::{Beyond, Source};
pub use takeover::NotTaken;
pub use target::Target;
pub use upcoming::{PlanTerms, Upcoming};

/// A table of the source.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its documented name.
    pub name: &'static str,
    /// The documented column that tells rows apart.
    pub key: &'static str,
    /// The other documented columns, and the type under which they are read here.
    pub columns: &'static [(&'static str, &'static str)],
    /// Those of them that prove who somebody is. They are kept apart, and so is what no document names: a contract shows
    /// neither.
    pub secrets: &'static [&'static str],
    /// In which order its rows are taken.
    pub order: &'static str,
    /// Whether old rows of it are swept away in the source.
    pub is_swept: bool,
}

impl Table {
    /// The columns that a contract may show, as PostgreSQL writes an array.
    pub(crate) fn shown(&self) -> String {
        let names = std::iter::once(self.key).chain(self.columns.iter().map(|(name, _)| *name));
        let shown: Vec<&str> = names.filter(|name| !self.secrets.contains(name)).collect();
        format!("'{{{}}}'", shown.join(","))
    }
}

/// How an import is to be done.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The organization's word in URLs; it is created when it is new.
    pub organization: String,
    /// Whether everything is undone at the end.
    pub dry_run: bool,
    /// How many rows are written in one transaction.
    pub batch: u64,
    /// Whether it is right that the source has lost much of what it had.
    pub accept_gone: bool,
    /// Whether the subscriptions that were imported, in this run or before, go on here. Each is told first; a dry run only
    /// tells.
    pub take_over: bool,
}
