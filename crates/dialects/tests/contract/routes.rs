//! The table of old routes: every call in it is made, in its order, against a running server.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::Value;

use super::{Business, server};

/// A line of the table.
pub(super) struct Route {
    pub(super) old: String,
    pub(super) who: String,
    pub(super) call: String,
    pub(super) body: String,
    /// What later lines need of the answer: `name=/pointer`.
    keeps: String,
    pub(super) note: String,
}

/// All lines.
pub(super) fn routes() -> Vec<Route> {
    let lines = include_str!("../../src/consulting/routes.tsv").lines().skip(1);
    let route = |line: &str| {
        let mut fields = line.split('\t').map(str::to_owned);
        let mut field = || fields.next().unwrap_or_default();
        Route { old: field(), who: field(), call: field(), body: field(), keeps: field(), note: field() }
    };
    lines.map(route).collect()
}

/// The text with `$names` filled in.
fn filled(text: &str, known: &BTreeMap<String, String>) -> String {
    let mut text = text.to_owned();
    for (name, value) in known.iter().rev() {
        text = text.replace(&format!("${name}"), value);
    }
    assert!(!text.contains('$'), "{text} needs what no answer gave");
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_new_call_of_the_table_does_what_the_old_route_did() {
    let app = server().await;
    let business = Business::new(&app, app.acme, "acme", "anna").await;
    let customer = app.sign_in("acme", "customer@anna.example").await;
    let mut known = BTreeMap::from([("customer".to_owned(), business.customer.to_string())]);
    let routes = routes();
    for named in ["remaining_hours", "create_request", "update_status (Rejected)", "notifications", "billing_totals"] {
        assert!(routes.iter().any(|route| route.old == named), "{named} is not in the table");
    }
    for route in &routes {
        let actor = match route.who.as_str() {
            "staff" => business.owner.clone(),
            "customer" => customer.clone(),
            "nobody" => app.nobody(),
            other => panic!("{}: who is {other}?", route.old),
        };
        let (method, path) = route.call.split_once(' ').expect("a method and a path");
        let mut request = actor.request(method.parse::<Method>().expect("a method"), &filled(path, &known));
        if !route.body.is_empty() {
            let body: Value = serde_json::from_str(&filled(&route.body, &known))
                .unwrap_or_else(|error| panic!("{}: {error}", route.old));
            request = request.json(&body);
        }
        let answer = actor.send(request).await;
        assert!(
            (200..300).contains(&answer.status),
            "{} ({}): {} {}",
            route.old,
            route.call,
            answer.status,
            answer.body
        );
        for kept in route.keeps.split_whitespace() {
            let (name, pointer) = kept.split_once('=').expect("name=/pointer");
            let value = answer
                .body
                .pointer(pointer)
                .unwrap_or_else(|| panic!("{}: no {pointer} in {}", route.old, answer.body));
            known.insert(name.to_owned(), value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
        checks(&route.old, &answer.body);
    }
}

/// What an old caller would have looked at in the answer.
fn checks(old: &str, body: &Value) {
    let text = body.to_string();
    match old {
        "remaining_hours" => assert!(text.contains("12.00"), "ten of the plan and two more: {text}"),
        "create_request" => assert_eq!(body["status"], "pending", "{text}"),
        "update_status (In Progress)" => assert_eq!(body["status"], "in_progress", "{text}"),
        "update_status (Completed)" => assert_eq!(body["status"], "completed", "{text}"),
        "update_status (Rejected)" => assert_eq!(body["status"], "rejected", "{text}"),
        "comments" => assert!(text.contains("Any news?") && text.contains("Soon."), "{text}"),
        "billing_totals" => assert!(text.contains("540.00"), "450 and 90: {text}"),
        _ => {}
    }
}
