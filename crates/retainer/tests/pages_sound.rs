//! Every page, in a real browser and both schemes, as axe sees it; and how much it weighs and whether anything jumps.

use std::path::PathBuf;

use serde_json::{Value, json};
use testkit::{Browser, PASSWORD, Scripts};

use crate::looks::{PORTAL, STAFF};
use crate::world::World;

/// What a page may weigh with all that it loads, as it comes over the wire.
const MOST_BYTES: i64 = 60_000;

/// The script of axe-core, which `.ci/run` fetches.
fn axe() -> Option<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let fetched =
        std::env::var_os("RETAINER_AXE").map_or_else(|| root.join("target/axe/package/axe.min.js"), PathBuf::from);
    let found = std::fs::read_to_string(&fetched).ok();
    if found.is_none() {
        let demanded = std::env::var_os("RETAINER_REQUIRE_BROWSER").is_some_and(|value| value == "1");
        assert!(!demanded, "RETAINER_REQUIRE_BROWSER=1, but there is no {}: .ci/run fetches it", fetched.display());
        eprintln!("SKIPPED: there is no {}, which .ci/run fetches", fetched.display());
    }
    found
}

async fn signed_in(world: &World, email: &str) -> Option<Browser> {
    let browser = Browser::start(&world.app.url(), Scripts::On).await?;
    browser.open("/acme").await;
    browser.fill("email", email).await;
    browser.fill("password", PASSWORD).await;
    browser.click("Sign in").await;
    browser.sees("Sign out").await;
    Some(browser)
}

/// The pages of somebody: those of the rail, and one of each kind of thing.
fn pages(world: &World, email: &str) -> Vec<String> {
    let (rail, is_staff) = if email.starts_with("olga") { (STAFF, true) } else { (PORTAL, false) };
    let mut pages: Vec<String> = rail.iter().map(|page| format!("/acme{page}")).collect();
    pages.push(format!("/acme/tickets/{}", world.things["tickets"]));
    pages.push("/acme/search?q=berg".to_owned());
    if is_staff {
        let customer = format!("/acme/customers/{}", world.things["customers"]);
        pages.extend(["", "/balance", "/statement", "/top-up", "/change"].map(|below| format!("{customer}{below}")));
        pages.extend(
            ["/customers/new", "/subscriptions", "/invoices", "/reports/month"].map(|page| format!("/acme{page}")),
        );
    }
    pages
}

const RUN: &str = "
    const [scheme, told] = arguments;
    document.documentElement.style.colorScheme = scheme;
    axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }).then((found) =>
        told(found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).slice(0, 3).join('; ')}`)),
        (error) => told([String(error)]));";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn axe_finds_nothing_wrong_with_any_page_in_either_scheme() {
    let Some(axe) = axe() else { return };
    let world = World::start().await;
    let mut wrong = Vec::new();
    for email in ["olga@acme.example", "cleo@berg.example"] {
        let Some(browser) = signed_in(&world, email).await else { return };
        for page in pages(&world, email) {
            browser.open(&page).await;
            browser.client.execute(&axe, vec![]).await.expect("axe stands in the page");
            for scheme in ["light", "dark"] {
                let found = browser.client.execute_async(RUN, vec![json!(scheme)]).await.expect("axe's word");
                let found = found.as_array().cloned().unwrap_or_default();
                wrong.extend(found.iter().map(|one| format!("{page}, {scheme}: {}", one.as_str().unwrap_or_default())));
            }
        }
        browser.close().await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const WEIGHED: &str = "
    const told = arguments[0];
    const shifts = [];
    new PerformanceObserver((list) => shifts.push(...list.getEntries())).observe({ type: 'layout-shift', buffered: true });
    setTimeout(() => {
        const loaded = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
        const bytes = loaded.filter((one) => one.initiatorType !== 'other').reduce((sum, one) => sum + one.encodedBodySize, 0);
        const shift = shifts.filter((one) => !one.hadRecentInput).reduce((sum, one) => sum + one.value, 0);
        const moved = shifts.flatMap((one) => one.sources.map((it) => (it.node?.outerHTML ?? it.node?.textContent ?? '').slice(0, 60)));
        told({ bytes, shift: Math.round(shift * 10000), files: loaded.length, moved });
    }, 150);";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_is_heavy_and_nothing_on_it_jumps() {
    let world = World::start().await;
    let mut wrong = Vec::new();
    for email in ["olga@acme.example", "cleo@berg.example"] {
        let Some(browser) = signed_in(&world, email).await else { return };
        for page in pages(&world, email) {
            let mut found = Value::Null;
            // A busy machine may paint a page that has not wholly come; what jumps by itself jumps each time.
            for _ in 0..3 {
                browser.open(&page).await;
                found = browser.client.execute_async(WEIGHED, vec![]).await.expect("its weight");
                if found["shift"] == 0 {
                    break;
                }
            }
            let figure = |name: &str| found[name].as_i64().unwrap_or(i64::MAX);
            assert!(figure("files") >= 3, "{page}: its style and its script are not counted: {found}");
            let is_fine = (1..=MOST_BYTES).contains(&figure("bytes")) && found["shift"] == 0;
            if !is_fine {
                wrong.push(format!("{page}: {found}"));
            }
        }
        browser.close().await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
