//! From the lines of an archive into the tables, in one transaction, in constant memory.

use bytes::Bytes;
use futures_util::{SinkExt, pin_mut};
use kernel::id::Id;
use kernel::id::OrganizationId;
use runtime::Error;
use runtime::carry::{Doing, Progress, Watch};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::check::agree;
use super::manifest::Manifest;
use super::people::Taking;
use super::rows::{COPY, into, names_another};
use super::tables::{Column, Table};
use super::unpack::{Found, Piece};
use super::{ArchiveRefused, damaged};
use crate::organizations::Slug;

/// Where lines stand before they are rows, and who of the archive is whom here.
pub(super) const STAGES: &str = "create temp table staged (line jsonb not null) on commit drop;
    create temp table waiting (line jsonb not null) on commit drop;
    create temp table people_of_archive (old uuid primary key, new uuid not null, fresh boolean not null,
        unproved boolean not null, email_hash bytea, email text, email_folded text) on commit drop";

/// A sequence of the installation's, and how far it was when the import began.
pub(super) struct Counter {
    pub(super) table: String,
    pub(super) column: String,
    pub(super) sequence: String,
    pub(super) last: i64,
}

impl Counter {
    /// Whether the numbers are read as integers of four bytes.
    pub(super) fn is_few(&self) -> bool {
        self.column == "contract_number"
    }
}

/// An import under way.
pub(super) struct Loading<'a> {
    pub(super) client: &'a Client,
    pub(super) manifest: &'a Manifest,
    /// The tables of the archive, in its order.
    pub(super) tables: &'a [Table],
    pub(super) people: Taking<'a>,
    /// The word that the organization has here.
    pub(super) slug: &'a Slug,
    /// The installation's own numbers.
    pub(super) counters: &'a [Counter],
    pub(super) watch: Watch<'a>,
    /// The file that is being read, counted from one; 0 before the first.
    pub(super) at: usize,
    pub(super) done: u64,
}

