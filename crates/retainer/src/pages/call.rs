//! "</> API" at the foot of a page: the call that returns the same thing, with the ids filled in.

use maud::{Markup, html};

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
    ("/settings/mail-templates", "/mail-templates"),
    ("/settings/mail-templates/{}", "/mail-template-versions?kind={}"),
    ("/notifications", "/notifications"),
    ("/notifications/preferences", "/notification-preferences"),
    ("/profile", "/me"),
];

/// The disclosure, where the API returns what the page shows.
pub(super) fn call(visitor: &Visitor) -> Markup {
    let below = visitor.here().strip_prefix(&visitor.path("")).unwrap_or_default();
    let Some(read) = call_of(below) else { return html! {} };
    let address = format!("{}/api/v1{read}", visitor.app().public_url);
    let command = format!("curl -s '{address}' \\\n  -H \"Authorization: Bearer $TOKEN\"");
    html! {
        details.call {
            summary { (icon("code")) " API" }
            p { "This page as a program reads it; " a href="/api" { "the reference" } " says how to get a token." }
            pre { code { (command) } }
            p { button type="button" data-copy=(command) { (icon("copy")) span { "Copy" } } }
        }
    }
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
