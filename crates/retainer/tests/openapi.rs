//! The OpenAPI document: what is promised, and that every promise is whole.

use serde_json::Value;
use testkit::snapshot;

use crate::world::{document, operations};

#[test]
fn the_document_is_the_one_that_was_read() {
    let mut text = serde_json::to_string_pretty(&document()).expect("JSON");
    text.push('\n');
    snapshot("openapi.json", &text);
}

#[test]
fn every_operation_says_what_it_answers() {
    for operation in operations() {
        let (name, spec) = (operation.name(), &operation.spec);
        let responses = spec["responses"].as_object().expect("responses");
        let good: Vec<&String> = responses.keys().filter(|status| status.starts_with('2')).collect();
        assert!(!good.is_empty(), "{name} promises no success");
        for status in good {
            let has_body = responses[status].get("content").is_some();
            assert_eq!(has_body, status != "204", "{name}: {status} and its body");
        }
        for status in ["401", "404", "422", "429", "500", "503"] {
            let problem = &responses[status]["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(problem, "#/components/schemas/Problem", "{name}: {status}");
        }
        assert!(spec["summary"].as_str().is_some_and(|summary| summary.len() > 4), "{name} does not say what it does");
        assert!(spec["tags"].get(0).is_some(), "{name} stands under no heading");
        let in_path = operation.path.matches('{').count();
        let parameters = spec["parameters"].as_array().cloned().unwrap_or_default();
        let described = parameters.iter().filter(|parameter| parameter["in"] == "path").count();
        assert_eq!(in_path, described, "{name} does not describe what stands in its address");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn follow(value: &Value, document: &Value) {
        if let Some(reference) = value["$ref"].as_str() {
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
        }
        match value {
            Value::Object(fields) => fields.values().for_each(|inner| follow(inner, document)),
            Value::Array(items) => items.iter().for_each(|inner| follow(inner, document)),
            _ => {}
        }
    }
    let document = serde_json::to_value(retainer::web::document()).expect("a document");
    follow(&document, &document);
}

#[test]
fn inputs_take_nothing_that_they_do_not_know() {
    let document = document();
    for operation in operations() {
        let Some(reference) = operation.body_schema().and_then(|schema| schema["$ref"].as_str()) else { continue };
        let schema = document.pointer(reference.trim_start_matches('#')).cloned().unwrap_or(Value::Null);
        assert_eq!(schema["additionalProperties"], Value::Bool(false), "{}: {reference}", operation.name());
    }
}
