//! Rows as lines of JSON and back, by PostgreSQL itself on both sides.
//!
//! What JSON has a form for keeps it: numbers with all their digits, booleans, texts, arrays. The rest is the text that
//! PostgreSQL writes and reads: instants with microseconds, offset and infinity, bytes in hexadecimal, addresses, ids.
//! Every column is there, null included. Only a column of JSON is left out where it is null, because within it null is
//! JSON's own.

use uuid::Uuid;

use super::tables::{Column, Table};

/// The longest line that is written or read.
pub(super) const LONGEST: usize = 32 * 1024 * 1024;

fn list(columns: &[&Column], before: &str) -> String {
    columns.iter().map(|column| format!("{before}\"{}\"", column.name)).collect::<Vec<_>>().join(", ")
}

/// The query for a table's rows as lines, those that `of` names, in the order of the primary key. Columns in `secrets` are
/// only written of people in "keeps_secrets".
pub(super) fn out(table: &Table, of: &str, secrets: &[&str]) -> String {
    let (json, plain): (Vec<&Column>, Vec<&Column>) = table.columns.iter().partition(|column| column.is_json());
    let name = &table.name;
    let line = if json.is_empty() {
        "row_to_json(p)::text".to_owned()
    } else {
        let parts: String = json
            .iter()
            .map(|column| format!(" || coalesce(',\"{0}\":' || t.\"{0}\"::text, '')", column.name))
            .collect();
        format!("left(row_to_json(p)::text, -1){parts} || '}}'")
    };
    let value = |column: &&Column| match secrets.contains(&column.name.as_str()) {
        true => format!(
            "case when exists (select from pg_temp.keeps_secrets k where k.id = t.id) then t.\"{0}\" end as \"{0}\"",
            column.name
        ),
        false => format!("t.\"{}\"", column.name),
    };
    let plain = plain.iter().map(value).collect::<Vec<_>>().join(", ");
    format!("select {line} from \"{name}\" t cross join lateral (select {plain}) p where {of}")
}

/// Of one organization. An id's text holds only hexadecimal digits and dashes, so it can stand in a statement.
pub(super) fn of(organization: Uuid) -> String {
    format!("t.organization_id = '{organization}'")
}

/// The statement that puts the lines of "staged" into the table; `instead` are expressions that take the place of
/// columns. Rows that name another row of the same table wait in "waiting", because that row may come later.
pub(super) fn into(table: &Table, instead: &dyn Fn(&Column) -> Option<String>) -> String {
    let value = |column: &Column| match instead(column) {
        Some(expression) => expression,
        None if column.is_json() => format!("s.line -> '{}'", column.name),
        None => format!("r.\"{}\"", column.name),
    };
    let values: Vec<String> = table.columns.iter().map(value).collect();
    let plain: Vec<String> = table
        .columns
        .iter()
        .filter(|column| !column.is_json())
        .map(|column| format!("\"{}\" {}", column.name, column.kind))
        .collect();
    let all: Vec<&Column> = table.columns.iter().collect();
    format!(
        "insert into \"{}\" ({}) overriding system value select {} from staged s cross join lateral jsonb_to_record(s.line) as r({})",
        table.name,
        list(&all, ""),
        values.join(", "),
        plain.join(", ")
    )
}

/// Whether a staged line names another row of its own table.
pub(super) fn names_another(table: &Table) -> Option<String> {
    let named: Vec<String> = table.own.iter().map(|column| format!("s.line ->> '{column}' is not null")).collect();
    (!named.is_empty()).then(|| named.join(" or "))
}

/// COPY that takes lines as they are: no line of JSON holds these control characters.
pub(super) const COPY: &str = "copy staged (line) from stdin (format csv, quote e'\\x01', delimiter e'\\x02')";
