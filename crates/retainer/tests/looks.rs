//! Every page, rendered with sample data: whole HTML, nothing that the policy forbids, no statement per row.

use serde_json::json;
use testkit::{Browser, PASSWORD, Reader, Screen, Scripts};

use crate::world::World;

/// What staff find in the rail.
pub(crate) const STAFF: &[&str] = &[
    "",
    "/tickets",
    "/tickets/new",
    "/customers",
    "/money",
    "/reports",
    "/plans",
    "/team",
    "/outbox",
    "/audit",
    "/settings",
    "/settings/export",
    "/settings/sample",
    "/settings/mail-templates",
    "/settings/mail-templates/ticket.went_on",
    "/notifications",
    "/profile",
];
/// What a customer finds there.
pub(crate) const PORTAL: &[&str] =
    &["", "/balance", "/tickets", "/tickets/new", "/invoices", "/plan", "/notifications", "/profile"];

/// What is wrong with a page's HTML, if anything is.
fn fault(html: &str) -> Option<String> {
    const VOID: &[&str] = &["meta", "link", "input", "br", "hr", "img"];
    if !html.starts_with("<!DOCTYPE html>") {
        return Some("it does not begin as HTML".to_owned());
    }
    let mut open: Vec<&str> = Vec::new();
    for tag in html.split('<').skip(1) {
        let inside = tag.split('>').next().unwrap_or_default();
        let name = inside.trim_start_matches('/').split_whitespace().next().unwrap_or_default();
        if inside.starts_with('!') || VOID.contains(&name) {
            continue;
        }
        if inside.starts_with('/') {
            if open.pop() != Some(name) {
                return Some(format!("</{name}> closes what was not open"));
            }
        } else {
            open.push(name);
        }
        for bad in [" style=", " onclick=", " onload=", " onsubmit=", "javascript:"] {
            if inside.contains(bad) {
                return Some(format!("<{inside}> holds {bad}"));
            }
        }
        if inside.starts_with("script") && !inside.contains(" src=") || inside == "style" {
            return Some(format!("<{inside}> stands in the page"));
        }
    }
    (!open.is_empty()).then(|| format!("{open:?} stay open"))
}

/// The ids that a page has more than once: a label, a link or what is swapped would find the first of them.
fn twice(html: &str) -> Vec<&str> {
    let tags = html.split('<').filter_map(|tag| tag.split_once('>')).map(|(inside, _)| inside);
    let ids = tags.filter_map(|inside| inside.split_once(" id=\"")?.1.split_once('"')).map(|(id, _)| id);
    let mut seen = std::collections::BTreeSet::new();
    ids.filter(|id| !seen.insert(*id)).collect()
}

async fn look(reader: &Reader, path: &str) {
    let page = reader.get(path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.html);
    let fault = fault(&page.html);
    assert_eq!(fault, None, "{path}");
    assert_eq!(twice(&page.html), Vec::<&str>::new(), "{path}: an id stands for one thing");
    assert!(page.headers["content-security-policy"].to_str().is_ok_and(|policy| !policy.contains("unsafe")), "{path}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_whole_html_without_inline_scripts_or_styles() {
    let world = World::start().await;
    let olga = world.app.signed_in("acme", "olga@acme.example").await;
    let cleo = world.app.signed_in("acme", "cleo@berg.example").await;
    for (reader, pages) in [(&olga, STAFF), (&cleo, PORTAL)] {
        for page in pages {
            look(reader, &format!("/acme{page}")).await;
        }
        look(reader, &format!("/acme/tickets/{}", world.things["tickets"])).await;
    }
    look(&olga, &format!("/acme/customers/{}", world.things["customers"])).await;
    look(&olga, "/api").await;
    let bella = world.app.signed_in("bolt", "bella@bolt.example").await;
    for page in STAFF {
        look(&bella, &format!("/bolt{page}")).await;
    }
}

async fn fits(browser: &Browser, path: &str) {
    browser.open(path).await;
    let width = browser.client.execute("return document.documentElement.scrollWidth", vec![]).await.expect("a width");
    assert_eq!(width.as_i64(), Some(390), "{path} is wider than a phone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_is_wider_than_a_phone() {
    let world = World::start().await;
    for (email, pages) in [("olga@acme.example", STAFF), ("cleo@berg.example", PORTAL)] {
        let Some(browser) = Browser::start_on(&world.app.url(), Scripts::On, Screen::Phone).await else { return };
        browser.open("/acme").await;
        browser.fill("email", email).await;
        browser.fill("password", PASSWORD).await;
        browser.click("Sign in").await;
        // There is something unread, whose mark once made every page wide.
        browser.sees("unread").await;
        for page in pages {
            fits(&browser, &format!("/acme{page}")).await;
        }
        fits(&browser, &format!("/acme/tickets/{}", world.things["tickets"])).await;
        fits(&browser, "/acme/tickets/nothing").await;
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_is_one_with_the_longest_words() {
    let app = testkit::TestApp::start().await;
    let Some(browser) = Browser::start_on(&app.url(), Scripts::On, Screen::Phone).await else { return };
    let olga = app.olga().await;
    let word = |letter: &str| letter.repeat(200);
    let customer = olga.post("/customers", json!({"name": word("Q")})).await;
    let customer = customer.body["id"].as_str().expect("an id").to_owned();
    let asked = json!({"customer": customer, "title": word("T"), "details": word("D"), "priority": "Urgent"});
    let ticket = olga.post("/tickets", asked).await;
    let ticket = ticket.body["id"].as_str().expect("a number").to_owned();
    let said = olga.post(&format!("/tickets/{ticket}/comments"), json!({"message": word("M")})).await;
    assert_eq!(said.status, 201, "{}", said.body);
    browser.open("/acme").await;
    browser.fill("email", "olga@acme.example").await;
    browser.fill("password", PASSWORD).await;
    browser.click("Sign in").await;
    browser.sees("New ticket").await;
    let one =
        [format!("/customers/{customer}"), format!("/customers/{customer}/balance"), format!("/tickets/{ticket}")];
    let lists = ["", "/tickets", "/customers", "/notifications", "/audit", "/search?q=QQ"].map(str::to_owned);
    for page in one.iter().chain(&lists) {
        fits(&browser, &format!("/acme{page}")).await;
    }
    browser.close().await;
}

#[test]
fn the_page_of_parts_is_whole_html_without_inline_scripts_or_styles() {
    let page = retainer::pages::design::page().into_string();
    assert_eq!(fault(&page), None);
    for seen in ["class=\"bar\"", "class=\"chart\"", "dot failed", "msg internal", "scheme dark"] {
        assert!(page.contains(seen), "{seen}");
    }
}

#[test]
fn a_page_that_is_not_whole_is_noticed() {
    assert_eq!(fault("<!DOCTYPE html><html><p>a</p></html>"), None);
    assert!(fault("<!DOCTYPE html><html><p>a</html>").is_some());
    assert!(fault("<!DOCTYPE html><html><p style=\"x\">a</p></html>").is_some());
    assert!(fault("<!DOCTYPE html><html><script>1</script></html>").is_some());
}
