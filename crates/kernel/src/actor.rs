//! Who does something.

use crate::id::{CustomerId, MembershipId, UserId};
use crate::{Permission, Role};

/// The acting person or process, as it is written in the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Which kind of actor it is.
    pub kind: ActorKind,
    /// The name to show.
    pub name: String,
    /// Where the request came from, if it came over a network.
    pub address: Option<std::net::IpAddr>,
}

/// The kinds of actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActorKind {
    /// A signed-in user.
    User {
        /// The person.
        user: UserId,
        /// The membership that lets them in.
        membership: MembershipId,
        /// What they are in this organization.
        role: Role,
        /// The customer they act for, when the role is customer.
        customer: Option<CustomerId>,
    },
    /// The installation itself: jobs, imports, the command line.
    System,
    /// Nobody yet: sign-up, sign-in, reset.
    Anonymous,
}

impl Actor {
    /// The installation itself, acting for `purpose` (a job's or command's name).
    pub fn system(purpose: &str) -> Self {
        Self { kind: ActorKind::System, name: purpose.to_owned(), address: None }
    }

    /// Somebody who has not signed in.
    pub fn anonymous(address: Option<std::net::IpAddr>) -> Self {
        Self { kind: ActorKind::Anonymous, name: "somebody not signed in".to_owned(), address }
    }

    /// Whether this actor may do it.
    pub fn may(&self, permission: Permission) -> bool {
        match &self.kind {
            ActorKind::User { role, .. } => role.may(permission),
            ActorKind::System => true,
            ActorKind::Anonymous => false,
        }
    }

    /// The user, when a person acts.
    pub const fn user(&self) -> Option<UserId> {
        match self.kind {
            ActorKind::User { user, .. } => Some(user),
            _ => None,
        }
    }

    /// The customer whose things alone this actor may see; `None` for staff and the system.
    pub const fn customer(&self) -> Option<CustomerId> {
        match self.kind {
            ActorKind::User { customer, .. } => customer,
            _ => None,
        }
    }

    /// The role, when a person acts.
    pub const fn role(&self) -> Option<Role> {
        match self.kind {
            ActorKind::User { role, .. } => Some(role),
            _ => None,
        }
    }

    /// The word for the kind in the audit trail.
    pub const fn kind_word(&self) -> &'static str {
        match self.kind {
            ActorKind::User { .. } => "user",
            ActorKind::System => "system",
            ActorKind::Anonymous => "anonymous",
        }
    }
}
