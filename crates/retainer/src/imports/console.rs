//! The page of imports: what moved in, what had to be decided, and how the old figures compare.

use axum::Router;
use axum::routing::get;
use maud::{Markup, html};
use runtime::http::Paging;
use serde_json::Value;

use super::find::{self, ImportRun, ImportedKind, ImportedRow, ImportedRows, Place, Wanted};
use crate::App;
use crate::doors::{PageHalt, Visitor};
use crate::pages::form::query;
use crate::pages::parts::{Empty, Head, empty, instant, table};
use crate::pages::{Form, Room, Shell, shell};
use crate::subscriptions;

/// The pages of imports.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/settings/imports", get(get_imports))
        .route("/{organization}/settings/imports/rows", get(get_rows))
}

/// How many runs the page shows.
const RUNS: u16 = 20;

async fn get_imports(visitor: Visitor) -> Result<Markup, PageHalt> {
    let tx = visitor.read().await?;
    let runs = find::runs(&tx, Paging { after: None, limit: Some(RUNS) }).await?.items;
    let waiting = subscriptions::waiting(&tx, None, MOST_COUNTED).await?.len();
    let frame = Shell { visitor: &visitor, room: Room::Settings, title: "What was imported", actions: html! {} };
    let Some(latest) = runs.iter().find(|run| run.report["decisions"].is_array()).or(runs.first()) else {
        let none = empty(Empty {
            title: "Nothing was imported",
            text: "The database of the system that you used before can move in with all its people, hours, tickets and \
                   bills. Whoever hosts Retainer does it with \"retainer import\"; what had to be decided is listed here.",
            action: None,
        });
        return Ok(shell(&frame, &none));
    };
    Ok(shell(
        &frame,
        &html! {
            (waits(waiting))
            (terms(latest))
            (figures(latest))
            (decisions(&visitor, latest))
            h2 { "Runs" }
            (table("Runs", &[Head::Text("What was read"), Head::Number("Rows new or changed"), Head::Number("When")],
                &runs.iter().map(|run| run_row(&visitor, run)).collect::<Vec<_>>()))
        },
    ))
}

/// Up to how many subscriptions that wait are counted.
const MOST_COUNTED: i64 = 1000;

/// What came along and is nobody's to bill yet.
fn waits(waiting: usize) -> Markup {
    let many = if i64::try_from(waiting) == Ok(MOST_COUNTED) { " or more" } else { "" };
    html! {
        @if waiting > 0 {
            p.amber {
                @if waiting == 1 { "One subscription runs and does not renew here yet" }
                @else { (waiting) (many) " subscriptions run and do not renew here yet" }
                ", so that nobody is billed twice. Set the terms of your plans first; then whoever hosts Retainer lets them go on with "
                code { "retainer import … --take-over" } ", and " code { "--dry-run --take-over" } " lists what each will be billed."
            }
        }
    }
}

