//! Reading logins.

use jiff::Timestamp;
use kernel::id::{Id, OrganizationId};
use runtime::{Error, sql};

use crate::App;

/// A login as an operator sees it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Login {
    /// What people call it.
    pub login: String,
    /// The dialect whose contract it reads.
    pub dialect: String,
    /// The role of PostgreSQL.
    pub role: String,
    /// Since when.
    pub granted_at: Timestamp,
    /// When it got its present password, if that was later.
    pub rotated_at: Option<Timestamp>,
    /// How many sessions are open now.
    pub sessions: i64,
}

/// All logins of an organization that were not revoked.
///
/// # Errors
/// A fault.
pub async fn list(app: &App, organization: OrganizationId) -> Result<Vec<Login>, Error> {
    let owner = app.db.owner().await?;
    let rows = owner
        .query(
            sql!(
                "select l.login, l.dialect, l.role_name, l.granted_at, l.rotated_at,
                        (select count(*) from pg_stat_activity a where a.usename = l.role_name) as sessions
                 from contract_logins l where l.organization_id = $1 and l.revoked_at is null order by 2, 1"
            ),
            &[organization.as_uuid()],
        )
        .await?;
    let login = |row: &tokio_postgres::Row| Login {
        login: row.get("login"),
        dialect: row.get("dialect"),
        role: row.get("role_name"),
        granted_at: row.get("granted_at"),
        rotated_at: row.get("rotated_at"),
        sessions: row.get("sessions"),
    };
    Ok(rows.iter().map(login).collect())
}
