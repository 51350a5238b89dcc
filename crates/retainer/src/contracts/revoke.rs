//! Ending a login.

use kernel::Actor;
use kernel::id::{Id, OrganizationId};
use runtime::{Change, Error, Scope, record_apart, sql};

use super::{LoginName, owner};
use crate::App;

runtime::refusals! {
    /// Why a login was not revoked.
    pub enum RevokeRefused {
        /// There is none of this name.
        Unknown { login: LoginName } => NotFound, "contract.login_unknown", "There is no login \"{login}\" for this contract.";
    }
}

/// Ends a login: it sees nothing more, its sessions are ended, its role is dropped. That it sees nothing is committed first
/// and by itself, because a login can stand in the way of all the rest.
///
/// # Errors
/// [`RevokeRefused`], [`EndRefused`](super::EndRefused), or a fault; after the last two the login sees nothing, and revoking
/// again finishes it.
pub async fn revoke(
    app: &App,
    organization: OrganizationId,
    actor: Actor,
    dialect: &'static str,
    login: &LoginName,
) -> Result<(), Error> {
    let owner = app.db.owner().await?;
    let scope = Scope { organization, actor, now: app.clock.now(), request: None };
    owner::begin(&owner, &scope).await?;
    let row = owner
        .query_opt(
            sql!(
                "select role_name, revoked_at is null from contract_logins
                 where organization_id = $1 and dialect = $2 and login = $3"
            ),
            &[organization.as_uuid(), &dialect, &login.as_str()],
        )
        .await?;
    let row = row.ok_or_else(|| RevokeRefused::Unknown { login: login.clone() })?;
    let (role, is_live): (String, bool) = (row.get(0), row.get(1));
    if is_live {
        let mark = sql!("update contract_logins set revoked_at = $2 where role_name = $1");
        owner.execute(mark, &[&role, &scope.now]).await?;
        let what = serde_json::json!({ "dialect": dialect, "login": login.as_str(), "role": role });
        let change = Change::new("contract.revoked", "organization", organization).before(what);
        record_apart(&owner, &scope, app.ids.next(), change).await?;
    }
    owner.batch_execute("commit").await?;
    owner::end_role(&owner, &role).await
}

/// Ends all logins of an organization that is being removed. What is recorded would go with it.
///
/// # Errors
/// A fault; those that are left see nothing, and the next call ends them.
pub async fn end_all(app: &App, organization: OrganizationId) -> Result<(), Error> {
    let owner = app.db.owner().await?;
    let mark = sql!(
        "update contract_logins set revoked_at = coalesce(revoked_at, $2) where organization_id = $1 returning role_name"
    );
    for row in owner.query(mark, &[organization.as_uuid(), &app.clock.now()]).await? {
        owner::end_role(&owner, row.get("role_name")).await?;
    }
    Ok(())
}