/// On which terms what waits would go on, as the last run found them.
fn terms(run: &ImportRun) -> Markup {
    let plans = run.report["plans"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let row = |plan: &Value| {
        let differs = [
            ("other_allowance", "the source gives something else to"),
            ("other_price", "the source billed something else to"),
            ("other_period", "the source counts other periods for"),
            ("past_due", "past due there, active here"),
        ];
        let differs = differs.into_iter().filter_map(|(name, words)| Some((words, plan[name].as_u64()?)));
        let differs: Vec<String> =
            differs.filter(|(_, many)| *many > 0).map(|(words, many)| format!("{words}: {many}")).collect();
        let allowance = plan["allowance"].as_str().unwrap_or("unlimited");
        html! {
            tr {
                td { (text(plan, "plan")) br; span.soft { (differs.join("; ")) } }
                td { (text(plan, "price")) " for " (allowance) " a " (text(plan, "period")) }
                td.n { (plan["subscriptions"].as_u64().unwrap_or(0)) }
                td.n { (text(plan, "total")) }
            }
        }
    };
    html! {
        @if run.report["waiting"].as_u64() > Some(0) {
            h2 { "What will be billed here" }
            p.soft { "The terms that the plans had when this run ended, for those that did not go on here by then." }
            (table("What will be billed here",
                &[Head::Text("Plan"), Head::Text("A period"), Head::Number("Subscriptions"), Head::Number("In all")],
                &plans.iter().map(row).collect::<Vec<_>>()))
        }
    }
}

fn run_row(visitor: &Visitor, run: &ImportRun) -> Markup {
    let taken = run.report["taken_over"].as_u64().unwrap_or(0);
    html! {
        tr {
            td {
                (run.source)
                @if run.ended_at.is_none() { span.soft { " – not ended; the next run goes on with it" } }
                @if taken > 0 { span.soft { " – " (taken) @if taken == 1 { " subscription goes on here since" } @else { " subscriptions go on here since" } } }
            }
            td.n { (run.report["changes"].as_u64().unwrap_or(0)) }
            td.n { (instant(visitor, run.ended_at.unwrap_or(run.started_at))) }
        }
    }
}

fn figures(run: &ImportRun) -> Markup {
    let Some(figures) = run.report["figures"].as_array() else { return html! {} };
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let rows: Vec<Markup> = figures
        .iter()
        .flat_map(|figure| {
            // What runs wrote down before figures had names.
            let name = figure["name"].as_str().map_or_else(|| text(figure, "figure").replace('_', " "), str::to_owned);
            let left_out = figure["left_out"].as_u64().filter(|rows| *rows > 0);
            let head = html! {
                tr { td { b { (name) } @if let Some(rows) = left_out { br; span.soft { (rows) @if rows == 1 { " that goes on here is counted on neither side" } @else { " that go on here are counted on neither side" } } } } td.n { (text(figure, "source")) } td.n { (text(figure, "here")) } }
            };
            let differences = figure["differences"].as_array().into_iter().flatten().map(|it| {
                let by = text(it, "by");
                let sign = if by.starts_with('-') { "" } else { "+" };
                let (decision, rows) = (text(it, "decision").replace('_', " "), it["rows"].as_u64().unwrap_or(0));
                html! { tr { td.soft { (decision) ", " (rows) @if rows == 1 { " row" } @else { " rows" } } td {} td.n { (sign) (by) } } }
            });
            std::iter::once(head).chain(differences.collect::<Vec<_>>())
        })
        .collect();
    html! {
        h2 { "The old figures and ours" }
        p.soft { "As they were when this run ended. What lies between the two is explained decision by decision." }
        (table("Figures", &[Head::Text("Figure"), Head::Number("Before"), Head::Number("Here")], &rows))
    }
}

fn decisions(visitor: &Visitor, run: &ImportRun) -> Markup {
    let Some(decisions) = run.report["decisions"].as_array().filter(|all| !all.is_empty()) else { return html! {} };
    let row = |decision: &Value| {
        let word = decision["decision"].as_str().unwrap_or_default();
        let path = visitor.path(&format!("/settings/imports/rows?decision={word}"));
        html! {
            tr {
                td { a href=(path) { (word.replace('_', " ")) } }
                td { (decision["means"].as_str().unwrap_or_default()) }
                td.n { (decision["rows"].as_u64().unwrap_or(0)) }
            }
        }
    };
    html! {
        h2 { "What had to be decided" }
        (table("Decisions", &[Head::Text("Decision"), Head::Text("What was done"), Head::Number("Rows")],
            &decisions.iter().map(row).collect::<Vec<_>>()))
    }
}

async fn get_rows(visitor: Visitor, mut form: Form) -> Result<Markup, PageHalt> {
    let wanted = Wanted {
        table: form.read_optional("table"),
        decision: form.read_optional("decision"),
        after: form.read_optional::<Place>("after"),
        limit: Some(50),
    };
    let tx = visitor.read().await?;
    let ImportedRows { items, next } = find::rows(&tx, &wanted).await?;
    let decision =
        wanted.decision.as_ref().map_or_else(|| "a decision".to_owned(), |word| word.as_str().replace('_', " "));
    let title = format!("Imported rows: {decision}");
    let frame = Shell { visitor: &visitor, room: Room::Settings, title: &title, actions: html! {} };
    let more = next.map(|next| {
        let narrowed = [("decision", &wanted.decision), ("table", &wanted.table)];
        let mut pairs: Vec<_> =
            narrowed.iter().filter_map(|(name, word)| Some((*name, word.as_ref()?.as_str()))).collect();
        pairs.push(("after", &next));
        visitor.path(&format!("/settings/imports/rows?{}", query(&pairs)))
    });
    let rows: Vec<Markup> = items.iter().map(|row| imported(&visitor, row)).collect();
    Ok(shell(
        &frame,
        &html! {
            p { a href=(visitor.path("/settings/imports")) { "All imports" } }
            @if rows.is_empty() {
                (empty(Empty { title: "Nothing here", text: "No row that was imported has this decision, or there is none of this name.", action: None }))
            } @else {
                (table("Rows", &[Head::Text("Row"), Head::Text("As the old system had it"), Head::Wide("Decided")], &rows))
            }
            @if let Some(more) = more { p { a href=(more) { "More" } } }
        },
    ))
}

/// What a row became, with a way to it.
fn became(visitor: &Visitor, row: &ImportedRow) -> Markup {
    let Some(became) = row.became.as_ref() else { return html! {} };
    let (id, name) = (&became.id, became.name.as_deref().unwrap_or_default());
    let path = match became.kind {
        ImportedKind::Customer => format!("/customers/{id}"),
        ImportedKind::Ticket | ImportedKind::Comment => format!("/tickets/{name}"),
        ImportedKind::Invoice => format!("/invoices/{id}"),
        ImportedKind::Subscription => {
            became.customer.map(|customer| format!("/customers/{customer}/subscription")).unwrap_or_default()
        }
        ImportedKind::Member => "/team".to_owned(),
        ImportedKind::Notification => return html! { span.soft { "a notification" } },
    };
    html! { a href=(visitor.path(&path)) { (became.kind.word()) " " (name) } }
}

fn imported(visitor: &Visitor, row: &ImportedRow) -> Markup {
    let fields = row.row.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    html! {
        tr {
            td {
                (row.table) " " (row.id) br;
                @if row.kept_only { span.soft { "only kept" } } @else { (became(visitor, row)) }
            }
            td { @for (name, value) in fields { span.soft { (name) " " } (shown(value)) " " } }
            td.wide { @for word in &row.decisions { (word.replace('_', " ")) br; } }
        }
    }
}
