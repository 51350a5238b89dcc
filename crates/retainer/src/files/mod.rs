//! Files that people hand in. The bytes lie outside of the database ([`runtime::files`]); whose they are stands in it.
//!
//! 1. What a file is follows from its bytes, never from its name, and names are cleaned before they are kept.
//! 2. A row of `loose_files` stands before a file is written and until something owns it, so whenever a server dies, no
//!    file lies anywhere that no row knows of, and no row of an owner names a file that is not there.
//! 3. A file is received outside of any transaction, in pieces; at no moment is all of it in memory.
//! 4. An organization never keeps more than it may: the row that counts is lock and check.
//!
//! Read [`receive()`] first, then [`own()`], then [`let_go()`] and [`jobs`].

pub mod jobs;
mod media;
mod name;
mod own;
mod preview;
mod receive;
mod serve;

pub use media::Media;
pub use name::{FileName, FileNameError};
pub use own::{let_go, let_go_now, own, usage};
pub use preview::{Previews, preview};
pub use receive::{Received, receive};
pub use serve::serve;

/// How much is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of a file.
    pub file: u64,
    /// The most bytes of all files of an organization.
    pub organization: u64,
}

impl Limits {
    /// What an installation takes when nobody says otherwise: 25 MB a file, 10 GB an organization.
    pub const USUAL: Self = Self { file: 25 * 1_000_000, organization: 10 * 1_000_000_000 };
}

runtime::refusals! {
    /// Why a file is not taken.
    pub enum FileRefused {
        /// It has more bytes than one may have.
        TooLarge { name: String, most: String } => Invalid, "file.too_large", "{name} is larger than {most}. Make it smaller, or hand in a link to it.", at "/files";
        /// There is nothing in it.
        Empty { name: String } => Invalid, "file.empty", "{name} is empty.", at "/files";
        /// Its bytes are not where they were kept.
        Lost { name: String } => NotFound, "file.lost", "{name} is not where it was kept. Whoever hosts Retainer may have it in a backup; otherwise take it away and hand it in again.";
        /// Its bytes are no picture, or one that is too large to be looked at.
        NoPicture { name: String } => NotFound, "file.no_picture", "There is no preview of {name}; open it itself.";
        /// The organization's storage is full.
        Full { most: String } => Exhausted, "file.no_room", "All files together may have {most}, and this one does not fit in any more. Remove some first.", at "/files";
        /// It was received so long ago that it may be swept.
        Stale => Conflict, "file.stale", "The file was received too long ago. Hand it in again.", at "/files";
        /// It broke off, or came too slowly.
        BrokenOff { name: String } => Invalid, "file.broken_off", "{name} did not arrive whole. Hand it in again.", at "/files";
    }
}

/// A number of bytes as people say it.
pub fn spoken(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1_000 => return format!("{bytes} bytes"),
        1_000..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    let tenths = bytes * 10 / unit;
    if tenths.is_multiple_of(10) || tenths >= 1_000 {
        format!("{} {name}", tenths / 10)
    } else {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_as_people_say_them() {
        let told: Vec<_> = [7, 1_000, 1_540, 25_000_000, 999_999, 10_000_000_000].map(spoken).into();
        assert_eq!(told, ["7 bytes", "1 kB", "1.5 kB", "25 MB", "999 kB", "10 GB"]);
    }
}
