//! Files on tickets, beside what was said.
//!
//! 1. A file is seen by whoever sees the comment that it came with; one that came with an internal comment is staff's.
//! 2. Whoever handed a file in may take it back; staff who work tickets may take any away.
//! 3. A merge moves files with everything else; anonymising a customer empties all files on its tickets, because nobody
//!    can tell whom a file names.

mod attach;
mod attachment;
pub mod find;
mod remove;

pub use attach::{AttachRefused, Attaching, attach};
pub use attachment::Attachment;
pub use remove::{RemoveRefused, remove};
