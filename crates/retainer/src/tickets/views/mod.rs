//! Saved views: a name for what the list of tickets was narrowed down to, and its order.
//!
//! 1. A view is of the member who saved it; shared, all staff have it in their list. Customers have none.
//! 2. Whoever works tickets may share; a shared view is changed and removed by whose it is, and by who may change members.
//! 3. Each person's list may open with one view, their own or a shared one.
//! 4. A view names tickets by what they are like, and shows nothing that its reader might not see without it.

pub mod api;
mod change;
pub mod console;
pub mod find;
mod remove;
mod save;
mod view;

pub use change::{Change, change};
pub use remove::remove;
pub use save::{Save, SaveRefused, save};
pub use view::{Filter, Stands, View};
