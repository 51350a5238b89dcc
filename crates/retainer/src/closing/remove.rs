//! Removing everything of an organization whose time is over.
//!
//! It runs as the owner of the tables, because the application may remove hardly anything; row-level security binds the
//! owner, too, so nothing of anybody else's is in reach. Small batches, each lasting by itself: whoever dies on the way
//! leaves less for the next.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use kernel::id::{Id, OrganizationId};
use runtime::{Error, sql, turn};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Transaction};

use crate::App;
use crate::archive::tables::{self, Table};
use crate::{contracts, sample};

/// How many rows go at once.
const BATCH: i64 = 2_000;

/// Removes an organization, or as much of it as can be removed in the time given; the next call goes on. One that is open,
/// or whose time is not over, is left alone.
///
/// # Errors
/// A fault; what was removed until then stays removed, and the next call goes on.
pub async fn remove(app: &App, organization: OrganizationId, until: Duration) -> Result<(), Error> {
    let begun = Instant::now();
    let mut owner = app.db.owner().await?;
    let setting = format!("select set_config('retainer.organization_id', '{}', false)", organization.uuid());
    owner.batch_execute(&format!("set lock_timeout = '10s'; {setting}")).await?;
    // The clock ticks again while a large one is being removed; one remover is enough. The turn ends with the connection.
    if !take_turn(&owner, organization).await? {
        return Ok(());
    }
    let removal = Removal { organization, now: app.clock.now() };
    if !removal.begin(&mut owner).await? {
        return Ok(());
    }
    app.directory.forget();
    sample::close_of(app, organization).await?;
    // A role that cannot be ended yet keeps nothing else from going; it sees nothing any more.
    if let Err(error) = contracts::end_all(app, organization).await {
        tracing::warn!(%organization, %error, "not all logins of a contract are ended yet");
    }
    // Each table after those that refer to it. Whoever refers to a person goes before the memberships. Logins are roles
    // of PostgreSQL, too, and end by their verb.
    let mut tables = tables::all(&owner).await?;
    tables.reverse();
    tables.retain(|table| table.name != "organizations" && table.name != "contract_logins");
    for table in &tables {
        loop {
            match removal.batch(&mut owner, table).await? {
                0 => break,
                _ if begun.elapsed() > until => return Ok(()),
                _ => {}
            }
        }
    }
    app.files.remove_all(organization).await?;
    contracts::end_all(app, organization).await?;
    removal.end(&mut owner).await
}

/// Takes the turn of an organization's removal for as long as the connection lives, also to hold a removal off; false when
/// somebody else has it.
///
/// # Errors
/// A fault.
pub async fn take_turn(owner: &Client, organization: OrganizationId) -> Result<bool, Error> {
    let key = turn::key_of(owner, &format!("removal:{}", organization.uuid())).await?;
    turn::try_take(owner, owner, key).await
}

#[derive(Debug, Clone, Copy)]
struct Removal {
    organization: OrganizationId,
    now: Timestamp,
}

