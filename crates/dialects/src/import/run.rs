//! The course of an import, the same for every dialect.

use anyhow::Context;
use kernel::id::OrganizationId;
use retainer::App;
use runtime::secret::Key;

use super::report::{self, Counts, look, sum, tell};
use super::stage::stage;
use super::{
    Doing, Progress, Report, Source, Table, Target, Told, Wanted, Watch, organization, reckoning, takeover, upcoming,
};

/// What the decisions mean that are the same for all.
pub const DECISIONS: &str = include_str!("decisions.tsv");

/// What a dialect brings: its tables, and how their rows become ours.
pub trait Dialect {
    /// Its name, as the source of everything that it brings.
    const NAME: &'static str;
    /// Its tables.
    const TABLES: &'static [Table];
    /// What each of its own decisions means: a line each, the word and the sentence, apart by a tab.
    const DECISIONS: &'static str;
    /// What people call each figure that both sides count, written likewise.
    const FIGURES: &'static str;
    /// A query for what the source gives and bills for its subscriptions: `object_id`, `hours`,
    /// `price`, `currency`, and the `state` that it calls them by.
    const TERMS: &'static str;
    /// A query for what both sides count: `figure`, `source`, `here`, whether the row is `gone` from the source, its
    /// `decisions`, which of them are `reasons` for a difference, and whether it `went_on` here. What is `left_out` is counted on neither side.
    const RECKONING: &'static str;

    /// What a decision means.
    #[must_use]
    fn meaning(decision: &str) -> &'static str {
        of_lines(Self::DECISIONS, decision).or_else(|| of_lines(DECISIONS, decision)).unwrap_or_default()
    }

    /// What people call a figure.
    #[must_use]
    fn figure_name(figure: &str) -> &'static str {
        of_lines(Self::FIGURES, figure).unwrap_or_default()
    }

    /// Writes what is pending, batch by batch.
    ///
    /// # Errors
    /// A fault of the database.
    fn write(run: &Run<'_>) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// The sentence beside a word.
fn of_lines(lines: &'static str, word: &str) -> Option<&'static str> {
    let known = lines.lines().filter_map(|line| line.split_once('\t')).find(|(known, _)| *known == word);
    known.map(|(_, sentence)| sentence)
}

/// A running import.
pub struct Run<'a> {
    /// Our side.
    pub target: Target,
    /// How many rows go into one transaction.
    pub batch: u64,
    /// The key of look-ups that keep no addresses.
    pub lookup: Key,
    watch: Watch<'a>,
    tables: Vec<(&'static Table, u64)>,
}

impl std::fmt::Debug for Run<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Run({:?})", self.tables)
    }
}

impl Run<'_> {
    /// How many rows of a table are pending.
    pub fn pending(&self, table: &str) -> u64 {
        self.tables.iter().find(|(known, _)| known.name == table).map_or(0, |(_, pending)| *pending)
    }

    /// Says how far the writing of a table is.
    pub fn wrote(&self, table: &'static str, done: u64) {
        let total = self.pending(table);
        (self.watch)(Progress { doing: Doing::Writing, table, done: done.min(total), total });
    }

    /// The pending rows of a table, cut into batches: from and to, both included. The first is small, because what it
    /// writes is what the planner knows of when the others are written, see [`Self::learn`].
    pub fn batches(&self, table: &str) -> Vec<(u64, u64)> {
        let (size, pending) = (self.batch, self.pending(table));
        let mut batches = vec![(1, size.div_ceil(16))];
        while let Some((_, last)) = batches.last().copied().filter(|(_, last)| *last < pending) {
            batches.push((last + 1, last + size));
        }
        batches.retain(|(from, _)| *from <= pending);
        batches
    }

    /// Lets the planner know what was written, after the first, second, fourth, eighth batch: it has never heard of the
    /// rows of a new organization, takes them for none, and reads all of them for each that it looks up.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn learn(&self, nth: u64, tables: &str) -> anyhow::Result<()> {
        if nth.is_power_of_two() {
            self.target.run("select gather_statistics('{{tables}}')", &[("{tables}", tables)]).await?;
        }
        Ok(())
    }

    /// Writes a table in batches.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn in_batches(&self, table: &'static str, mapping: &str) -> anyhow::Result<()> {
        for batch in self.batches(table) {
            self.batch(table, mapping, batch).await?;
        }
        Ok(())
    }

    /// Writes one batch in a transaction: the mapping leaves a table "batch", whose rows are written down.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn batch(&self, table: &'static str, mapping: &str, (from, to): (u64, u64)) -> anyhow::Result<()> {
        let (first, last) = (from.to_string(), to.to_string());
        self.target.begin().await?;
        self.target
            .run(mapping, &[("{from}", &first), ("{to}", &last)])
            .await
            .with_context(|| format!("in {table}"))?;
        self.write_down(table).await?;
        self.target.commit().await?;
        self.wrote(table, to);
        Ok(())
    }

    /// Writes down where the rows of the table "batch" went.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn write_down(&self, table: &str) -> anyhow::Result<()> {
        let known = self.tables.iter().find(|(known, _)| known.name == table);
        let shown =
            known.map(|(table, _)| table.shown()).with_context(|| format!("{table} is no table of the source"))?;
        self.target
            .run(include_str!("sql/refs.sql"), &[("{kind}", table), ("{shown}", &shown)])
            .await
            .with_context(|| format!("in {table}"))?;
        self.target.run("drop table batch", &[]).await
    }

    /// Posts to the ledger what the mapping left in "pots", "needs" and "settled".
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn post(&self) -> anyhow::Result<()> {
        for step in [
            include_str!("sql/ledger_settle.sql"),
            include_str!("sql/post.sql"),
            include_str!("sql/post_entries.sql"),
            include_str!("sql/ledger_plan.sql"),
            include_str!("sql/post.sql"),
            include_str!("sql/ledger_write.sql"),
            include_str!("sql/post_entries.sql"),
        ] {
            self.target.run(step, &[]).await.context("in the ledger")?;
        }
        Ok(())
    }

    /// Ends the lots of what does not run any more, and forgets what the mapping left.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn end_post(&self) -> anyhow::Result<()> {
        self.target.run(include_str!("sql/ledger_end.sql"), &[]).await.context("in the ledger")
    }
}

