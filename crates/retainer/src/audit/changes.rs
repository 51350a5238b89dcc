//! What an entry changed, field by field, as people read it. Ids are left out: what they stand for has a link.

use jiff::Timestamp;
use kernel::quantity::Hours;
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::AuditEntry;
use crate::doors::Visitor;
use crate::pages::parts::instant;

/// The fields that an entry set or changed; nothing where it says no more than its sentence.
pub(super) fn changes(visitor: &Visitor, entry: &AuditEntry) -> Markup {
    let none = Map::new();
    let fields = |state: &'_ Option<Value>| state.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
    let (before, after) = (fields(&entry.before), fields(&entry.after));
    let rows = differing(&before, &after);
    html! {
        @if !rows.is_empty() {
            table {
                caption.heard { "What changed" }
                thead { tr { th scope="col" { "What" } @if before != none { th scope="col" { "Before" } } th scope="col" { "Now" } } }
                tbody {
                    @for name in rows {
                        tr {
                            td { (words(name)) }
                            @if before != none { td { (value(visitor, name, before.get(name))) } }
                            td { (value(visitor, name, after.get(name))) }
                        }
                    }
                }
            }
        }
    }
}

/// The names of the fields that are not the same before and after, without those that hold nothing but ids.
fn differing<'a>(before: &'a Map<String, Value>, after: &'a Map<String, Value>) -> Vec<&'a str> {
    let mut names: Vec<&str> = after.keys().chain(before.keys()).map(String::as_str).collect();
    names.dedup();
    names.sort_unstable();
    names.dedup();
    let shown = |name: &&str| {
        let (was, is) = (before.get(*name), after.get(*name));
        was != is && ![was, is].into_iter().flatten().any(is_id)
    };
    names.into_iter().filter(shown).collect()
}

/// Whether a value is a name for programs: `cus_01k…`, a uuid.
fn is_id(value: &Value) -> bool {
    let Some(text) = value.as_str() else { return false };
    let tail = text.split_once('_').map_or(text, |(_, tail)| tail);
    text.parse::<uuid::Uuid>().is_ok() || (tail.len() >= 26 && tail.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}

fn value(visitor: &Visitor, name: &str, value: Option<&Value>) -> Markup {
    match value {
        None | Some(Value::Null) => html! { span.soft { "–" } },
        Some(Value::String(text)) => match text.parse::<Timestamp>() {
            Ok(at) => instant(visitor, at),
            Err(_) => html! { (spoken(name, text)) },
        },
        Some(other) => html! { (plain(name, other)) },
    }
}

/// A value in words; hours as everywhere.
fn plain(name: &str, value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => spoken(name, text),
        Value::Number(number) if name == "seconds" => {
            number.as_i64().map_or_else(|| number.to_string(), |seconds| format!("{} h", Hours::of_seconds(seconds)))
        }
        Value::Number(number) => number.to_string(),
        Value::Array(items) => items.iter().map(|item| plain(name, item)).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => match (fields.get("amount"), fields.get("currency")) {
            (Some(Value::String(amount)), Some(Value::String(currency))) => format!("{amount} {currency}"),
            _ => {
                let said = |(name, value): (&String, &Value)| format!("{} {}", words(name), plain(name, value));
                fields.iter().filter(|(_, value)| !is_id(value)).map(said).collect::<Vec<_>>().join(", ")
            }
        },
    }
}

fn spoken(name: &str, text: &str) -> String {
    if name.starts_with("hours") {
        return text.parse::<Hours>().map_or_else(|_| text.to_owned(), |hours| format!("{hours} h"));
    }
    text.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_changed_is_told_and_no_ids() {
        let state = |value: Value| value.as_object().cloned().unwrap_or_default();
        let before = state(json!({"status": "pending", "title": "Roof", "plan": "pln_01k7c0n9v5e0tb0xk3qf4q9q9q"}));
        let after = state(json!({"status": "in_progress", "title": "Roof", "plan": "pln_01k7c0n9v5e0tb0xk3qf4q9q9z"}));
        assert_eq!(differing(&before, &after), ["status"]);
    }

    #[test]
    fn values_are_words() {
        assert_eq!(plain("status", &json!("in_progress")), "in progress");
        assert_eq!(plain("hours_used", &json!("2.50")), "2:30 h");
        assert_eq!(plain("seconds", &json!(5400)), "1:30 h");
        assert_eq!(plain("price", &json!({"amount": "450.00", "currency": "USD"})), "450.00 USD");
        assert_eq!(plain("tags", &json!(["text", "data"])), "text, data");
    }
}
