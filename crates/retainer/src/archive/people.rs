//! The people of an archive. A person is who has an address; whoever has it here stays as they are, and only joins.
//!
//! Of an archive from elsewhere nobody knows whether its makers ever proved an address, so its people come in with
//! addresses to be confirmed again. The secret of an authenticator app is sealed with the key of its installation and
//! cannot come along; so that nobody gets in with less than before, who had one comes without a password, too, and
//! chooses a new one by a link to their address. An archive that was sealed with this installation's own key brings all.

use std::collections::{HashMap, HashSet};

use kernel::Email;
use kernel::id::{Id, UserId};
use runtime::{Error, sql};
use serde_json::Value;
use tokio_postgres::Client;
use uuid::Uuid;

use super::load::{here, refused};
use super::tables::Table;
use super::{ArchiveRefused, damaged, rows};
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

/// What proves who somebody is, among the columns of a person.
pub(super) const SECRETS: [&str; 4] = ["password_hash", "totp_sealed", "totp_confirmed_at", "totp_last_step"];

/// The people whose recovery codes go along.
///
/// # Errors
/// A fault of the database.
pub(super) async fn with_codes(client: &Client) -> Result<Vec<Uuid>, Error> {
    let query = "select u.id from users u join pg_temp.keeps_secrets k on k.id = u.id
        where u.totp_confirmed_at is not null order by u.id";
    Ok(client.query(query, &[]).await?.iter().map(|row| row.get(0)).collect())
}

/// Takes in the people.
pub(super) struct Taking<'a> {
    pub(super) app: &'a App,
    pub(super) client: &'a Client,
    /// Whether this installation wrote the archive.
    pub(super) own: bool,
    /// The ids that people have here, by those that they have in the archive: of everybody who is in it.
    pub(super) here: HashMap<Uuid, Uuid>,
    /// The people who are new.
    pub(super) fresh: Vec<Uuid>,
    /// What the directory is to know of them.
    pub(super) entries: Vec<(Uuid, Vec<u8>)>,
    pub(super) counts: People,
}

/// Who is here already.
struct Known {
    by_key: HashMap<Vec<u8>, Uuid>,
    ids: HashSet<Uuid>,
}

