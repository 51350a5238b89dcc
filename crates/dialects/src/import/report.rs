//! What an import did, and every row that needed a decision.

use std::collections::BTreeMap;

use futures_util::{StreamExt, pin_mut};

use super::{Beyond, Dialect, Figure, NotTaken, PlanTerms, Table, Target, Upcoming};

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// The organization's word in URLs.
    pub organization: String,
    /// Whether it was created.
    pub created: bool,
    /// Whether nothing of it lasts.
    pub dry_run: bool,
    /// Whether an earlier run had been cut off.
    pub resumed: bool,
    /// Rows of the source that were new, had changed or were gone; 0 when everything was here already.
    pub changes: u64,
    /// Entries written to the ledger.
    pub ledger_entries: u64,
    /// By table.
    pub tables: Vec<TableReport>,
    /// Subscriptions that go on here since this run.
    pub taken_over: u64,
    /// Those that could not be taken over, and why.
    pub not_taken_over: Vec<NotTaken>,
    /// Subscriptions that were imported and run, but do not renew here.
    pub waiting: u64,
    /// On which terms they will, by plan, and what the source had.
    pub plans: Vec<PlanTerms>,
    /// The figures of both sides, and why they differ.
    pub figures: Vec<Figure>,
    /// Who may do everything in the organization; where there is nobody, the operator invites somebody.
    pub owners: u64,
    /// Why it may be another source than before; a run that is no dry run is refused then, unless that is said to be right.
    pub strange: Option<String>,
    /// What the source has beside the document.
    pub beyond: Beyond,
    /// The time zone that the source is set to; its instants are read as UTC.
    pub source_time_zone: String,
    /// How many rows needed which decision, whenever they were imported.
    pub decisions: BTreeMap<String, u64>,
}

/// What happened to one table.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct TableReport {
    /// Its documented name.
    pub table: String,
    /// Rows in the source.
    pub rows: u64,
    /// Of them new since the last run.
    pub new: u64,
    /// Of them changed since the last run.
    pub changed: u64,
    /// Rows that the source does not have any more.
    pub gone: u64,
    /// Of the changed ones, those that were made at another instant: other rows under the same ids.
    #[serde(skip)]
    pub others: u64,
    /// Rows that became no object and are only kept.
    pub kept_only: u64,
}

/// What is kept of a run for those who were not there.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Counts<'a> {
    changes: u64,
    ledger_entries: u64,
    tables: &'a [TableReport],
    decisions: Vec<DecisionCount<'a>>,
    figures: &'a [Figure],
    waiting: u64,
    taken_over: u64,
    plans: &'a [PlanTerms],
}

/// How many rows needed a decision.
#[derive(Debug, serde::Serialize)]
struct DecisionCount<'a> {
    decision: &'a str,
    /// What it means.
    means: &'a str,
    rows: u64,
}

impl<'a> Counts<'a> {
    /// Those of a report, with the words of a dialect.
    pub(crate) fn of<D: Dialect>(report: &'a Report) -> Self {
        let count =
            |(word, rows): (&'a String, &u64)| DecisionCount { decision: word, means: D::meaning(word), rows: *rows };
        Self {
            changes: report.changes,
            ledger_entries: report.ledger_entries,
            tables: &report.tables,
            decisions: report.decisions.iter().map(count).collect(),
            figures: &report.figures,
            waiting: report.waiting,
            taken_over: report.taken_over,
            plans: &report.plans,
        }
    }
}

/// What an import tells one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A row that needed decisions.
    Decided(Decided),
    /// A subscription that is taken over, or would be; all of them come after all decisions.
    Upcoming(Upcoming),
}

/// A row that needed decisions.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Decided {
    /// The source's table.
    pub table: String,
    /// The source's id.
    pub id: String,
    /// What had to be decided, as stable words.
    pub decisions: Vec<String>,
    /// Whether it became no object and is only kept.
    pub kept_only: bool,
    /// What the source calls it, where it has a name, a title or a number.
    pub name: Option<String>,
    /// Whether this run decided it, rather than an earlier one.
    pub is_new: bool,
}

/// Counts what is to be done with a table.
pub(crate) async fn look(target: &Target, table: &Table, rows: u64) -> anyhow::Result<TableReport> {
    let name = table.name;
    let row = target
        .rows(
            "select count(*) filter (where is_unseen), count(*) filter (where not is_unseen),
                    count(*) filter (where not is_unseen and known_row ->> 'created_at' is distinct from row ->> 'created_at'),
                    (select count(*) from external_refs r
                      where r.organization_id = {org} and r.source = '{source}' and r.kind = '{kind}' and r.gone_at is null
                        and not exists (select from staged_{kind} s where s.source_id = r.source_id))
               from pending_{kind}",
            &[("{kind}", name)],
        )
        .await?;
    let count = |at: usize| row.first().map_or(0, |row| u64::try_from(row.get::<_, i64>(at)).unwrap_or(0));
    let (new, changed, others, gone) = (count(0), count(1), count(2), count(3));
    Ok(TableReport { table: name.to_owned(), rows, new, changed, gone, others, kept_only: 0 })
}

/// Counts decisions and what is only kept.
pub(crate) async fn sum(target: &Target, report: &mut Report) -> anyhow::Result<()> {
    let counted = |row: &tokio_postgres::Row| (row.get(0), u64::try_from(row.get::<_, i64>(1)).unwrap_or(0));
    let decisions = "select d, count(*) from external_refs r, unnest(r.decisions) d
        where r.organization_id = {org} and r.source = '{source}' and r.decisions <> '{}' group by d";
    report.decisions = target.rows(decisions, &[]).await?.iter().map(counted).collect();
    let kept = "select kind, count(*) from external_refs
        where organization_id = {org} and source = '{source}' and object_id is null group by kind";
    let kept: BTreeMap<String, u64> = target.rows(kept, &[]).await?.iter().map(counted).collect();
    for table in &mut report.tables {
        table.kept_only = kept.get(&table.table).copied().unwrap_or(0);
    }
    Ok(())
}

/// Tells every row that needed a decision, one after the other.
pub(crate) async fn tell(
    target: &Target,
    each: &mut (dyn FnMut(Told) -> anyhow::Result<()> + Send),
) -> anyhow::Result<()> {
    let rows = target
        .stream(
            "select kind, source_id, decisions, object_id is null,
                    coalesce(row ->> 'name', row ->> 'title', row ->> 'invoice_number', row ->> 'plan_name'),
                    -- Of this run, or of one that was cut off and that this one has ended.
                    run_id = any (array(select id from import_runs
                      where organization_id = {org} and source = '{source}' and ended_at >= {now}))
               from external_refs
              where organization_id = {org} and source = '{source}' and decisions <> '{}'
              order by kind, length(source_id), source_id",
        )
        .await?;
    pin_mut!(rows);
    while let Some(row) = rows.next().await {
        let row = row?;
        each(Told::Decided(Decided {
            table: row.get(0),
            id: row.get(1),
            decisions: row.get(2),
            kept_only: row.get(3),
            name: row.get(4),
            is_new: row.get(5),
        }))?;
    }
    Ok(())
}

/// How many owners the organization has.
pub(crate) async fn owners(target: &Target) -> anyhow::Result<u64> {
    let query =
        "select count(*) from memberships where organization_id = {org} and role = 'owner' and ended_at is null";
    Ok(u64::try_from(target.number(query).await?).unwrap_or(0))
}