impl Removal {
    /// A transaction in which what is append only may be removed, if this is still to be removed. Whoever keeps the
    /// organization comes before it, and then it is kept, or after it, and is refused.
    async fn door<'a>(&self, owner: &'a mut Client) -> Result<Option<Transaction<'a>>, Error> {
        let tx = owner.transaction().await?;
        let is_over = tx
            .query_opt(
                sql!(
                    "select set_config('retainer.removing', 'on', true) from organizations
                     where organization_id = $1 and id = $1 and (removal_begun_at is not null or closes_at <= $2 or making_ends_at <= $2) for update"
                ),
                &[self.organization.as_uuid(), &self.now],
            )
            .await?;
        Ok(is_over.map(|_| tx))
    }

    /// Writes down that it begins, frees the organization's word, and takes away what was ordered to be done.
    async fn begin(&self, owner: &mut Client) -> Result<bool, Error> {
        let Some(tx) = self.door(owner).await? else { return Ok(false) };
        let id = self.organization.as_uuid();
        let begins = tx
            .execute(
                sql!(
                    "update organizations set removal_begun_at = $2
                     where organization_id = $1 and id = $1 and removal_begun_at is null"
                ),
                &[id, &self.now],
            )
            .await?;
        if begins == 1 {
            tx.execute(
                "insert into deleted_organizations (id, asked_at, begun_at)
                 select organization_id, coalesce(closing_since, making_ends_at), $2 from organizations
                 where organization_id = $1 and id = $1
                   and not exists (select from deleted_organizations where id = $1 and ended_at is null)",
                &[id, &self.now],
            )
            .await?;
            // All servers forget who was signed in, and where the word led. It does not say whose: anybody may listen.
            tx.execute("select pg_notify('retainer_sessions', '')", &[]).await?;
        }
        tx.execute("delete from organization_slugs where organization_id = $1", &[id]).await?;
        tx.execute(
            "delete from graphile_worker._private_jobs where payload ->> 'organization' = $1",
            &[&self.organization.to_string()],
        )
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Removes some rows of a table; how many there were.
    async fn batch(&self, owner: &mut Client, table: &Table) -> Result<u64, Error> {
        let Some(tx) = self.door(owner).await? else { return Ok(0) };
        let name = &table.name;
        // A row that others of its table name goes after them.
        let named: String = table
            .own
            .iter()
            .map(|column| {
                format!(" and not exists (select from \"{name}\" c where c.organization_id = t.organization_id and c.\"{column}\" = t.id)")
            })
            .collect();
        let some = format!(
            "delete from \"{name}\" where organization_id = $1 and ctid = any (array(
                select t.ctid from \"{name}\" t where t.organization_id = $1{named} limit $2))"
        );
        let id = self.organization.as_uuid();
        let removed = if name == "memberships" {
            let people = tx.query(&format!("{some} returning user_id"), &[id, &BATCH]).await?;
            for row in &people {
                forget(&tx, row.get(0), self.now).await?;
            }
            people.len() as u64
        } else {
            tx.execute(&some, &[id, &BATCH]).await?
        };
        if removed > 0 {
            tx.execute(
                "update deleted_organizations
                    set removed = removed || jsonb_build_object($2::text, coalesce((removed ->> $2)::bigint, 0) + $3)
                  where id = $1 and ended_at is null",
                &[id, name, &i64::try_from(removed).unwrap_or(i64::MAX)],
            )
            .await?;
        }
        tx.commit().await?;
        Ok(removed)
    }

    /// Removes the organization itself.
    async fn end(&self, owner: &mut Client) -> Result<(), Error> {
        let Some(tx) = self.door(owner).await? else { return Ok(()) };
        let id = self.organization.as_uuid();
        tx.execute("delete from organizations where organization_id = $1 and id = $1", &[id]).await?;
        tx.execute(
            "update deleted_organizations set ended_at = $2 where id = $1 and ended_at is null",
            &[id, &self.now],
        )
        .await?;
        tx.commit().await?;
        tracing::info!(organization = %self.organization, "an organization was removed: its time was over");
        Ok(())
    }
}

/// Removes a person who belongs nowhere any more, not even as a former member. Who is named elsewhere all the same, as
/// somebody whom another organization wrote to, stays as nobody in particular.
async fn forget(tx: &Transaction<'_>, user: uuid::Uuid, now: Timestamp) -> Result<(), Error> {
    tx.execute(sql!("select set_config('retainer.user_id', $1, true)"), &[&user.to_string()]).await?;
    // In any organization: they see what they are elsewhere, too.
    let anywhere = "select exists (select from memberships where user_id = $1)";
    let belongs: bool = tx.query_one(anywhere, &[&user]).await?.get(0);
    if !belongs {
        tx.batch_execute("savepoint person").await?;
        match delete(tx, user).await {
            Err(error) if error.code() == Some(&SqlState::FOREIGN_KEY_VIOLATION) => {
                tx.batch_execute("rollback to savepoint person").await?;
                tx.query_one(sql!("select forget_person($1, $2)"), &[&user, &now]).await?;
            }
            deleted => deleted?,
        }
        tx.batch_execute("release savepoint person").await?;
    }
    tx.execute(sql!("select set_config('retainer.user_id', '', true)"), &[]).await.map(drop).map_err(Error::from)
}

async fn delete(tx: &Transaction<'_>, user: uuid::Uuid) -> Result<(), tokio_postgres::Error> {
    // Links that were sent to them from elsewhere are theirs alone.
    for table in ["secret_links", "recovery_codes", "user_directory"] {
        tx.execute(&format!("delete from {table} where user_id = $1"), &[&user]).await?;
    }
    tx.execute("delete from users where id = $1", &[&user]).await.map(drop)
}
