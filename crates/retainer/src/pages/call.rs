//! "</> API" at the foot of a page: the call that returns the same thing, with the ids filled in.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use kernel::id::CustomerId;
use maud::{Markup, html};
use serde_json::Value;

use super::form::query;
use super::parts::icon;
use crate::doors::Visitor;

/// Pages and the reads of the API that return what they show, both below their roots. `{}` is the same part in both.
const CALLS: &[(&str, &str)] = &[
    ("/tickets", "/tickets"),
    ("/tickets/{}", "/tickets/{}"),
    ("/customers", "/customers"),
    ("/customers/{}", "/customers/{}"),
    ("/customers/{}/change", "/customers/{}"),
    ("/customers/{}/balance", "/customers/{}/allowances"),
    ("/customers/{}/statement", "/customers/{}/statement"),
    ("/customers/{}/subscription", "/subscriptions?customer={}"),
    ("/customers/{}/top-up", "/top-ups?customer={}"),
    ("/balance", "/allowances"),
    ("/money", "/invoices?state=open"),
    ("/invoices", "/invoices"),
    ("/invoices/{}", "/invoices/{}"),
    ("/subscriptions", "/subscriptions"),
    ("/plan", "/subscriptions"),
    ("/plans", "/plans"),
    ("/plans/{}", "/plans/{}"),
    ("/plans/{}/terms", "/plans/{}/versions"),
    ("/reports", "/reports/revenue"),
    ("/team", "/members"),
    ("/outbox", "/mails"),
    ("/outbox/{}", "/mails/{}"),
    ("/audit", "/audit"),
    ("/settings", "/organization"),
    ("/settings/deletion", "/organization"),
    ("/settings/export", "/organization/export"),
    ("/settings/sample", "/sample"),
    ("/settings/mail-templates", "/mail-templates"),
    ("/settings/mail-templates/{}", "/mail-template-versions?kind={}"),
    ("/notifications", "/notifications"),
    ("/notifications/preferences", "/notification-preferences"),
    ("/profile", "/me"),
    ("/search", "/search"),
];

/// What the start page shows first: to staff, and to customers.
const HOME: (&str, &str) = ("/tickets?status=open&sort=priority", "/allowances");

