//! A subscription is a plan that runs for a customer: it is billed and granted period by period.
//!
//! 1. A customer has at most one live subscription (incomplete, active, past due or paused); the database sees to it.
//! 2. A period has one row and is granted once, whatever crashes and whoever comes how often: the row is written under
//!    the subscription's lock, and the ledger knows `(subscription, start of the period)` as the lot's natural key.
//! 3. What costs something is granted when its invoice is paid, and not before. The first payment begins the first
//!    period; later periods follow each other in the organization's zone, from the anchor, through every clock change.
//! 4. Periods that were missed are caught up in order. One that is already over is billed only if its units outlive it.
//! 5. While a payment is overdue nothing new is billed or granted; what was paid for stays usable.
//! 6. A pause stops everything, the expiry of units included; resuming gives the time back.
//! 7. What work uses of a credit line is billed once, also when that work ends after the period or the subscription.
//! 8. One that was imported does not renew until it is taken over: until then another system bills it.
//! 9. Whoever gets the money of a better plan back goes back to the plan before it, as long as nothing came after
//!    ([`plan_refunded`]).
//! 10. Everything that happens is a row of its history: who, when, why.
//!
//! incomplete → active ⇄ past_due, active ⇄ paused, any of them → cancelled; incomplete → ended when its first payment is
//! a month late. A cancelled one may be taken up again within its period. Read [`rules`] first, then [`start()`] and [`renew()`].

pub mod api;
mod cancel;
mod change_plan;
pub mod console;
mod credit;
pub mod find;
pub mod jobs;
pub mod listing;
mod news;
mod paid;
mod pause;
mod period;
mod preview;
mod refunded;
mod renew;
pub mod rules;
mod start;
mod stored;
mod take_over;
mod unpaid;

pub use cancel::{CancelAt, ReactivateRefused, cancel, reactivate};
pub use change_plan::{ChangePlan, ChangeRefused, PlanChange, When, change_plan};
pub use credit::period_refunded;
pub use listing::SubscriptionOrder;
pub use paid::{line_paid, lot_of_line};
pub use pause::{pause, resume};
pub use period::PeriodState;
pub use preview::{Preview, TakenNext, TakenNow, preview_change};
pub use refunded::{Outcome, PlanAfter, plan_refunded};
pub use renew::renew;
pub use start::{Start, StartRefused, Started, start};
pub use stored::SubscriptionState;
pub use take_over::{TakeOver, TakeOverRefused, next_start, take_over, waiting};
pub use unpaid::invoice_voided;
