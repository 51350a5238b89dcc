//! An owner's archive of everything: ordered with their password, written by a job, downloaded, and gone again.
//!
//! 1. An organization has one at a time. Only an owner orders it, and shows their password once more.
//! 2. It is the very archive that [`crate::archive`] writes, and lies where files lie. It is no attachment: it counts for no
//!    limit, and is in no archive.
//! 3. It is written as it is read, whatever its size, one after the other in an installation.
//! 4. One whose writing was cut off says so, and may be ordered again; what there is of it goes.
//! 5. It is kept for seven days at most. Ordered, written, downloaded, deleted: all of it is in the trail, and all owners get a
//!    mail when there is one.
//!
//! Read [`order()`] first, then [`jobs`], [`download()`] and [`discard()`].

pub mod api;
pub mod console;
mod discard;
mod download;
pub mod find;
pub mod jobs;
mod mails;
mod order;
mod writing;

pub use discard::discard;
pub use download::download;
pub use find::{Export, ExportRefused, ExportState};
pub use order::{OrderRefused, order};
