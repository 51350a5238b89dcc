//! Logins of PostgreSQL that read an organization's SQL contract: a schema of views and functions, one per dialect, for
//! reports that were written against another system.
//!
//! 1. A login sees the rows of one organization. Which one is decided by the role that the session was opened with
//!    (`contract_logins`, read by `contract_organization_id()`), never by a setting.
//! 2. It reads only: it owns nothing and has no right to write or to create anything.
//! 3. The name of its role says nothing about whose it is, because every login can list the roles of a cluster.
//! 4. No policy names a role that a login is a member of, because members may drop what such a role has.
//! 5. Granting again gives a new password and ends what was open with the old one; revoking ends it at once. A login cannot
//!    keep either from being done, though it may change its own password and hold that open.
//!
//! Read first: `migrations/repeatable/contract_logins.sql` (the borders), [`grant()`], [`revoke()`].
//!
//! These verbs work as the database's owner and not in a [`runtime::Tx`], because the application's role must not be
//! able to make logins.

mod find;
mod grant;
mod login;
mod owner;
mod revoke;

pub use find::{Login, list};
pub use grant::{Grant, GrantRefused, Granted, grant};
pub use login::{LoginName, LoginNameError};
pub use owner::{EndRefused, end_stalled, harden};
pub use revoke::{RevokeRefused, end_all, revoke};
