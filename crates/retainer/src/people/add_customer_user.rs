//! Giving a customer a user.

use kernel::id::{InvitationId, MembershipId};
use runtime::{Error, Tx};

use super::add_member::find_user;
use super::invite::refuse_archived;
use super::{AddMember, Invite, add_member, invite};
use crate::App;

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserOutcome {
    /// They are in.
    Added(MembershipId),
    /// They have to accept an invitation first.
    Invited(InvitationId),
}

/// Adds a user with a first password at once. Without a password, or when the address has an account already, whose
/// owner has a say in where they belong, they are invited.
///
/// # Errors
/// [`super::AddMemberRefused`], [`super::InviteRefused`], `permission.missing`, or a fault.
pub async fn add_customer_user(tx: &Tx, app: &App, input: AddMember) -> Result<UserOutcome, Error> {
    tx.require(kernel::Permission::CustomersWrite)?;
    refuse_archived(tx, input.customer).await?;
    if input.password.is_some() && find_user(tx, &input.email).await?.is_none() {
        return Ok(UserOutcome::Added(add_member(tx, input).await?.membership));
    }
    let AddMember { email, name, role, customer, .. } = input;
    invite(tx, app, Invite { email, name: Some(name), role, customer }).await.map(UserOutcome::Invited)
}
