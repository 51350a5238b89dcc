//! The people of an archive. A person is who has an address; whoever has it here stays as they are, and only joins.
//!
//! Of an archive from elsewhere nobody knows whether its makers ever proved an address, so its people come in with
//! addresses to be confirmed again. The secret of an authenticator app is sealed with the key of its installation and
//! cannot come along; so that nobody gets in with less than before, who had one comes without a password, too, and
//! chooses a new one by a link to their address. An archive that was sealed with this installation's own key brings all.

use std::collections::HashMap;

use kernel::Email;
use kernel::id::{Id, OrganizationId, UserId};
use runtime::{Error, sql};
use serde_json::Value;
use tokio_postgres::Client;
use uuid::Uuid;

use super::tables::Table;
use super::{damaged, rows};
use crate::App;
use crate::people::address_key;

/// What became of the people of an archive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct People {
    /// Who is new here.
    pub new: u64,
    /// Who was known here by their address, and stays as they were.
    pub known: u64,
    /// Who has to choose a new password, because their second factor could not come along.
    pub without_password: u64,
}

/// The people of an organization who may have recovery codes.
///
/// # Errors
/// A fault of the database.
pub(super) async fn with_codes(client: &Client, organization: OrganizationId) -> Result<Vec<Uuid>, Error> {
    let rows = client
        .query(
            sql!(
                "select distinct u.id from memberships m join users u on u.id = m.user_id
                 where m.organization_id = $1 and u.totp_confirmed_at is not null order by u.id"
            ),
            &[organization.as_uuid()],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Takes in the people.
pub(super) struct Taking<'a> {
    pub(super) app: &'a App,
    pub(super) client: &'a Client,
    /// Whether this installation wrote the archive.
    pub(super) own: bool,
    /// The ids that people have here, by those that they have in the archive, where they differ.
    pub(super) moved: HashMap<Uuid, Uuid>,
    /// The people who are new.
    pub(super) fresh: Vec<Uuid>,
    pub(super) counts: People,
}

impl Taking<'_> {
    /// Takes in the staged lines of the table of users.
    ///
    /// # Errors
    /// A refusal, or a fault.
    pub(super) async fn users(&mut self, table: &Table) -> Result<(), Error> {
        let staged = self.client.query("select line from staged", &[]).await?;
        let mut wanted: Vec<(Uuid, Option<Vec<u8>>)> = Vec::new();
        for row in &staged {
            wanted.push(self.person(&row.get::<_, Value>(0))?);
        }
        let keys: Vec<&[u8]> = wanted.iter().filter_map(|(_, key)| key.as_deref()).collect();
        let ids: Vec<Uuid> = wanted.iter().map(|(id, _)| *id).collect();
        let rows = self
            .client
            .query(
                sql!(
                    "select email_hash, user_id from user_directory where email_hash = any ($1) or user_id = any ($2)"
                ),
                &[&keys, &ids],
            )
            .await?;
        let by_key: HashMap<Vec<u8>, Uuid> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let mut known: Vec<Uuid> = Vec::new();
        let mut entries: Vec<(Uuid, Vec<u8>)> = Vec::new();
        for (id, key) in wanted {
            let here = key.as_ref().and_then(|key| by_key.get(key).copied());
            if let Some(here) = here {
                known.push(id);
                self.counts.known += 1;
                self.goes(id, here);
                self.shut_out_squatter(here).await?;
                continue;
            }
            // Somebody else has the id here: addresses say who is who.
            let is_taken = by_key.values().any(|user| *user == id);
            let here = if is_taken { self.app.ids.next::<UserId>().uuid() } else { id };
            self.goes(id, here);
            self.fresh.push(id);
            self.counts.new += 1;
            entries.extend(key.map(|key| (here, key)));
        }
        self.client.execute("delete from staged where (line ->> 'id')::uuid = any ($1)", &[&known]).await?;
        self.write(table).await?;
        let (users, keys): (Vec<Uuid>, Vec<Vec<u8>>) = entries.into_iter().unzip();
        self.client
            .execute(
                sql!(
                    "insert into user_directory (email_hash, user_id) select k, u from unnest($1::bytea[], $2::uuid[]) as t(k, u)"
                ),
                &[&keys, &users],
            )
            .await?;
        Ok(())
    }

    /// Whoever signed up here with the address and never proved it may be anybody, and must not walk into the organization
    /// that comes: only a link to the address lets somebody in again.
    async fn shut_out_squatter(&mut self, user: Uuid) -> Result<(), Error> {
        self.see(Some(user)).await?;
        let shut_out = self
            .client
            .execute(
                sql!(
                    "update users set password_hash = null, totp_sealed = null, totp_confirmed_at = null,
                            totp_last_step = null
                     where id = $1 and email_verified_at is null"
                ),
                &[&user],
            )
            .await?;
        if shut_out == 1 {
            self.counts.without_password += 1;
            let now = self.app.clock.now();
            for statement in [
                sql!("update sessions set revoked_at = $2 where user_id = $1 and revoked_at is null"),
                sql!("update secret_links set used_at = $2 where user_id = $1 and used_at is null"),
            ] {
                self.client.execute(statement, &[&user, &now]).await?;
            }
        }
        self.see(None).await
    }

    fn goes(&mut self, id: Uuid, here: Uuid) {
        if id != here {
            self.moved.insert(id, here);
        }
    }

    /// Whose line it is, and the key of their address in the directory; none of whom has no address any more.
    fn person(&self, line: &Value) -> Result<(Uuid, Option<Vec<u8>>), Error> {
        let id = line["id"].as_str().and_then(|id| id.parse().ok()).ok_or_else(|| damaged("a person has no id"))?;
        if !line["anonymised_at"].is_null() {
            return Ok((id, None));
        }
        let email = line["email"].as_str().and_then(|email| email.parse::<Email>().ok());
        let email = email.filter(|email| line["email_folded"].as_str() == Some(email.folded().as_str()));
        let email = email.ok_or_else(|| damaged("a person has no good address"))?;
        Ok((id, Some(address_key(self.app.db.lookup(), &email))))
    }

    /// Writes the staged people who are new. Nobody is born with a confirmed address or a second factor (the policy
    /// "enter"), so what is confirmed follows, person by person.
    async fn write(&mut self, table: &Table) -> Result<(), Error> {
        self.client.batch_execute("truncate pg_temp.moved_people").await?;
        let (old, new): (Vec<Uuid>, Vec<Uuid>) = self.moved.iter().unzip();
        self.client
            .execute("insert into pg_temp.moved_people select * from unnest($1::uuid[], $2::uuid[])", &[&old, &new])
            .await?;
        let later = ["email_verified_at", "totp_sealed", "totp_confirmed_at", "totp_last_step", "anonymised_at"];
        let own = self.own;
        let insert = rows::into(table, &|column| match column.name.as_str() {
            "id" => Some("coalesce((select n.new from pg_temp.moved_people n where n.old = r.id), r.id)".to_owned()),
            "password_hash" if !own => {
                Some("case when r.totp_confirmed_at is null then r.password_hash end".to_owned())
            }
            name if later.contains(&name) => Some(format!("null::{}", column.kind)),
            _ => None,
        });
        self.client.batch_execute(&insert).await?;
        let query = "select (line ->> 'id')::uuid as id from staged
            where line ->> 'anonymised_at' is not null
               or ($1 and (line ->> 'email_verified_at' is not null or line ->> 'totp_sealed' is not null))";
        for row in self.client.query(query, &[&own]).await? {
            self.complete(row.get("id")).await?;
        }
        if !own {
            let without = "select count(*) from staged where line ->> 'totp_confirmed_at' is not null";
            let without: i64 = self.client.query_one(without, &[]).await?.get(0);
            self.counts.without_password += u64::try_from(without).unwrap_or(0);
        }
        Ok(())
    }

    async fn complete(&self, id: Uuid) -> Result<(), Error> {
        let here = self.moved.get(&id).copied().unwrap_or(id);
        self.see(Some(here)).await?;
        // A secret is sealed for the id that it was made under.
        let factor = self.own && here == id;
        let done = self
            .client
            .execute(
                "update users u set anonymised_at = (s.line ->> 'anonymised_at')::timestamptz,
                        email_verified_at = case when $3 then (s.line ->> 'email_verified_at')::timestamptz end,
                        totp_sealed = case when $4 then (s.line ->> 'totp_sealed')::bytea end,
                        totp_confirmed_at = case when $4 then (s.line ->> 'totp_confirmed_at')::timestamptz end,
                        totp_last_step = case when $4 then (s.line ->> 'totp_last_step')::bigint end
                   from staged s where u.id = $2 and s.line ->> 'id' = $1::text",
                &[&id.to_string(), &here, &self.own, &factor],
            )
            .await?;
        self.see(None).await?;
        if done == 1 { Ok(()) } else { Err(Error::internal("a person was not written")) }
    }

    /// Takes in the staged recovery codes of who is new; hashes under another installation's key open nothing here.
    ///
    /// # Errors
    /// A fault.
    pub(super) async fn codes(&self, table: &Table) -> Result<(), Error> {
        if !self.own {
            return Ok(());
        }
        let insert = rows::into(table, &|_| None);
        for row in self.client.query("select distinct (line ->> 'user_id')::uuid from staged", &[]).await? {
            let user: Uuid = row.get(0);
            if self.fresh.contains(&user) && !self.moved.contains_key(&user) {
                self.see(Some(user)).await?;
                self.client.batch_execute(&format!("{insert} where r.user_id = '{user}'")).await?;
            }
        }
        self.see(None).await
    }

    async fn see(&self, user: Option<Uuid>) -> Result<(), Error> {
        let text = user.map(|user| user.to_string()).unwrap_or_default();
        Ok(self.client.batch_execute(&format!("select set_config('retainer.user_id', '{text}', true)")).await?)
    }
}
