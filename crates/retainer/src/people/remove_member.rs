//! Ending a membership.

use kernel::id::{Id, MembershipId};
use kernel::{Permission, Role};
use runtime::{Change, Error, Tx, sql};

use super::change_role::{keep_an_owner, lock};

/// Ends a membership: the person's sessions here end at once, what they did stays. Everybody may leave by themselves,
/// except the last owner.
///
/// # Errors
/// [`super::MemberRefused`], `permission.missing`, or a fault.
pub async fn remove_member(tx: &Tx, member: MembershipId) -> Result<(), Error> {
    let present = lock(tx, member).await?;
    let is_own = matches!(tx.actor().kind, kernel::ActorKind::User { membership, .. } if membership == member);
    if !is_own {
        let needed = if present.role == Role::Customer { Permission::CustomersWrite } else { Permission::PeopleWrite };
        tx.require(needed)?;
    }
    if present.role == Role::Owner {
        keep_an_owner(tx, member).await?;
    }
    let now = tx.now();
    let params: &[&(dyn tokio_postgres::types::ToSql + Sync)] = &[tx.org(), member.as_uuid(), &now];
    tokio::try_join!(
        tx.execute(
            sql!("update memberships set ended_at = $3, version = version + 1 where organization_id = $1 and id = $2"),
            params,
        ),
        tx.execute(
            sql!(
                "update sessions set revoked_at = $3
                 where organization_id = $1 and membership_id = $2 and revoked_at is null"
            ),
            params,
        ),
    )?;
    tx.record(Change::new("member.removed", "membership", member).before(serde_json::json!({"role": present.role})));
    Ok(())
}
