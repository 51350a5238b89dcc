//! Mail leaves through a durable queue: a verb writes it in its own transaction, a job delivers it, again and again
//! until it is through. Without an SMTP server it stays in the outbox, where staff read it.
//!
//! 1. A mail exists exactly if the transaction that wrote it committed.
//! 2. A mail is handed to the SMTP server at least once, and at most once unless the server's answer was lost; its
//!    Message-ID is the same every time.
//! 3. Every mail says why it was sent.
//! 4. A mail with a secret link is read in the outbox only by owners, and only when its recipient has no rights in
//!    another organization that the link would open too.
//!
//! 5. What a mail says is written by its template ([`templates`]); one that fails costs nobody a mail.
//!
//! States: queued → sent, or failed when the server refuses it for good or for too long, or held when there is no
//! server; a held one is queued again when staff release it. Read [`send()`] first, then [`deliver()`].

pub mod api;
pub mod console;
mod deliver;
pub mod find;
pub mod jobs;
mod message;
mod owners;
mod release;
pub mod render;
mod send;
pub mod templates;
pub mod unsubscribe;

pub use deliver::{Delivery, deliver};
pub use message::{Mail, MailLine, MailState};
pub use owners::{ToOwners, to_owners};
pub use release::{ReleaseRefused, Released, release, release_all};
pub use send::{Letter, Secrecy, Stopping, send};
