//! Making a member something else.

use kernel::id::{Id, MembershipId};
use kernel::{Permission, Role};
use runtime::{Change, Columns, Error, Tx, sql};

use super::rules::may_give;

runtime::refusals! {
    /// Why a membership stays as it is.
    pub enum MemberRefused {
        /// There is no such member.
        NotFound => NotFound, "member.not_found", "There is no such member.";
        /// The role, before or after, is above the actor's own.
        TooHigh => Forbidden, "people.role_too_high", "Only an owner may make somebody an owner, or change or remove one.", at "/role";
        /// The organization would have no owner.
        LastOwner => Conflict, "member.last_owner", "This is the last owner. Make somebody else an owner first.";
        /// Customers' users act for a customer, staff do not; neither becomes the other.
        OtherSide => Conflict, "member.other_side", "A customer's user cannot become staff, nor staff a customer's user. Invite them anew.", at "/role";
        /// Somebody changed it first.
        Stale { version: i64 } => Stale, "member.stale", "Somebody changed this member meanwhile. Look again (version {version}).";
    }
}

/// A membership, locked, with what it was.
pub(super) struct Present {
    pub(super) role: Role,
    pub(super) version: i64,
}

/// Locks a living membership, and the owners before it, so that two owners who remove each other come one after the
/// other.
pub(super) async fn lock(tx: &Tx, member: MembershipId) -> Result<Present, Error> {
    tx.rows(
        sql!(
            "select id from memberships
             where organization_id = $1 and role = 'owner' and ended_at is null order by id for update"
        ),
        &[tx.org()],
    )
    .await?;
    let row = tx
        .optional(
            sql!(
                "select role, version from memberships
                 where organization_id = $1 and id = $2 and ended_at is null for update"
            ),
            &[tx.org(), member.as_uuid()],
        )
        .await?
        .ok_or(MemberRefused::NotFound)?;
    let present = Present { role: row.word("role")?, version: row.get("version") };
    if !may_give(tx.actor().role(), present.role) {
        return Err(MemberRefused::TooHigh.into());
    }
    Ok(present)
}

/// Refuses when `member` is the only owner.
pub(super) async fn keep_an_owner(tx: &Tx, member: MembershipId) -> Result<(), Error> {
    let row = tx
        .one(
            sql!(
                "select exists (
                     select from memberships
                     where organization_id = $1 and role = 'owner' and ended_at is null and id <> $2
                 ) as another"
            ),
            &[tx.org(), member.as_uuid()],
        )
        .await?;
    if row.get("another") { Ok(()) } else { Err(MemberRefused::LastOwner.into()) }
}

/// Changes what a member is. Their sessions feel it at once.
///
/// # Errors
/// [`MemberRefused`], `permission.missing`, or a fault.
pub async fn change_role(tx: &Tx, member: MembershipId, role: Role, seen: Option<i64>) -> Result<(), Error> {
    tx.require(Permission::PeopleWrite)?;
    let present = lock(tx, member).await?;
    if seen.is_some_and(|seen| seen != present.version) {
        return Err(MemberRefused::Stale { version: present.version }.into());
    }
    if !may_give(tx.actor().role(), role) {
        return Err(MemberRefused::TooHigh.into());
    }
    if present.role.is_staff() != role.is_staff() {
        return Err(MemberRefused::OtherSide.into());
    }
    if present.role == role {
        return Ok(());
    }
    if present.role == Role::Owner {
        keep_an_owner(tx, member).await?;
    }
    tx.execute(
        sql!("update memberships set role = $3, version = version + 1 where organization_id = $1 and id = $2"),
        &[tx.org(), member.as_uuid(), &role.word()],
    )
    .await?;
    tx.record(
        Change::new("member.role_changed", "membership", member)
            .before(serde_json::json!({"role": present.role}))
            .after(serde_json::json!({"role": role})),
    );
    Ok(())
}
