//! Granting a login, or a new password for one.

use kernel::Actor;
use kernel::id::{Id, OrganizationId};
use runtime::secret::Token;
use runtime::{Change, Error, Scope, record_apart, sql};
use tokio_postgres::Client;

use super::login::url;
use super::{LoginName, owner};
use crate::App;
use crate::organizations::require_open;

/// What each login's sessions are set to. A role may change its own settings, so these only keep an honest report from
/// running for ever; nothing that must not be seen depends on them.
const SETTINGS: &[&str] = &[
    "default_transaction_read_only = on",
    "statement_timeout = '60s'",
    "lock_timeout = '5s'",
    "idle_in_transaction_session_timeout = '60s'",
    "idle_session_timeout = '1h'",
    "timezone = 'UTC'",
];

/// The most sessions of one login at a time. Unlike the settings, the login cannot change it.
const SESSIONS: u32 = 5;

/// Which login.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The dialect, which is the contract's schema.
    pub dialect: &'static str,
    /// What people call the login.
    pub login: LoginName,
}

/// A login that may connect from now on.
#[derive(Clone, serde::Serialize)]
pub struct Granted {
    /// Its connection string, which holds the password and is never shown again.
    pub url: String,
    /// The role of PostgreSQL.
    pub role: String,
    /// Whether the login was there before and has got a new password.
    pub rotated: bool,
    /// Other databases of the server that the login may connect to, because everybody may. It sees nothing of Retainer
    /// there; what it may do there is decided there.
    pub also_connects: Vec<String>,
    /// How many connections all logins together may open.
    pub connections: i64,
    /// How many connections the server has for everybody.
    pub max_connections: i64,
}

impl std::fmt::Debug for Granted {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Granted({})", self.role)
    }
}

runtime::refusals! {
    /// Why a login was not granted.
    pub enum GrantRefused {
        /// The group role of the dialect is missing.
        NoContract { dialect: &'static str } => Conflict, "contract.missing", "This database has no contract \"{dialect}\" yet. Run `retainer migrate`.";
        /// The owner did not make the group role, and may not put anybody in it.
        NotOurs { group: String, owner: String } => Conflict, "contract.group_of_others", "The owner of this database may not put logins into the role {group}, which another installation made. As a superuser: grant {group} to {owner} with admin option";
    }
}

/// Makes the login, or gives it a new password and ends what was open with the old one.
///
/// # Errors
/// [`GrantRefused`], [`EndRefused`](super::EndRefused), or a fault, such as an owner without the right to make roles. After the
/// last two an old login may be shut; granting again opens it.
pub async fn grant(app: &App, organization: OrganizationId, actor: Actor, wanted: Grant) -> Result<Granted, Error> {
    let owner = app.db.owner().await?;
    let scope = Scope { organization, actor, now: app.clock.now(), request: None };
    let group = format!("retainer_contract_{}", wanted.dialect);
    let known = owner.query_opt(sql!("select 1 from pg_roles where rolname = $1"), &[&group]).await?;
    known.ok_or(GrantRefused::NoContract { dialect: wanted.dialect })?;
    require_rights(&owner, &group).await?;
    owner::harden(&owner).await?;
    finish_revoking(&owner, &scope, &wanted).await?;

    owner::begin(&owner, &scope).await?;
    require_open_here(&owner, &scope).await?;
    if let Some(role) = live(&owner, &scope, &wanted).await? {
        // Whoever is in could set a password of their own right after ours; nobody else waits while they are sent away.
        owner.batch_execute("rollback").await?;
        owner::shut(&owner, &role).await?;
        owner::begin(&owner, &scope).await?;
        require_open_here(&owner, &scope).await?;
    }
    let password = Token::new("rtc");
    let (role, rotated) = write(&owner, &scope, &wanted, &group, &scram(password.reveal())).await?;
    let what = serde_json::json!({ "dialect": wanted.dialect, "login": wanted.login.as_str(), "role": role });
    let action = if rotated { "contract.rotated" } else { "contract.granted" };
    let change = Change::new(action, "organization", scope.organization).after(what);
    record_apart(&owner, &scope, app.ids.next(), change).await?;
    owner.batch_execute("commit").await?;
    let url = url(app.db.owner_config(), &role, password.reveal());
    around(&owner, Granted { url, role, rotated, also_connects: Vec::new(), connections: 0, max_connections: 0 }).await
}

/// What whoever runs the server should know of it.
async fn around(owner: &Client, granted: Granted) -> Result<Granted, Error> {
    let row = owner
        .query_one(
            sql!(
                "select array(select datname::text from pg_database where datallowconn and datname <> current_database()
                            and has_database_privilege($1::text, oid, 'connect') order by 1) as others,
                        (select coalesce(sum(rolconnlimit), 0)::bigint from pg_roles
                          where rolname ~ '^contract_[0-9a-z]{16}$' and rolcanlogin) as connections,
                        current_setting('max_connections')::bigint as max_connections"
            ),
            &[&granted.role],
        )
        .await?;
    Ok(Granted {
        also_connects: row.get("others"),
        connections: row.get("connections"),
        max_connections: row.get("max_connections"),
        ..granted
    })
}