/// Forms that make something, the call that makes it, and what is sent with it. `{}` is the customer that the form is for.
const MAKES: &[(&str, &str, &str)] = &[
    ("/tickets/new", "/tickets", r#"{"customer": "{}", "title": "Printer prints nothing", "hours": "2.50"}"#),
    ("/customers/new", "/customers", r#"{"name": "Bella's Bakery", "email": "bella@example.com"}"#),
    (
        "/plans/new",
        "/plans",
        r#"{"name": "Standard", "terms": {"price": {"amount": "450.00", "currency": "USD"}, "period": "month", "quantity": "10"}}"#,
    ),
];

/// The disclosure, where the API returns what the page shows or makes what its form makes.
pub(super) fn call(visitor: &Visitor) -> Markup {
    let below = visitor.here().strip_prefix(&visitor.path("")).unwrap_or_default();
    let root = format!("{}/api/v1", visitor.app().public_url);
    let token = "-H \"Authorization: Bearer $TOKEN\"";
    let (what, command) = if let Some((_, path, body)) = MAKES.iter().find(|(page, ..)| *page == below) {
        let body = filled_in(visitor, body);
        (
            "What this form makes, made by a program",
            format!("curl -s '{root}{path}' \\\n  {token} \\\n  --json @- <<'END'\n{body}\nEND"),
        )
    } else if let Some(read) = read_of(visitor, below) {
        ("This page as a program reads it", format!("curl -s '{root}{read}' \\\n  {token}"))
    } else {
        return html! {};
    };
    html! {
        details.call {
            summary { (icon("code")) " API" }
            p { (what) "; " a href="/api" { "the reference" } " says how to get a token." }
            pre { code { (command) } }
            p { button type="button" data-copy=(command) { (icon("copy")) span { "Copy" } } }
        }
    }
}

/// The read that returns what a page shows, with what the page is narrowed down to.
fn read_of(visitor: &Visitor, below: &str) -> Option<String> {
    if below.is_empty() {
        let (staff, customers) = HOME;
        return Some(if visitor.is_staff() { staff } else { customers }.to_owned());
    }
    if below == "/search" && visitor.query().value("q").trim().is_empty() {
        return None;
    }
    Some(narrowed(visitor, below, call_of(below)?))
}

/// What a form sends, with the customer that it is for; customers are asked for none, it is themselves.
fn filled_in(visitor: &Visitor, body: &str) -> String {
    if !visitor.is_staff() {
        return body.replace(r#""customer": "{}", "#, "");
    }
    let customer = visitor.query().value("customer");
    body.replace("{}", if customer.parse::<CustomerId>().is_ok() { customer } else { "$CUSTOMER" })
}

/// What lists take from their page's address: the name there and on the API.
const NARROWED: &[(&str, &[(&str, &str)])] = &[
    (
        "/tickets",
        &[
            ("status", "status"),
            ("priority", "priority"),
            ("assignee", "assignee"),
            ("tag", "tag"),
            ("q", "q"),
            ("customer", "customer"),
            ("sort", "sort"),
        ],
    ),
    ("/customers", &[("q", "q"), ("tag", "tag"), ("sort", "sort")]),
    ("/invoices", &[("state", "state"), ("customer", "customer"), ("q", "q"), ("sort", "sort")]),
    ("/subscriptions", &[("state", "state"), ("plan", "plan"), ("sort", "sort")]),
    ("/outbox", &[("state", "state")]),
    ("/notifications", &[("unread", "unread")]),
    ("/audit", &[("subject", "subject"), ("actor", "actor"), ("action", "action")]),
    ("/team", &[]),
    ("/plans", &[]),
    ("/search", &[("q", "q")]),
    (STATEMENT, &[("from", "from"), ("to", "to")]),
];

const STATEMENT: &str = "/customers/{}/statement";

/// What a page means by a word that the API says otherwise, and what it does without being asked.
const MEANT: &[(&str, &str, &str, &str)] = &[
    ("/customers", "show", "archived", "archived=true"),
    ("/customers", "show", "all", "include_archived=true"),
    ("/customers", "sort", "", "sort=attention"),
    ("/plans", "show", "archived", "archived=true"),
    ("/subscriptions", "state", "running", "running=true"),
];

/// How many rows a page of a list has, where that is not what the API gives without being asked.
const ROWS: &[(&str, &str)] = &[
    ("/tickets", "50"),
    ("/audit", "50"),
    ("/notifications", "50"),
    ("/team", "100"),
    ("/plans", "100"),
    ("/search", "20"),
];

/// The read with what the page is narrowed down to.
fn narrowed(visitor: &Visitor, below: &str, read: String) -> String {
    let is_statement = below.starts_with("/customers/") && below.ends_with("/statement");
    let page = if is_statement { STATEMENT } else { below };
    let Some((_, names)) = NARROWED.iter().find(|(known, _)| *known == page) else { return read };
    let asked = visitor.query();
    let meant: Vec<_> =
        MEANT.iter().filter(|(page, name, value, _)| *page == below && asked.value(name) == *value).collect();
    let is_meant = |name: &str| meant.iter().any(|(_, known, ..)| *known == name);
    let mut pairs: Vec<(&str, String)> = names
        .iter()
        .filter(|(name, _)| !asked.value(name).trim().is_empty() && !is_meant(name))
        .filter(|(name, known)| is_taken(&read, known, asked.value(name)))
        .map(|(name, known)| (*known, asked.value(name).to_owned()))
        .collect();
    pairs.extend(
        meant.iter().filter_map(|(.., pair)| pair.split_once('=')).map(|(name, value)| (name, value.to_owned())),
    );
    if matches!(below, "/audit" | "/invoices") {
        pairs.extend(days(visitor));
    }
    pairs.extend(ROWS.iter().find(|(page, _)| *page == below).map(|(_, rows)| ("limit", (*rows).to_owned())));
    if !asked.value("after").is_empty() {
        pairs.push(("after", asked.value("after").to_owned()));
    }
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
    if pairs.is_empty() { read } else { format!("{read}?{}", query(&pairs)) }
}

/// The words that the reads of the API take, by read and parameter, where they take some words alone.
static TAKEN: LazyLock<BTreeMap<(String, String), Vec<Value>>> = LazyLock::new(|| {
    let document = serde_json::to_value(crate::web::document()).unwrap_or_default();
    let mut taken = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for parameter in item["get"]["parameters"].as_array().into_iter().flatten() {
            let schema = &parameter["schema"];
            let named = schema["$ref"].as_str().and_then(|name| document.pointer(name.trim_start_matches('#')));
            let Some(words) = named.unwrap_or(schema)["enum"].as_array() else { continue };
            let name = parameter["name"].as_str().unwrap_or_default().to_owned();
            // Lists have orders of their own, which the document has under one name.
            if name == "sort" {
                continue;
            }
            taken.insert((path.trim_start_matches("/api/v1").to_owned(), name), words.clone());
        }
    }
    taken
});

/// Whether a read takes a value: what the page does not understand it would refuse.
fn is_taken(read: &str, name: &str, value: &str) -> bool {
    let words = TAKEN.get(&(read.to_owned(), name.to_owned()));
    words.is_none_or(|words| words.iter().any(|word| word == value))
}

/// Days as instants: the page counts them in the reader's zone, the last with all its hours.
fn days(visitor: &Visitor) -> Vec<(&'static str, String)> {
    let (from, to) = visitor.query().clone().read_days(visitor.zone());
    [("from", from), ("to", to)].into_iter().filter_map(|(name, at)| Some((name, at?.to_string()))).collect()
}

/// The read of the API for a page; both are parts below their roots.
fn call_of(below: &str) -> Option<String> {
    let parts: Vec<&str> = below.split('/').collect();
    let named = |part: &str| !part.is_empty() && !matches!(part, "new");
    CALLS.iter().find_map(|(page, read)| {
        let pattern: Vec<&str> = page.split('/').collect();
        let fits = pattern.len() == parts.len()
            && pattern
                .iter()
                .zip(&parts)
                .all(|(wanted, part)| if *wanted == "{}" { named(part) } else { wanted == part });
        let place = pattern.iter().position(|part| *part == "{}");
        fits.then(|| place.map_or_else(|| (*read).to_owned(), |place| read.replace("{}", parts[place])))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_of_a_page_stand_in_its_call() {
        assert_eq!(call_of("/customers/cus_1/balance").as_deref(), Some("/customers/cus_1/allowances"));
        assert_eq!(call_of("/customers/cus_1/subscription").as_deref(), Some("/subscriptions?customer=cus_1"));
        assert_eq!((call_of("/tickets/new"), call_of("/nothing"), call_of("")), (None, None, None));
    }

    #[test]
    fn what_a_list_is_narrowed_down_to_is_known_to_its_read() {
        let document = serde_json::to_value(crate::web::document()).expect("a document");
        let knows = |page: &str, name: &str| {
            let (_, read) = CALLS.iter().find(|(known, _)| *known == page).expect("a call");
            let fits = |path: &str| {
                let (path, read) = (path.trim_start_matches("/api/v1").split('/'), read.split('/'));
                path.clone().count() == read.clone().count()
                    && path.zip(read).all(|(known, part)| known == part || (part == "{}" && known.starts_with('{')))
            };
            let paths = document["paths"].as_object().expect("paths");
            let parameters =
                paths.iter().filter(|(path, _)| fits(path)).flat_map(|(_, item)| item["get"]["parameters"].as_array());
            parameters.flatten().any(|known| known["name"] == name)
        };
        for (page, names) in NARROWED {
            for (_, name) in *names {
                assert!(knows(page, name), "{page}: {name}");
            }
        }
        for (page, _, _, pair) in MEANT {
            assert!(knows(page, pair.split_once('=').expect("a pair").0), "{page}: {pair}");
        }
        assert!(ROWS.iter().all(|(page, _)| knows(page, "limit")));
    }

    #[test]
    fn every_call_is_one_of_the_api() {
        let document = serde_json::to_value(crate::web::document()).expect("a document");
        let paths = document["paths"].as_object().expect("paths");
        for (page, read) in CALLS {
            let (path, query) = read.split_once('?').unwrap_or((read, ""));
            let parts: Vec<&str> = path.split('/').collect();
            let fits = |known: &str| {
                let known: Vec<&str> = known.split('/').collect();
                let same = |(known, part): (&&str, &&str)| known == part || (*part == "{}" && known.starts_with('{'));
                known.len() == parts.len() && known.iter().zip(&parts).all(same)
            };
            let found = paths.iter().find(|(known, _)| fits(known));
            let (_, item) = found.unwrap_or_else(|| panic!("{page}: the API has no {path}"));
            assert!(item["get"].is_object(), "{page}: {path} is not read");
            if let Some((name, _)) = query.split_once('=') {
                let knows =
                    item["get"]["parameters"].as_array().into_iter().flatten().any(|known| known["name"] == name);
                assert!(knows, "{page}: {path} does not take {name}");
            }
        }
    }
}
