//! `retainer import`.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use dialects::import::{Decided, Dialect, Figure, PlanTerms, Report, TableReport, Told, Upcoming, Wanted, import};
use kernel::text::is_treacherous;
use kernel::thousands::apart;
use retainer::server;

use crate::args::{Importing, Place};
use crate::installation::{Absent, Installation};
use crate::output;
use crate::progress::Bar;

/// Imports, also while a server runs on the same data. Progress goes to stderr while somebody watches it.
pub(crate) async fn run<D: Dialect>(place: &Place, wanted: Importing) -> anyhow::Result<ExitCode> {
    let installation = Installation::open(place, Absent::Make).await?;
    let done = import_into::<D>(&installation, place.json, wanted).await;
    installation.close().await;
    done.map(|whole| if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether everything that was wanted was done.
async fn import_into<D: Dialect>(installation: &Installation, json: bool, wanted: Importing) -> anyhow::Result<bool> {
    let options = installation.options();
    server::migrate(&options, &dialects::MIGRATIONS).await?;
    let app = server::app(&options, ([127, 0, 0, 1], 0).into())?;
    let Importing { from, organization, dry_run, take_over, accept_gone, all, batch } = wanted;
    let from = read_source(&from)?;
    let bar = Bar::new();
    let (mut listed, mut alike) = (Listed::default(), Alike::default());
    let mut each = |told: Told| match told {
        told if json => listed.row(&told),
        Told::Decided(decided) if all || decided.is_new && alike.is_among_first(&decided) => print(&decided, bar),
        Told::Decided(_) => Ok(()),
        Told::Upcoming(upcoming) => print_upcoming(&upcoming, bar),
    };
    let wanted = Wanted { organization, dry_run, batch, take_over, accept_gone };
    let report = import::<D>(&app, &from, wanted, &|progress| bar.show(progress), &mut each).await;
    bar.clear();
    app.db.close();
    let report = match report {
        Err(error) if json => {
            listed.cut_off()?;
            return Err(error);
        }
        report => report?,
    };
    if json {
        listed.end(&report)?;
    } else {
        alike.end()?;
        sum::<D>(&report, all)?;
    }
    Ok(report.dry_run || report.not_taken_over.is_empty())
}

/// How many rows of each table needed the same decisions: the first few are listed, of the others their number is enough.
#[derive(Debug, Default)]
struct Alike(BTreeMap<(String, String), u64>);

/// How many rows of a kind are listed.
const LISTED: u64 = 10;

impl Alike {
    fn is_among_first(&mut self, decided: &Decided) -> bool {
        let seen = self.0.entry((decided.table.clone(), decided.decisions.join(", "))).or_default();
        *seen += 1;
        *seen <= LISTED
    }

    fn end(&self) -> anyhow::Result<()> {
        for ((table, decisions), seen) in self.0.iter().filter(|(_, seen)| **seen > LISTED) {
            let more = number(seen - LISTED);
            output::line(&format!("{table}: {decisions} for {more} more (--all lists them)"))?;
        }
        Ok(())
    }
}

/// Where the source is: an address, not a word that happens to be one of PostgreSQL's settings.
fn read_source(from: &str) -> anyhow::Result<tokio_postgres::Config> {
    let what =
        "--from must be the address of a PostgreSQL database, such as postgres://reader:password@old-host/leverai";
    let is_address = ["postgres://", "postgresql://"].iter().any(|begin| from.starts_with(begin)) || from.contains('=');
    anyhow::ensure!(is_address, "{what}");
    from.parse().context(what)
}

/// One decision as a line, which a pipe gets at once.
fn print(decided: &Decided, bar: Bar) -> anyhow::Result<()> {
    bar.clear();
    let kept = if decided.kept_only { "  (kept, but not an object here)" } else { "" };
    let name = decided.name.as_deref().map(|name| format!(" \"{}\"", shortened(name))).unwrap_or_default();
    output::line(&format!("{} {}{name}: {}{kept}", decided.table, decided.id, decided.decisions.join(", ")))
}

/// The most letters of a name in a line.
const MOST_LETTERS: usize = 60;

/// A name as it can stand in a line, however long it is and whatever it holds.
fn shortened(name: &str) -> String {
    let mut letters = name.chars().map(|letter| if is_treacherous(letter) { ' ' } else { letter });
    let short: String = letters.by_ref().take(MOST_LETTERS).collect();
    if letters.next().is_some() { format!("{short}…") } else { short }
}

/// A number as people read it.
fn number(number: u64) -> String {
    apart(&number.to_string())
}

/// How many there are of something, in words.
fn counted(many: u64, one: &str, more: &str) -> String {
    if many == 1 { format!("1 {one}") } else { format!("{} {more}", number(many)) }
}

/// What a subscription will be billed, as a line.
fn print_upcoming(upcoming: &Upcoming, bar: Bar) -> anyhow::Result<()> {
    bar.clear();
    let Upcoming { customer, plan, begins, price, period, .. } = upcoming;
    let (allowance, price) = (apart(upcoming.allowance.as_deref().unwrap_or("unlimited")), apart(price));
    let before = |what: &str, value: &Option<String>| {
        let differs = upcoming.differs.contains(&what);
        value.as_deref().filter(|_| differs).map(|value| format!(" (before {})", apart(value))).unwrap_or_default()
    };
    let days = upcoming.source_days.map(|days| format!("every {days} days"));
    let [hours_before, price_before, period_before] = [
        before("allowance", &upcoming.source_allowance),
        before("price", &upcoming.source_price),
        before("period", &days),
    ];
    let was = upcoming.source_state.as_deref().unwrap_or(upcoming.state.word()).replace('_', " ");
    let state = if upcoming.differs.contains(&"state") {
        format!("; it is {was} in the source, and active here at once")
    } else {
        String::new()
    };
    let customer = shortened(customer);
    output::line(&format!(
        "\"{customer}\" goes on here: {plan}, {price}{price_before} for {allowance}{hours_before} a \
         {period}{period_before}, first on {begins}{state}"
    ))
}

/// The arrays of the one JSON object, written as their rows come, so that ten million of them need no memory.
#[derive(Debug, Default)]
struct Listed {
    decided: bool,
    upcoming: bool,
}

impl Listed {
    fn row(&mut self, told: &Told) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        let (before, value) = match told {
            Told::Decided(decided) => (if self.decided { "," } else { "{\"rows\":[" }, serde_json::to_string(decided)?),
            Told::Upcoming(upcoming) if self.upcoming => (",", serde_json::to_string(upcoming)?),
            Told::Upcoming(upcoming) if self.decided => ("],\"upcoming\":[", serde_json::to_string(upcoming)?),
            Told::Upcoming(upcoming) => ("{\"rows\":[],\"upcoming\":[", serde_json::to_string(upcoming)?),
        };
        self.decided = true;
        self.upcoming = matches!(told, Told::Upcoming(_));
        output::heard(write!(out, "{before}{value}"))
    }

    /// What was listed before it failed is an object of its own; the error stands in the next one.
    fn cut_off(&self) -> anyhow::Result<()> {
        match (self.decided, self.upcoming) {
            (false, _) => Ok(()),
            (true, false) => output::line("],\"upcoming\":[],\"cut_off\":true}"),
            (true, true) => output::line("],\"cut_off\":true}"),
        }
    }

    /// Everything that could only be known at the end.
    fn end(&self, report: &Report) -> anyhow::Result<()> {
        let text = serde_json::to_string(report)?;
        let rest = text.strip_prefix('{').unwrap_or_default();
        let arrays = match (self.decided, self.upcoming) {
            (false, _) => "{\"rows\":[],\"upcoming\":[]",
            (true, false) => "],\"upcoming\":[]",
            (true, true) => "]",
        };
        output::line(&format!("{arrays},{rest}"))
    }
}

fn sum<D: Dialect>(report: &Report, all: bool) -> anyhow::Result<()> {
    report.tables.iter().try_for_each(table)?;
    if !report.decisions.is_empty() {
        let hint = if all { "" } else { " (--all lists every row)" };
        output::line(&format!("What had to be decided, in all{hint}:"))?;
    }
    for (decision, rows) in &report.decisions {
        output::line(&format!("  {decision} ({}): {}", number(*rows), D::meaning(decision)))?;
    }
    let slug = &report.organization;
    if report.resumed {
        output::line(&format!("{slug}: an earlier run had been cut off; this one went on where it stopped"))?;
    }
    if let Some(strange) = report.strange.as_ref().filter(|_| report.dry_run) {
        output::line(&format!("{slug}: {strange}. Without --accept-gone it will be refused"))?;
    }
    if report.owners == 0 {
        let then = format!("retainer user invite --organization {slug} --email ADDRESS");
        output::line(&format!("{slug}: nobody owns it, so nobody can look after it. Invite an owner: {then}"))?;
    }
    if !["UTC", "Etc/UTC", "GMT", "Etc/GMT"].contains(&report.source_time_zone.as_str()) {
        let zone = &report.source_time_zone;
        output::line(&format!(
            "{slug}: the source is set to {zone}. Instants without a zone were read as UTC, as its document has them; if the \
             old application wrote them in {zone}, they are off by that much here"
        ))?;
    }
    beyond(report)?;
    figures(&report.figures)?;
    terms(&report.plans)?;
    for not_taken in &report.not_taken_over {
        let of = not_taken.customer.as_deref().map(|name| format!(" of \"{}\"", shortened(name))).unwrap_or_default();
        output::line(&format!("{}{of} does not go on here: {}", not_taken.subscription, not_taken.reason))?;
    }
    if report.taken_over > 0 {
        let taken = counted(report.taken_over, "subscription goes", "subscriptions go");
        output::line(&format!("{slug}: {taken} on here"))?;
    }
    if report.waiting > 0 {
        let waiting = counted(report.waiting, "subscription runs and does", "subscriptions run and do");
        output::line(&format!(
            "{slug}: {waiting} not renew here; --take-over lets them, --dry-run --take-over lists what each would be billed"
        ))?;
    }
    output::line(&match (report.changes, report.dry_run) {
        (0, _) => format!("{slug}: nothing changed since the last import"),
        (changes, true) => {
            format!("{slug}: {} would have been imported; nothing was written", counted(changes, "row", "rows"))
        }
        (changes, false) => {
            let entries = counted(report.ledger_entries, "ledger entry", "ledger entries");
            format!("{slug}: {} imported, {entries}", counted(changes, "row", "rows"))
        }
    })
}

/// What happened to a table, as a line.
fn table(table: &TableReport) -> anyhow::Result<()> {
    let TableReport { rows, new, changed, gone, kept_only, .. } = table;
    let [rows, new, changed, gone, kept_only] = [rows, new, changed, gone, kept_only].map(|rows| number(*rows));
    let table = &table.table;
    output::line(&format!(
        "{table:<28} {rows:>9} rows: {new} new, {changed} changed, {gone} gone, {kept_only} only kept"
    ))
}

/// What stands in no document.
fn beyond(report: &Report) -> anyhow::Result<()> {
    let slug = &report.organization;
    if !report.beyond.columns.is_empty() {
        let columns = report.beyond.columns.join(", ");
        output::line(&format!(
            "{slug}: {columns} stand in no document; they are kept with their rows, and shown nowhere"
        ))?;
    }
    if !report.beyond.tables.is_empty() {
        let tables = report.beyond.tables.join(", ");
        output::line(&format!("{slug}: {tables} stand in no document, and are not read"))?;
    }
    Ok(())
}

/// The figures of both sides, and what is between them.
fn figures(figures: &[Figure]) -> anyhow::Result<()> {
    for figure in figures {
        let left_out = match figure.left_out {
            0 => String::new(),
            1 => "; one that goes on here is counted on neither side".to_owned(),
            rows => format!("; {} that go on here are counted on neither side", number(rows)),
        };
        let [source, here] = [&figure.source, &figure.here].map(|sum| apart(sum));
        output::line(&format!("{}: {source} in the source, {here} here{left_out}", figure.name))?;
        for difference in &figure.differences {
            let sign = if difference.by.starts_with('-') { "" } else { "+" };
            let (decision, rows, by) = (&difference.decision, number(difference.rows), apart(&difference.by));
            output::line(&format!("  {sign}{by} here: {decision} ({rows})"))?;
        }
    }
    Ok(())
}

/// On which terms what waits would go on.
fn terms(plans: &[PlanTerms]) -> anyhow::Result<()> {
    for terms in plans {
        let PlanTerms { plan, period, .. } = terms;
        let [price, total] = [&terms.price, &terms.total].map(|sum| apart(sum));
        let many = counted(terms.subscriptions, "subscription", "subscriptions");
        let others = [
            (terms.other_allowance, "gives something else to"),
            (terms.other_price, "billed something else to"),
            (terms.other_period, "counts other periods for"),
            (terms.past_due, "waits for the money of"),
        ];
        let allowance = apart(terms.allowance.as_deref().unwrap_or("unlimited"));
        let is_free = price.starts_with("0.00 ") || price.starts_with("0 ");
        let free =
            if is_free { ". They cost nothing here: set the plan's price before you take them over" } else { "" };
        let others: Vec<String> = others
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{what} {}", number(*count)))
            .collect();
        let differ =
            if others.is_empty() { "as in the source".to_owned() } else { format!("the source {}", others.join(", ")) };
        output::line(&format!(
            "Plan {}: {price} for {allowance} a {period} here, {many}, {total} a {period} in all; {differ}{free}",
            shortened(plan)
        ))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_turns_nothing_round_in_the_line_that_it_stands_in() {
        assert_eq!(shortened("Nor\u{202E}eht\u{1b}[2J\u{7}wind\u{2066}"), "Nor eht [2J wind ");
        assert_eq!(shortened(&"å".repeat(61)), format!("{}…", "å".repeat(60)));
    }
}