impl Loading<'_> {
    /// Takes the next piece of the archive.
    ///
    /// # Errors
    /// [`ArchiveRefused`], or a fault.
    pub(super) async fn take(&mut self, piece: Piece) -> Result<(), Error> {
        match piece {
            Piece::Begin(name) => {
                self.at += 1;
                self.done = 0;
                let expected = self.manifest.files.get(self.at - 1).map(|file| file.name.as_str());
                if expected == Some(name.as_str()) { Ok(()) } else { Err(damaged("it changed while it was read")) }
            }
            Piece::Lines(lines, rows) => self.lines(lines, rows).await,
            Piece::End(found) => self.end(&found).await,
            // They were laid down before.
            Piece::Stored(_) | Piece::Bytes(_) | Piece::StoredEnd { .. } => Ok(()),
        }
    }

    fn table(&self) -> Result<&Table, Error> {
        self.tables.get(self.at - 1).ok_or_else(|| damaged("it changed while it was read"))
    }

    async fn lines(&mut self, lines: Bytes, rows: u64) -> Result<(), Error> {
        let table = self.table()?.clone();
        self.stage(&table, lines, rows).await?;
        match table.name.as_str() {
            "users" => self.people.users(&table).await?,
            "recovery_codes" => self.people.codes(&table).await?,
            _ => self.write(&table).await?,
        }
        self.run(&table, "truncate staged").await?;
        self.done += rows;
        let total = self.manifest.files.get(self.at - 1).map_or(self.done, |file| file.rows);
        (self.watch)(Progress { doing: Doing::Writing, table: &table.name, done: self.done, total });
        Ok(())
    }

    async fn stage(&self, table: &Table, lines: Bytes, rows: u64) -> Result<(), Error> {
        let refused = |error: tokio_postgres::Error| refused(table, error);
        let sink = self.client.copy_in::<_, Bytes>(COPY).await.map_err(refused)?;
        pin_mut!(sink);
        sink.send(lines).await.map_err(refused)?;
        let copied = sink.finish().await.map_err(refused)?;
        if copied == rows { Ok(()) } else { Err(damaged(format!("in {} some lines are no rows", table.name))) }
    }

    /// Rows of the organization: what is staged, but for those that name another row of the table, which may come later.
    async fn write(&self, table: &Table) -> Result<(), Error> {
        let organization = self.manifest.organization.id.uuid();
        let foreign = format!(
            "select exists (select from staged where line ->> 'organization_id' is distinct from '{organization}')"
        );
        let foreign = self.client.query_one(&foreign, &[]).await.map_err(|error| refused(table, error))?;
        if foreign.get(0) {
            return Err(ArchiveRefused::Foreign { table: table.name.clone() }.into());
        }
        match names_another(table) {
            None => self.run(table, &self.insert(table)).await,
            Some(named) => {
                let wait = format!("insert into waiting select s.line from staged s where {named}");
                let rest = format!("delete from staged s where {named}");
                self.run(table, &format!("{wait}; {rest}; {}", self.insert(table))).await
            }
        }
    }

    async fn end(&mut self, found: &Found) -> Result<(), Error> {
        let file = self.manifest.files.get(self.at - 1).ok_or_else(|| damaged("it changed while it was read"))?;
        agree(file, found)?;
        let table = self.table()?;
        if table.own.is_empty() {
            return Ok(());
        }
        let insert = self.insert(table);
        let rest = format!("insert into staged select line from waiting; {insert}; truncate staged, waiting");
        self.run(table, &rest).await
    }

    fn insert(&self, table: &Table) -> String {
        into(table, &|column: &Column| match (table.name.as_str(), column.name.as_str()) {
            // What comes in is open, even if it was written in the last days of the old place.
            (
                "organizations",
                "closing_since" | "closes_at" | "closing_reason" | "removal_begun_at" | "making_ends_at",
            ) => Some(format!("null::{}", column.kind)),
            ("organizations", "closing_told") => Some("0".to_owned()),
            // A slug is small letters, digits and dashes, so it can stand in the statement.
            ("organizations", "slug") => Some(format!("'{}'", self.slug)),
            // The trail outlives people, so it names some whom nobody knows any more.
            ("audit_entries", "actor_user_id") => Some(format!("coalesce({}, r.actor_user_id)", here("actor_user_id"))),
            // What a person was imported from names them without a key.
            ("external_refs", "object_id") => Some(format!("coalesce({}, r.object_id)", here("object_id"))),
            // Whoever is only invited does not belong yet.
            ("memberships", "ended_at") => Some(format!(
                "case when r.ended_at is null and exists (
                     select from pg_temp.people_of_archive n where n.old = r.user_id and n.unproved)
                 then {} else r.ended_at end",
                arrival(self.manifest)
            )),
            (_, "contract_number") => self.number(&table.name),
            ("audit_entries", "subject_id") => Some(format!(
                "case when r.subject_kind = 'user' then coalesce({}, r.subject_id) else r.subject_id end",
                here("subject_id")
            )),
            (_, name) if column.person => Some(here(name)),
            _ => None,
        })
    }

    /// Numbers for documented layouts are few, and they are everybody's: what an archive from elsewhere has beyond ours is
    /// numbered anew.
    fn number(&self, table: &str) -> Option<String> {
        let mut few = self.counters.iter().filter(|counter| counter.is_few() && !self.people.own);
        let counter = few.find(|counter| counter.table == table)?;
        let (last, sequence) = (counter.last, &counter.sequence);
        Some(format!("case when r.contract_number > {last} then nextval('{sequence}') else r.contract_number end"))
    }

    async fn run(&self, table: &Table, statements: &str) -> Result<(), Error> {
        self.client.batch_execute(statements).await.map_err(|error| refused(table, error))
    }
}

/// The instant at which memberships end that did not come along, as it stands in a statement.
pub(super) fn arrival(manifest: &Manifest) -> String {
    format!("'{}'::timestamptz", manifest.exported_at)
}

/// Who the person of a staged row is here. Somebody who is not among the archive's people is nobody: an id alone, which may
/// be anybody's of this installation, brings nobody in.
pub(super) fn here(column: &str) -> String {
    format!("(select n.new from pg_temp.people_of_archive n where n.old = r.\"{column}\")")
}

/// What the database says to what an archive holds: its rules are the last to look at every row.
pub(super) fn refused(table: &Table, error: tokio_postgres::Error) -> Error {
    let Some(said) = error.as_db_error() else { return error.into() };
    let code = said.code().code();
    // Bad values, broken constraints, row-level security.
    if !(code.starts_with("22") || code.starts_with("23") || code == "42501") {
        return error.into();
    }
    if said.code() == &SqlState::NOT_NULL_VIOLATION
        && table.columns.iter().any(|column| column.person && said.column() == Some(&column.name))
    {
        let reason = "it names somebody who is not among the archive's people".to_owned();
        return ArchiveRefused::Refused { table: table.name.clone(), reason }.into();
    }
    let detail = said.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
    ArchiveRefused::Refused { table: table.name.clone(), reason: format!("{}{detail}", said.message()) }.into()
}

/// The setting that makes a connection the organization's.
pub(super) fn belongs(organization: OrganizationId) -> String {
    format!("select set_config('retainer.organization_id', '{}', false)", organization.uuid())
}