/// Imports from a database; `each` is told every row that needed a decision, and what is taken over.
///
/// # Errors
/// When the source is not laid out as documented, another import runs, or either database fails. What was committed
/// stays, and the next run goes on from there.
pub async fn import<D: Dialect>(
    app: &App,
    from: &tokio_postgres::Config,
    wanted: Wanted,
    watch: Watch<'_>,
    each: &mut (dyn FnMut(Told) -> anyhow::Result<()> + Send),
) -> anyhow::Result<Report> {
    let source = Source::open(from).await?;
    source.check(D::TABLES).await?;
    let known = organization::find(app, &wanted.organization).await?;
    let mut report = Report {
        source_time_zone: source.time_zone().await?,
        beyond: source.beyond(D::TABLES).await?,
        organization: wanted.organization.clone(),
        created: known.is_none(),
        dry_run: wanted.dry_run,
        ..Report::default()
    };
    let id = known.unwrap_or_else(|| app.ids.next());
    let target = open::<D>(app, (id, known.is_none()), &wanted, watch).await?;
    let lookup = app.db.lookup().clone();
    let mut run = Run { target, batch: wanted.batch.max(1), watch, tables: Vec::new(), lookup };
    read::<D>(&source, &mut run, &mut report).await?;
    if let Some(strange) = report.strange.as_ref().filter(|_| !wanted.dry_run && !wanted.accept_gone) {
        anyhow::bail!("{strange}. Nothing was written. If it is right, say --accept-gone");
    }
    // The snapshot is not needed any more, and the source's vacuum waits for its end.
    drop(source);
    if known.is_none() {
        anyhow::ensure!(report.changes > 0, "the documented tables of this source are empty. Nothing was written");
        if !wanted.dry_run {
            // Not before all of it could be read: else the word were taken, by an organization that nobody owns.
            organization::create(app, id, &wanted.organization).await?;
        }
    }
    let cut_off = "select count(*) from import_runs
        where organization_id = {org} and source = '{source}' and state = 'running'";
    report.resumed = run.target.number(cut_off).await? > 0;
    if report.changes > 0 || report.resumed {
        write::<D>(app, &run, &mut report).await?;
    } else {
        add_up::<D>(&run.target, &mut report).await?;
    }
    tell(&run.target, each).await?;
    let told_at = app.clock.now();
    report.plans = upcoming::look::<D>(&run.target, told_at, wanted.take_over.then_some(each)).await?;
    report.waiting = report.plans.iter().map(|plan| plan.subscriptions).sum();
    if wanted.take_over && wanted.dry_run {
        report.not_taken_over = takeover::left_out(&run.target).await?;
    } else if wanted.take_over {
        let taken = takeover::take_over(app, (&run.target, &wanted.organization), told_at).await?;
        (report.taken_over, report.not_taken_over) = taken;
        // What waits still, and on which terms, is looked at again.
        report.plans = upcoming::look::<D>(&run.target, told_at, None).await?;
        report.waiting = report.plans.iter().map(|plan| plan.subscriptions).sum();
    }
    if report.changes > 0 || report.resumed || report.taken_over > 0 {
        note::<D>(app, &run.target, &report).await?;
    }
    report.owners = report::owners(&run.target).await?;
    run.target.close().await?;
    Ok(report)
}