impl<'a> Taking<'a> {
    pub(super) fn new(app: &'a App, client: &'a Client, own: bool) -> Self {
        let (here, fresh, entries) = (HashMap::new(), Vec::new(), Vec::new());
        Self { app, client, own, here, fresh, entries, counts: People::default() }
    }

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
        let known = self.known(&wanted).await?;
        let (mut stay, mut pairs): (Vec<Uuid>, Vec<(Uuid, Uuid)>) = (Vec::new(), Vec::new());
        for (id, key) in wanted {
            let is_here = known.ids.contains(&id);
            // Our own ids are who they were, whatever their address is now. Of an archive from elsewhere addresses say it.
            let by_address = || key.as_ref().and_then(|key| known.by_key.get(key).copied());
            let same = if self.own && is_here { Some(id) } else { by_address() };
            let here = match same {
                Some(here) => {
                    stay.push(id);
                    self.counts.known += 1;
                    if here != id || !self.own {
                        self.shut_out_squatter(here).await?;
                    }
                    here
                }
                None => {
                    let here = if is_here { self.app.ids.next::<UserId>().uuid() } else { id };
                    self.fresh.push(id);
                    self.counts.new += 1;
                    self.entries.extend(key.map(|key| (here, key)));
                    here
                }
            };
            self.here.insert(id, here);
            pairs.push((id, here));
        }
        self.client.execute("delete from staged where (line ->> 'id')::uuid = any ($1)", &[&stay]).await?;
        let (old, new): (Vec<Uuid>, Vec<Uuid>) = pairs.into_iter().unzip();
        let note = "insert into pg_temp.people_of_archive select * from unnest($1::uuid[], $2::uuid[])";
        self.client.execute(note, &[&old, &new]).await.map_err(|error| refused(table, error))?;
        self.write(table).await
    }

    async fn known(&self, wanted: &[(Uuid, Option<Vec<u8>>)]) -> Result<Known, Error> {
        let keys: Vec<&[u8]> = wanted.iter().filter_map(|(_, key)| key.as_deref()).collect();
        let ids: Vec<Uuid> = wanted.iter().map(|(id, _)| *id).collect();
        let found = sql!("select email_hash, user_id from user_directory where email_hash = any ($1)");
        let by_key = self.client.query(found, &[&keys]).await?;
        let ids = self.client.query(sql!("select people_here($1)"), &[&ids]).await?;
        Ok(Known {
            by_key: by_key.iter().map(|row| (row.get(0), row.get(1))).collect(),
            ids: ids.iter().map(|row| row.get(0)).collect(),
        })
    }

    /// Lets the new people be found by their addresses. It comes last, because whoever signs up with one of them meanwhile
    /// would have to wait.
    ///
    /// # Errors
    /// A refusal when somebody has done so.
    pub(super) async fn enter(&self) -> Result<(), Error> {
        let (users, keys): (Vec<Uuid>, Vec<&[u8]>) = self.entries.iter().map(|(user, key)| (*user, &key[..])).unzip();
        let entered = self
            .client
            .execute(
                sql!(
                    "insert into user_directory (email_hash, user_id)
                     select k, u from unnest($1::bytea[], $2::uuid[]) as t(k, u) on conflict do nothing"
                ),
                &[&keys, &users],
            )
            .await?;
        if entered == users.len() as u64 { Ok(()) } else { Err(ArchiveRefused::AddressTaken.into()) }
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
        let later = ["email_verified_at", "totp_sealed", "totp_confirmed_at", "totp_last_step", "anonymised_at"];
        let own = self.own;
        let insert = rows::into(table, &|column| match column.name.as_str() {
            "id" => Some(here("id")),
            "password_hash" if !own => {
                Some("case when r.totp_confirmed_at is null then r.password_hash end".to_owned())
            }
            name if later.contains(&name) => Some(format!("null::{}", column.kind)),
            _ => None,
        });
        self.client.batch_execute(&insert).await.map_err(|error| refused(table, error))?;
        self.client.batch_execute(&COMPLETE.replace("{own}", if own { "true" } else { "false" })).await?;
        if !own {
            let without = "select count(*) from staged where line ->> 'totp_confirmed_at' is not null";
            let without: i64 = self.client.query_one(without, &[]).await?.get(0);
            self.counts.without_password += u64::try_from(without).unwrap_or(0);
        }
        Ok(())
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
            if self.fresh.contains(&user) && self.here.get(&user) == Some(&user) {
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

/// What is confirmed of the staged people who are new. A secret is sealed for the id that it was made under.
const COMPLETE: &str = "do $people$
    declare
        s record;
    begin
        for s in
            select n.new, n.old = n.new as is_same, line from staged join pg_temp.people_of_archive n on n.old = (line ->> 'id')::uuid
            where line ->> 'anonymised_at' is not null
                or ({own} and (line ->> 'email_verified_at' is not null or line ->> 'totp_sealed' is not null))
        loop
            perform set_config('retainer.user_id', s.new::text, true);
            update users u set anonymised_at = (s.line ->> 'anonymised_at')::timestamptz,
                email_verified_at = case when {own} then (s.line ->> 'email_verified_at')::timestamptz end,
                totp_sealed = case when {own} and s.is_same then (s.line ->> 'totp_sealed')::bytea end,
                totp_confirmed_at = case when {own} and s.is_same then (s.line ->> 'totp_confirmed_at')::timestamptz end,
                totp_last_step = case when {own} and s.is_same then (s.line ->> 'totp_last_step')::bigint end
            where u.id = s.new;
            if not found then
                raise exception 'a person was not written';
            end if;
        end loop;
        perform set_config('retainer.user_id', '', true);
    end
    $people$";
