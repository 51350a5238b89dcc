//! Tickets: work that customers ask for and that uses their hours.
//!
//! ```text
//!             start              complete (captures what was used, releases the rest)
//! pending ───────────▶ in_progress ───────────▶ completed
//!    │                      │                       │
//!    └──────────┬───────────┘ reject (releases all) │ reopen (holds anew)
//!               ▼                                   │
//!            rejected ──────────▶ pending ◀─────────┘
//! ```
//!
//! 1. An open ticket's hours are on hold in the ledger from the moment it is opened; a closed ticket holds nothing.
//! 2. `held_seconds` is what the ticket's open holds have, `used_seconds` what was captured for it.
//! 3. Every step is taken under the ticket's lock, and each call to the ledger has a key made of the ticket and its
//!    version: whatever is retried happens once.
//! 4. Completing or rejecting twice is once.
//! 5. Internal comments and internal lines of the history are never shown to a customer.
//! 6. A merged ticket is closed for good; its comments, holds and time entries live on in the other, marked with where
//!    they came from.
//! 7. Where the plan says that the customer is asked, nobody but the customer raises the hours.
//!
//! Read [`open()`] and [`complete()`] first, then `rules.rs`, then `hours.rs` (the ledger's side).

pub mod api;
mod assign;
mod assigned;
pub mod attachments;
mod change_hours;
mod comment;
mod complete;
pub mod console;
mod decline_hours;
mod edit;
pub mod excerpts;
pub mod find;
mod history;
mod hours;
pub mod listing;
mod load;
mod mailed;
mod merge;
mod news;
mod number;
mod open;
mod overage;
mod reject;
mod reopen;
pub mod rules;
pub mod sought;
mod start;
mod tag;
mod ticket;
mod time;
mod timer;
pub mod understood;
pub mod views;

pub use assign::{AssignRefused, assign};
pub use assigned::Assigned;
pub use change_hours::{Approval, ChangeHours, ChangeHoursRefused, change_hours};
pub use comment::{Audience, CommentRefused, Saying, comment};
pub use complete::{CompleteRefused, complete};
pub use decline_hours::decline_hours;
pub use edit::{Edit, EditRefused, edit};
pub use history::Event;
pub use listing::Stage;
pub use load::{Seen, TicketRefused};
pub use merge::{MergeRefused, merge};
pub use number::TicketNumber;
pub use open::{Open, OpenRefused, open};
pub use reject::reject;
pub use reopen::{ReopenRefused, reopen};
pub use start::start;
pub use tag::{TagRefused, add_tag, tag};
pub use ticket::{Comment, Priority, Side, Status, Ticket, TimeEntry, Timer};
pub use time::{Billing, LogTime, TimeRefused, correct_time, counted, log_time, remove_time};
pub use timer::{TimerRefused, start_timer, stop_timer, timers_of_others, would_add};