/// Reads the whole source, and counts what is pending.
async fn read<D: Dialect>(source: &Source, run: &mut Run<'_>, report: &mut Report) -> anyhow::Result<()> {
    for table in D::TABLES {
        let rows = stage(source, &run.target, table, run.watch).await?;
        let places = [("{kind}", table.name), ("{order}", table.order)];
        run.target.run(include_str!("sql/pending.sql"), &places).await?;
        let looked = look(&run.target, table, rows).await?;
        run.tables.push((table, looked.new + looked.changed));
        report.changes += looked.new + looked.changed + looked.gone;
        report.tables.push(looked);
    }
    report.strange = another_source::<D>(report);
    Ok(())
}

/// The most rows of a table that a source may have lost since the last run without a question.
const FEW: u64 = 5;

/// Why a source is most likely another one, or a part of it: it has lost much of a table, or has other rows in it under the
/// same ids.
fn another_source<D: Dialect>(report: &Report) -> Option<String> {
    report.tables.iter().zip(D::TABLES).filter(|(_, of)| !of.is_swept).find_map(|(table, of)| {
        let (known, strange) = (table.rows - table.new + table.gone, table.gone + table.others);
        let is_much = strange > FEW && strange * 5 > known;
        is_much.then(|| {
            format!(
                "{strange} of the {known} rows of {} that were imported before are not in this source, or are others there: it \
                 may be another database, or a part of one",
                of.name
            )
        })
    })
}

async fn open<D: Dialect>(
    app: &App,
    (id, is_new): (OrganizationId, bool),
    wanted: &Wanted,
    watch: Watch<'_>,
) -> anyhow::Result<Target> {
    // The slug is checked before anything is read, and before it stands in a statement.
    let new = is_new.then(|| organization::new(&wanted.organization)).transpose()?;
    let target = Target::open(app, id, (D::NAME, wanted.dry_run), watch).await?;
    if let Some(new) = new.filter(|_| wanted.dry_run) {
        target.run(include_str!("sql/organization.sql"), &[("{slug}", new.slug.as_str())]).await?;
    }
    Ok(target)
}

async fn write<D: Dialect>(app: &App, run: &Run<'_>, report: &mut Report) -> anyhow::Result<()> {
    run.target.begin().await?;
    run.target.run(include_str!("sql/begin_run.sql"), &[]).await?;
    run.target.run(include_str!("sql/ledger_tables.sql"), &[]).await?;
    run.target.commit().await?;
    D::write(run).await?;
    run.target.begin().await?;
    for table in D::TABLES {
        run.target.run(include_str!("sql/gone.sql"), &[("{kind}", table.name)]).await?;
    }
    report.ledger_entries = u64::try_from(run.target.number("select entries from posting_done").await?).unwrap_or(0);
    add_up::<D>(&run.target, report).await?;
    let (counts, ended) = (counts::<D>(report)?, ended(app));
    let (changes, entries) = (report.changes.to_string(), report.ledger_entries.to_string());
    let places = [("{ended}", &*ended), ("{changes}", &*changes), ("{entries}", &*entries), ("{counts}", &*counts)];
    run.target.run(include_str!("sql/end_run.sql"), &places).await?;
    run.target.commit().await
}

/// Writes down with a run what is only known after it.
async fn note<D: Dialect>(app: &App, target: &Target, report: &Report) -> anyhow::Result<()> {
    let (counts, ended) = (counts::<D>(report)?, ended(app));
    target.begin().await?;
    target.run(include_str!("sql/note_run.sql"), &[("{ended}", &ended), ("{counts}", &counts)]).await?;
    target.commit().await
}

/// What is kept of a run, as it can stand between quotes.
fn counts<D: Dialect>(report: &Report) -> anyhow::Result<String> {
    Ok(serde_json::to_string(&Counts::of::<D>(report))?.replace('\'', "''"))
}

/// Now, rather than when the run began.
fn ended(app: &App) -> String {
    format!("'{}'::timestamptz", app.clock.now())
}

/// Whole tables are compared with whole tables, about whose rows the planner may know nothing: those of a dry run are in no
/// statistics. So nothing is looked up row by row.
const WHOLE: &str = "set enable_nestloop = off";

async fn add_up<D: Dialect>(target: &Target, report: &mut Report) -> anyhow::Result<()> {
    sum(target, report).await?;
    target.run(WHOLE, &[]).await?;
    report.figures = reckoning::compare::<D>(target).await?;
    Ok(())
}
