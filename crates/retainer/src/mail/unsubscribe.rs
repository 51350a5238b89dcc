//! The link that stops one kind of mail with one click, without signing in.
//!
//! It needs no table: the proof in it is made with the installation's key from the organization, the user and the kind,
//! so it cannot be guessed, stops nothing else, and works as long as somebody keeps the mail.

use kernel::id::{Id, OrganizationId, UserId};
use runtime::secret::hash;

use crate::App;

fn proof(app: &App, organization: OrganizationId, (user, kind): (UserId, &str)) -> String {
    app.key.derive(&format!("unsubscribe {} {} {kind}", organization.uuid(), user.uuid()))
}

/// The address that stops mails of a kind to a user.
pub fn link(app: &App, organization: OrganizationId, slug: &str, (user, kind): (UserId, &str)) -> String {
    app.url(&format!("/{slug}/unsubscribe/{user}/{kind}/{}", proof(app, organization, (user, kind))))
}

/// Whether a presented proof is the right one. Hashes are compared, so that the time it takes tells nothing.
pub fn is_right(app: &App, organization: OrganizationId, whose: (UserId, &str), presented: &str) -> bool {
    hash(presented) == hash(&proof(app, organization, whose))
}
