//! Reading what imports left behind.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use kernel::Permission;
use kernel::id::{Id, ImportRunId};
use kernel::text::Tag;
use runtime::http::{Cursor, Page, Paging};
use runtime::{Columns, Error, Tx, sql};

/// A run of an import that brought something.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct ImportRun {
    /// Its id.
    pub id: ImportRunId,
    /// The documented layout that was read, such as `consulting`.
    pub source: String,
    /// `done`, or `running`: it runs, or was cut off and the next one goes on with it.
    pub state: String,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// What it did: `changes`, `ledger_entries`, `tables`, `decisions` with what each means, and `figures`, those of the
    /// source beside ours.
    pub report: serde_json::Value,
}

/// The runs, the latest first.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn runs(tx: &Tx, paging: Paging) -> Result<Page<ImportRun>, Error> {
    tx.require(Permission::AuditRead)?;
    let (at, id) = paging.below();
    let rows = tx
        .rows(
            sql!(
                "select id, source, state, started_at, ended_at, counts from import_runs
                 where organization_id = $1 and (started_at, id) < ($2, $3)
                 order by started_at desc, id desc limit $4"
            ),
            &[tx.org(), &at, &id, &paging.ask()],
        )
        .await?;
    let run = |row: &tokio_postgres::Row| ImportRun {
        id: row.id("id"),
        source: row.get("source"),
        state: row.get("state"),
        started_at: row.get("started_at"),
        ended_at: row.get("ended_at"),
        report: row.get("counts"),
    };
    let items = rows.iter().map(run).collect();
    Ok(Page::of(items, paging, |run: &ImportRun| Cursor { at: run.started_at, id: run.id.uuid() }))
}

/// A row of the source that needed a decision.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct ImportedRow {
    /// The documented layout.
    pub source: String,
    /// The source's table.
    pub table: String,
    /// The source's id.
    pub id: String,
    /// What was decided, as stable words; what they mean stands in the run's report.
    pub decisions: Vec<String>,
    /// Whether it became nothing here and is only kept.
    pub kept_only: bool,
    /// The row as the source had it, but for what proves who somebody is.
    pub row: serde_json::Value,
}

/// A page of them.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct ImportedRows {
    /// By source, table and id.
    pub items: Vec<ImportedRow>,
    /// The `after` of the next page; null on the last.
    pub next: Option<String>,
}

/// A place in the list: source, table and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    source: String,
    table: String,
    id: String,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}/{}", self.source, self.table, self.id)
    }
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, '/').map(str::to_owned);
        match (parts.next(), parts.next(), parts.next()) {
            (Some(source), Some(table), Some(id)) if !text.contains('\0') => Ok(Self { source, table, id }),
            _ => Err("must be the \"next\" of a page"),
        }
    }
}

impl<'de> serde::Deserialize<'de> for Place {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Which rows are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Of this table of the source.
    pub table: Option<Tag>,
    /// With this decision.
    pub decision: Option<Tag>,
    /// After this place.
    pub after: Option<Place>,
    /// The most items, 1 to 100.
    pub limit: Option<u16>,
}

/// The rows that needed a decision.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn rows(tx: &Tx, wanted: &Wanted) -> Result<ImportedRows, Error> {
    tx.require(Permission::AuditRead)?;
    let paging = Paging { after: None, limit: wanted.limit };
    let after = wanted.after.as_ref().map(|place| (&*place.source, &*place.table, &*place.id)).unwrap_or_default();
    let rows = tx
        .rows(
            sql!(
                "select source, kind, source_id, decisions, object_id is null as kept_only, row from external_refs
                 where organization_id = $1 and decisions <> '{}' and (source, kind, source_id) > ($2, $3, $4)
                   and ($5::text is null or kind = $5) and ($6::text is null or $6 = any (decisions))
                 order by source, kind, source_id limit $7"
            ),
            &[
                tx.org(),
                &after.0,
                &after.1,
                &after.2,
                &wanted.table.as_ref().map(Tag::as_str),
                &wanted.decision.as_ref().map(Tag::as_str),
                &paging.ask(),
            ],
        )
        .await?;
    let row = |row: &tokio_postgres::Row| ImportedRow {
        source: row.get("source"),
        table: row.get("kind"),
        id: row.get("source_id"),
        decisions: row.get("decisions"),
        kept_only: row.get("kept_only"),
        row: row.get("row"),
    };
    let mut items: Vec<ImportedRow> = rows.iter().map(row).collect();
    let is_cut = items.len() > usize::from(paging.size());
    items.truncate(usize::from(paging.size()));
    let place = |row: &ImportedRow| format!("{}/{}/{}", row.source, row.table, row.id);
    let next = items.last().filter(|_| is_cut).map(place);
    Ok(ImportedRows { items, next })
}
