//! People: who can sign in, as what, and how they prove it.
//!
//! 1. A user is a person with one address and one password, whatever organizations they belong to.
//! 2. A membership makes a user something in an organization: owner, admin, developer, member, analyst or customer.
//!    There is at most one living membership per user and organization.
//! 3. Passwords are kept as argon2id; an imported bcrypt hash is replaced at its next sign-in.
//! 4. Session tokens, links and invitations are 256 random bits of which only a hash is kept; links are good once.
//! 5. An organization always keeps an owner.
//!
//! Read [`add_member()`] and [`sign_in()`] first.

mod add_member;
pub mod api;
pub mod authenticate;
pub mod console;
pub mod find;
pub mod password;
mod sign_in;
mod sign_out;

pub use add_member::{AddMember, AddMemberRefused, Added, add_member};
pub use sign_in::{SessionKind, SignIn, SignInRefused, SignedIn, sign_in};
pub use sign_out::sign_out;
