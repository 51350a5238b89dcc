//! What changes, as it changes: open pages and programs hear which thing changed, and ask for it anew if they show it.
//!
//! 1. A change is written in the transaction that makes it ([`runtime::Tx::tell`]): it is told if that commits, and never
//!    otherwise. It names a thing and says nothing of it, so whoever hears of one they may not see learns nothing, and
//!    hearing of it twice does no harm.
//! 2. The numbers of an organization become visible in their order and without gaps; whoever has seen one has missed none
//!    before it. So a lost connection goes on from the last number it was told, at any server (`Last-Event-ID`).
//! 3. Changes are kept for a day. Whoever comes later, or has missed more than is sent at once, is told to look at
//!    everything anew (`reset`).
//! 4. Who hears of a change is asked for each change anew, of the session as it is then: what a GET would not show them is
//!    not told, and a session that has ended hears nothing more.
//! 5. Who reads too slowly is let go, and goes on from where they were.
//! 6. Who writes on a ticket just now is told to other staff who have it open, and kept nowhere (`writing.rs`).
//!
//! A server asks the database when it is told that something changed somewhere (`LISTEN`; the notice says neither what nor
//! whose, because anybody who may connect can hear it), and every few seconds in case a notice was lost. Read [`rules`]
//! first, then `hub.rs` (one reader for all streams of a server) and `stream.rs` (one stream).

pub mod api;
pub mod console;
mod find;
mod hub;
pub mod jobs;
pub mod rules;
mod stream;
pub mod writing;

pub use find::Told;
pub use hub::{Hub, LiveRefused, announce, pump};
