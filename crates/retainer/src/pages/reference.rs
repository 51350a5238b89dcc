//! The reference of the API, made from its OpenAPI document: it needs no script and nothing from elsewhere.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::Value;

use super::bare_wide;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The whole reference.
pub fn reference(document: &Value) -> Markup {
    let mut by_tag: BTreeMap<&str, Vec<(&str, &str, &Value)>> = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                let tag = operation["tags"][0].as_str().unwrap_or("Others");
                by_tag.entry(tag).or_default().push((method, path, operation));
            }
        }
    }
    let schemas = &document["components"]["schemas"];
    bare_wide(
        "API",
        None,
        &html! {
            h1 { "The API" }
            p.lead { (document["info"]["description"].as_str().unwrap_or_default()) }
            p {
                "All addresses begin with " code { "/api/v1" } ". The same in a form for programs: "
                a href="/api/openapi.json" { "openapi.json" } " (OpenAPI 3.1)."
            }
            pre { code {
                "curl -s $SERVER/api/v1/session-tokens -H 'Content-Type: application/json' \\\n  -d '{\"organization\": \"acme\", \"email\": \"you@acme.example\", \"password\": \"…\"}'\n"
                "curl -s $SERVER/api/v1/me -H \"Authorization: Bearer $TOKEN\""
            } }
            nav.contents aria-label="Contents" {
                @for tag in by_tag.keys() { a href={ "#" (anchor(tag)) } { (tag) } " " }
            }
            @for (tag, operations) in &by_tag {
                h2 id=(anchor(tag)) { (tag) }
                @for (method, path, operation) in operations { (described(method, path, operation, schemas)) }
            }
        },
    )
}

fn anchor(tag: &str) -> String {
    tag.to_lowercase().replace(' ', "-")
}

fn described(method: &str, path: &str, operation: &Value, schemas: &Value) -> Markup {
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    let body = resolved(&operation["requestBody"]["content"]["application/json"]["schema"], schemas);
    let responses = operation["responses"].as_object();
    let good = responses.into_iter().flatten().filter(|(status, _)| status.starts_with('2'));
    html! {
        details.operation {
            summary {
                code.method { (method.to_uppercase()) } " " code { (path) }
                span.soft { " " (operation["summary"].as_str().unwrap_or_default()) }
            }
            @if let Some(text) = operation["description"].as_str() { p { (text) } }
            @if !parameters.is_empty() {
                h3 { "Parameters" }
                dl.facts {
                    @for parameter in &parameters {
                        dt { code { (parameter["name"].as_str().unwrap_or_default()) } " " span.soft { (parameter["in"].as_str().unwrap_or_default()) } }
                        dd { (kind(&parameter["schema"])) " " (parameter["description"].as_str().unwrap_or_default()) }
                    }
                }
            }
            @if !body.is_null() { h3 { "Body" } (fields(body)) }
            h3 { "Answer" }
            @for (status, response) in good {
                p { code { (status) } " " (named(&response["content"]["application/json"]["schema"])) }
                (fields(resolved(&response["content"]["application/json"]["schema"], schemas)))
            }
        }
    }
}

fn resolved<'a>(schema: &'a Value, schemas: &'a Value) -> &'a Value {
    let name = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
    name.map_or(schema, |name| &schemas[name])
}

fn fields(schema: &Value) -> Markup {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    html! {
        @if let Some(properties) = schema["properties"].as_object() {
            dl.facts {
                @for (name, property) in properties {
                    dt { code { (name) } @if !required.contains(&Value::from(name.as_str())) { span.soft { " optional" } } }
                    dd { (kind(property)) " " (property["description"].as_str().unwrap_or_default()) }
                }
            }
        }
    }
}

fn named(schema: &Value) -> &str {
    schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()).unwrap_or_default()
}

/// The kind of a value in a word or two.
fn kind(schema: &Value) -> Markup {
    let types = match &schema["type"] {
        Value::String(one) => one.clone(),
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => match schema["oneOf"].as_array() {
            Some(choices) => choices
                .iter()
                .map(|choice| choice["type"].as_str().unwrap_or(named(choice)))
                .collect::<Vec<_>>()
                .join(" or "),
            None => named(schema).to_owned(),
        },
    };
    let words =
        schema["enum"].as_array().map(|words| words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "));
    html! { span.soft { (types) @if let Some(words) = words { ": " (words) } } }
}
