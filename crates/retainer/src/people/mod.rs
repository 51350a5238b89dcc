//! People: who can sign in, as what, and how they prove it.
//!
//! 1. A user is a person with one address and one password, whatever organizations they belong to.
//! 2. A membership makes a user something in an organization: owner, admin, developer, member, analyst or customer.
//!    There is at most one living membership per user and organization.
//! 3. Passwords are kept as argon2id; an imported bcrypt hash is replaced at its next sign-in.
//! 4. Session tokens, links and invitations are 256 random bits of which only a hash is kept; links are good once.
//! 5. An organization always keeps an owner.
//!
//! 6. Nobody raises anybody above themselves; only owners make, change or remove owners.
//! 7. Every door that a guesser would try has a limit; no answer tells whether an address has an account, except to
//!    whoever signs up with it.
//!
//! Read [`add_member()`] and [`sign_in()`] first.

mod accept_invitation;
mod add_customer_user;
mod add_member;
pub mod api;
pub mod authenticate;
mod change_password;
mod change_profile;
mod change_role;
pub mod console;
pub mod find;
mod invite;
pub mod jobs;
mod known;
pub mod limit;
mod links;
mod look_up;
mod mails;
pub mod password;
mod remove_member;
mod reset_password;
pub mod rules;
pub mod second_factor;
mod sign_in;
mod sign_out;
mod sign_up;
mod team;
mod verify_email;
mod vouch;

pub use accept_invitation::{Accept, AcceptRefused, Offer, accept_invitation, look_at_invitation};
pub use add_customer_user::{UserOutcome, add_customer_user};
pub use add_member::{AddMember, AddMemberRefused, Added, add_member, address_key};
pub use change_password::{Again, ChangePasswordRefused, change_password, knows_password};
pub use change_profile::{ChangeProfile, change_profile};
pub use change_role::{MemberRefused, change_role};
pub use invite::{
    Invite, InviteRefused, IssuedInvitation, invite, issue_invitation, resend_invitation, revoke_invitation,
};
pub use limit::{Limit, LimitRefused, forget_limits, limit_codes};
pub use links::LinkRefused;
pub use look_up::LookUpRefused;
pub use remove_member::remove_member;
pub use reset_password::{IssuedReset, issue_reset, look_at_reset, request_reset, reset_password, send_reset};
pub use second_factor::SecondFactorRefused;
pub use sign_in::{
    Opening, SessionKind, SignIn, SignInRefused, SignedIn, ask_for_code, open_door, sign_in, sign_in_with_code,
};
pub use sign_out::{RevokeRefused, revoke_session, sign_out};
pub use sign_up::{SignUp, SignUpRefused, SignedUp, sign_up};
pub use team::{Invitation, Member, SignedInPlace};
pub use verify_email::{LinkUsed, limit_verification, look_at_verification, send_verification, verify_email};
pub(crate) use vouch::confirm;
pub use vouch::{Vouched, vouch};
