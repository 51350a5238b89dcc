//! The people of an archive. A person is who has an address; whoever has it here stays as they are, and only joins. Who has
//! it here without ever having proved it may be anybody, so they do not join: they are invited.
//!
//! Of an archive from elsewhere nobody knows whether its makers ever proved an address, so its people come in with
//! addresses to be confirmed again. The secret of an authenticator app is sealed with the key of its installation and
//! cannot come along; so that nobody gets in with less than before, who had one comes without a password, too, and
//! chooses a new one by a link to their address. An archive that was sealed with this installation's own key brings all.

use std::collections::HashMap;

use kernel::Email;
use kernel::id::{Id, UserId};
use runtime::{Error, sql};
use serde_json::Value;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use super::load::{here, refused};
use super::sound::{is_zone, unknown};
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
    /// Those of them who never proved that the address is theirs: anybody may have signed up with it here, so they do not
    /// join, and are invited by mail instead.
    pub invited: u64,
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

/// Takes in the people. Who of the archive is whom here stands in "people_of_archive".
pub(super) struct Taking<'a> {
    pub(super) app: &'a App,
    pub(super) client: &'a Client,
    /// Whether this installation wrote the archive.
    pub(super) own: bool,
    pub(super) counts: People,
}

/// Who is here already.
struct Known {
    by_key: HashMap<Vec<u8>, Uuid>,
    /// Whether each has proved that the address is theirs.
    proved: HashMap<Uuid, bool>,
}

/// Who of the archive is whom here, column by column, as one statement takes them.
#[derive(Default)]
struct Notes {
    old: Vec<Uuid>,
    new: Vec<Uuid>,
    fresh: Vec<bool>,
    unproved: Vec<bool>,
    keys: Vec<Option<Vec<u8>>>,
}

impl<'a> Taking<'a> {
    pub(super) fn new(app: &'a App, client: &'a Client, own: bool) -> Self {
        Self { app, client, own, counts: People::default() }
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
        let mut notes = Notes::default();
        for (id, key) in wanted {
            let is_here = known.proved.contains_key(&id);
            // Our own ids are who they were, whatever their address is now, and nobody else can have taken them. Of an
            // archive from elsewhere addresses say who is who.
            let same_id = (self.own && is_here).then_some(id);
            let same = same_id.or_else(|| key.as_ref().and_then(|key| known.by_key.get(key).copied()));
            let new = same.unwrap_or_else(|| if is_here { self.app.ids.next::<UserId>().uuid() } else { id });
            let may_be_anybody = same.is_some() && same_id.is_none() && known.proved.get(&new) != Some(&true);
            self.counts.known += u64::from(same.is_some());
            self.counts.new += u64::from(same.is_none());
            self.counts.invited += u64::from(may_be_anybody);
            notes.old.push(id);
            notes.new.push(new);
            notes.fresh.push(same.is_none());
            notes.unproved.push(may_be_anybody);
            notes.keys.push(key);
        }
        let Notes { old, new, fresh, unproved, keys } = &notes;
        self.client.execute(NOTE, &[old, new, fresh, unproved, keys]).await.map_err(|error| refused(table, error))?;
        self.write(table).await
    }

    async fn known(&self, wanted: &[(Uuid, Option<Vec<u8>>)]) -> Result<Known, Error> {
        let keys: Vec<&[u8]> = wanted.iter().filter_map(|(_, key)| key.as_deref()).collect();
        let found = sql!("select email_hash, user_id from user_directory where email_hash = any ($1)");
        let found = self.client.query(found, &[&keys]).await?;
        let by_key: HashMap<Vec<u8>, Uuid> = found.iter().map(|row| (row.get(0), row.get(1))).collect();
        let ids: Vec<Uuid> = wanted.iter().map(|(id, _)| *id).chain(by_key.values().copied()).collect();
        let here = self.client.query(sql!("select id, proved from people_here($1)"), &[&ids]).await?;
        Ok(Known { by_key, proved: here.iter().map(|row| (row.get("id"), row.get("proved"))).collect() })
    }

    /// Lets the new people be found by their addresses. It comes last, because whoever signs up with one of them meanwhile
    /// would have to wait.
    ///
    /// # Errors
    /// A refusal when somebody has done so.
    pub(super) async fn enter(&self) -> Result<(), Error> {
        self.client.batch_execute(ENTER).await.map_err(|error| match error.code() {
            Some(&SqlState::UNIQUE_VIOLATION) => ArchiveRefused::AddressTaken.into(),
            _ => Error::from(error),
        })
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
        if let Some(zone) = line["time_zone"].as_str().filter(|zone| !is_zone(zone)) {
            return Err(unknown("time zone", zone.to_owned()));
        }
        Ok((id, Some(address_key(self.app.db.lookup(), &email))))
    }

    /// Writes the staged people who are new. Nobody is born with a confirmed address or a second factor (the policy
    /// "enter"), so what is confirmed follows, person by person.
    async fn write(&mut self, table: &Table) -> Result<(), Error> {
        let fresh = "delete from staged where not exists (
            select from pg_temp.people_of_archive n where n.old = (line ->> 'id')::uuid and n.fresh)";
        self.client.batch_execute(fresh).await?;
        let later = ["email_verified_at", "totp_sealed", "totp_confirmed_at", "totp_last_step", "anonymised_at"];
        let own = self.own;
        let insert = rows::into(table, &|column| match column.name.as_str() {
            "id" => Some(here("id")),
            "email" | "email_folded" => Some(format!(
                "case when r.anonymised_at is null then 'arriving-' || {0} || '@arriving.invalid'
                else 'former-' || prefixed_id('usr', {0}) || '@anonymised.invalid' end",
                here("id")
            )),
            "password_hash" if !own => {
                Some("case when r.totp_confirmed_at is null then r.password_hash end".to_owned())
            }
            name if later.contains(&name) => Some(format!("null::{}", column.kind)),
            _ => None,
        });
        self.client.batch_execute(&insert).await.map_err(|error| refused(table, error))?;
        let addresses =
            "update pg_temp.people_of_archive n set email = line ->> 'email', email_folded = line ->> 'email_folded'
            from staged where n.old = (line ->> 'id')::uuid and n.email_hash is not null";
        self.client.batch_execute(addresses).await?;
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
        let whose = "select distinct n.new from staged
            join pg_temp.people_of_archive n on n.old = (line ->> 'user_id')::uuid and n.fresh and n.new = n.old";
        for row in self.client.query(whose, &[]).await? {
            let user: Uuid = row.get(0);
            self.see(Some(user)).await?;
            self.client.batch_execute(&format!("{insert} where r.user_id = '{user}'")).await?;
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

/// Who of the archive is whom here.
const NOTE: &str = "insert into pg_temp.people_of_archive (old, new, fresh, unproved, email_hash)
    select * from unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::boolean[], $5::bytea[])";

/// Gives those who are new the addresses by which others know them.
const ENTER: &str = "do $people$
    declare
        n record;
    begin
        for n in select * from pg_temp.people_of_archive where fresh and email_hash is not null order by email_folded loop
            perform set_config('retainer.user_id', n.new::text, true);
            update users set email = n.email, email_folded = n.email_folded where id = n.new;
            insert into user_directory (email_hash, user_id) values (n.email_hash, n.new);
        end loop;
        perform set_config('retainer.user_id', '', true);
    end
    $people$";