/// Whether the owner may put logins into the group, which belongs to the whole server.
async fn require_rights(owner: &Client, group: &str) -> Result<(), Error> {
    let row = owner
        .query_one(
            sql!(
                "select current_user::text, pg_has_role(current_user, $1::text, 'member with admin option')
                     or r.rolsuper or (r.rolcreaterole and current_setting('server_version_num')::integer < 160000)
                 from pg_roles r where r.rolname = current_user"
            ),
            &[&group],
        )
        .await?;
    if row.get(1) { Ok(()) } else { Err(GrantRefused::NotOurs { group: group.to_owned(), owner: row.get(0) }.into()) }
}

/// Nobody is let in any more where everything ends soon.
async fn require_open_here(owner: &Client, scope: &Scope) -> Result<(), Error> {
    let id = scope.organization.as_uuid();
    let closes = owner
        .query_one(sql!("select closes_at from organizations where organization_id = $1 and id = $1 for share"), &[id])
        .await?;
    Ok(require_open(closes.get("closes_at"))?)
}

/// The role of the login, if there is one by this name.
async fn live(owner: &Client, scope: &Scope, wanted: &Grant) -> Result<Option<String>, Error> {
    let row = owner
        .query_opt(
            sql!(
                "select role_name from contract_logins
                 where organization_id = $1 and dialect = $2 and login = $3 and revoked_at is null"
            ),
            &[scope.organization.as_uuid(), &wanted.dialect, &wanted.login.as_str()],
        )
        .await?;
    Ok(row.map(|row| row.get("role_name")))
}

/// Writes role and row; the role's name, and whether it was there before.
async fn write(
    owner: &Client,
    scope: &Scope,
    wanted: &Grant,
    group: &str,
    verifier: &str,
) -> Result<(String, bool), Error> {
    let (organization, login) = (scope.organization.as_uuid(), wanted.login.as_str());
    let row = owner
        .query_opt(
            sql!(
                "update contract_logins set rotated_at = $4
                 where organization_id = $1 and dialect = $2 and login = $3 and revoked_at is null returning role_name"
            ),
            &[organization, &wanted.dialect, &login, &scope.now],
        )
        .await?;
    let rotated = row.is_some();
    let role = row.map_or_else(new_role_name, |row| row.get(0));
    if rotated {
        owner.batch_execute(&format!("alter role {role} login password '{verifier}'")).await?;
    } else {
        let make =
            format!("create role {role} login connection limit {SESSIONS} in role {group} password '{verifier}'");
        owner.batch_execute(&make).await?;
        owner
            .execute(
                sql!(
                    "insert into contract_logins (role_name, organization_id, dialect, login, granted_at)
                     values ($1, $2, $3, $4, $5)"
                ),
                &[&role, organization, &wanted.dialect, &login, &scope.now],
            )
            .await?;
    }
    let settings = SETTINGS.iter().map(|setting| format!("alter role {role} set {setting}"));
    let path = format!("alter role {role} set search_path = {}", wanted.dialect);
    owner.batch_execute(&settings.chain([path]).collect::<Vec<_>>().join(";")).await?;
    keep_off_the_disk(owner, &role).await?;
    Ok((role, rotated))
}

/// What sorting and hashing may write to the disk, in each session; the login cannot change it. Only a superuser may say so,
/// or whom they let: on a PostgreSQL that is not ours it is for whoever runs that one.
async fn keep_off_the_disk(owner: &Client, role: &str) -> Result<(), Error> {
    let may = sql!("select has_parameter_privilege('temp_file_limit', 'set') as may");
    if owner.query_one(may, &[]).await?.get("may") {
        owner.batch_execute(&format!("alter role {role} set temp_file_limit = '1GB'")).await?;
    }
    Ok(())
}

/// A revocation that was interrupted left a role that sees nothing; it goes before the name is used again.
async fn finish_revoking(owner: &Client, scope: &Scope, wanted: &Grant) -> Result<(), Error> {
    let left = owner
        .query_opt(
            sql!(
                "select role_name from contract_logins
                 where organization_id = $1 and dialect = $2 and login = $3 and revoked_at is not null"
            ),
            &[scope.organization.as_uuid(), &wanted.dialect, &wanted.login.as_str()],
        )
        .await?;
    match left {
        Some(row) => owner::end_role(owner, row.get(0)).await,
        None => Ok(()),
    }
}

/// Names are listed to every login of the cluster, so they say nothing.
fn new_role_name() -> String {
    format!("contract_{}", hex::encode(rand::random::<[u8; 8]>()))
}

/// What PostgreSQL keeps of a password, so that the password itself appears in no statement and no log.
fn scram(password: &str) -> String {
    postgres_protocol::password::scram_sha_256(password.as_bytes())
}
