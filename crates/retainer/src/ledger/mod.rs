//! One ledger for everything prepaid: hours, sessions, messages, tokens, seats, gift-card money.
//!
//! An *account* is one owner's balance in one unit. Units come into it in *lots*: where they came from, what they may be
//! used for, when they end, what was paid for them. A *hold* promises units to a subject (a ticket, a booking, a
//! checkout, a seat, an agent's run); a *capture* turns held units into spent ones, a *release* gives them back. Every
//! change writes *entries*, which are never altered, under an *operation*, which has a key and is done once. Overage is
//! a lot too (a credit line, which burns last), so no balance is ever negative; units that turn out not to have been
//! paid for are *debt*, which the next grant repays first.
//!
//! Burn order: credit lines last, then priority, then expiry (never last), promotional before paid, start, age. Time is
//! lazy: what is due on an account is applied by whoever touches it next, in the order of the events' own times, so
//! that it does not matter when, or whether, the sweeper runs. A refused operation leaves nothing behind, not even its
//! key. An operation locks its account first; a transaction that does several should do them in the order of accounts.
//!
//! # Invariants
//!
//! 1. An account's posted is the sum of what remains in its started lots; its held that of its open holds.
//! 2. Posted and held are the sums of the entries; running balances are prefix sums; numbers have no gaps.
//! 3. In every lot, 0 ≤ held ≤ remaining ≤ amount.
//! 4. 0 ≤ held ≤ posted, 0 ≤ free credit ≤ posted − held, debt ≥ 0.
//! 5. Captured + released ≤ amount in every hold; equal exactly when the hold is closed.
//! 6. A hold's lots add up to the hold; refunded ≤ captured in each.
//! 7. Issued = remaining + spent + expired + voided + exchanged + adjusted + repaid debt.
//! 8. Every operation sums to zero over the customer's and the business's side.
//! 9. One key, one operation: again with the same input it returns the same result, with other input it is refused.
//! 10. A closed hold never changes.
//! 11. No lot is drawn on while an applicable, living lot before it in the burn order has unheld units.
//! 12. A refund of what was captured restores the lots, if they live.
//! 13. Nothing is drawn from a lot before its start, nothing newly held at or after its end.
//! 14. Expiry never takes held units; once all holds are closed nothing remains in an ended lot.
//! 15. A rollover is at most its cap, ends when its rule says, and happens once a lot.
//! 16. A chain of rollovers never creates units. Nor do upgrades: what a series of plans grants is the best one's allowance.
//! 17. Sweeping at any times, or never, gives the same balances.
//! 18. The same facts in any order, any number of times, give the same lots.
//! 19. A balance of the past, told from the entries, is what it was then.
//! 20. Open seats are at most the living seats, or the account is over its limit, with a deadline.
//! 21. What remains of a gift card is posted − held.
//! 22. Hours remaining are what is spendable without the credit line; never null, never negative.
//! 24. An operation on two accounts is done on both or on none.
//! 25. Every counter can be rebuilt from the entries and comes out the same.
//!
//! (23 belongs to scheduling.)
//!
//! # Where to read first
//!
//! `migrations/0003_create_ledger.sql` (the tables), then [`rules`] (the pure model: every rule in its simplest form,
//! the oracle of the property tests), then `migrations/repeatable/ledger_*.sql` (the same rules under locks). The verbs
//! here only name the request and read the answer. [`find`] reads, [`why`] explains, [`verify`] proves.

pub mod about;
mod account;
mod adjust;
pub mod allowance;
pub mod api;
mod capture;
pub mod console;
mod consume;
mod entry;
mod exchange;
pub mod explain;
pub mod find;
mod freeze;
mod grant;
mod hold;
pub mod jobs;
pub mod links;
mod load;
mod lot;
mod operate;
mod refund;
mod refused;
mod rehome;
mod release;
mod rollover;
pub mod rules;
mod settle;
mod subject;
mod upgrade;
pub mod verify;
mod void;
pub mod why;

pub use account::{AccountState, Balance, Owner};
pub use adjust::{Adjust, adjust};
pub use capture::{Capture, CaptureMore, Captured, Finality, capture, capture_more};
pub use consume::{Consume, consume};
pub use entry::Entry;
pub use exchange::{Exchange, exchange};
pub use freeze::{Freeze, Time, Unfreeze, freeze, unfreeze};
pub use grant::{Grant, Granted, grant};
pub use hold::{AdjustHold, Delta, Held, Hold, adjust_hold, hold};
pub use lot::{Amount, Category, Conditions, Lot, Price, Rollover, Source, SourceKind, Terms};
pub use operate::Key;
pub use refund::{Refund, Refunded, refund};
pub use refused::LedgerRefused;
pub use rehome::{OnShort, Rehome, Rehomed, rehome};
pub use release::{Fault, Portion, Release, Released, release};
pub use rollover::{CloseCredit, Expire, Overage, RollOver, close_credit, expire, rollover};
pub use settle::{Due, due, settle};
pub use subject::{Facts, HeldUnits, HoldState, Subject};
pub use upgrade::{Upgrade, UpgradeMode, upgrade, upgrade_brings};
pub use void::{Spent, Void, void};
