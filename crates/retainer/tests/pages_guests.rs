//! Back and reload work for whoever is not signed in, too: signing in and up, a new password, setting up.

use fantoccini::Locator;
use retainer::set_up::issue_setup_link;
use testkit::{Browser, PASSWORD, PageAnswer, Reader, Scripts, TestApp, at};

/// A refused form of a guest is answered at an address of its own, which can be reloaded; for anybody else, and in an hour, it
/// is the page. Nothing that is secret comes along.
async fn is_come_back_to(app: &TestApp, guest: &Reader, page: &str, refused: &PageAnswer) {
    assert_eq!(refused.status, 422, "{page}: {}", refused.html);
    assert!(refused.address.starts_with(&format!("{page}?answer=")), "{page}: {}", refused.address);
    let again = guest.get(&refused.address).await;
    assert_eq!((again.status, &again.html), (422, &refused.html), "{page}");
    assert_eq!(again.headers["cache-control"], "no-store", "{page}");
    let other = app.reader().get(&refused.address).await;
    assert_eq!(other.status, 200, "{page}: {}", other.html);
    assert!(!refused.html.contains("a wrong pass phrase"), "{page}: {}", refused.html);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_guest_typed_and_was_refused_is_a_page_of_its_own() {
    let app = TestApp::start().await;
    let guest = app.reader();
    let wrong = [("email", "olga@acme.example"), ("password", "a wrong pass phrase"), ("to", "/acme/tickets")];
    let refused = guest.post("/acme/sign-in", &wrong).await;
    assert!(refused.html.contains("value=\"olga@acme.example\"") && refused.html.contains("value=\"/acme/tickets\""));
    is_come_back_to(&app, &guest, "/acme/sign-in", &refused).await;
    let short = [("name", "Cleo Berg"), ("email", "cleo@"), ("password", "a wrong pass phrase")];
    let refused = guest.post("/acme/sign-up", &short).await;
    assert!(
        refused.html.contains("value=\"Cleo Berg\"") && refused.html.contains("value=\"cleo@\""),
        "{}",
        refused.html
    );
    is_come_back_to(&app, &guest, "/acme/sign-up", &refused).await;
    let refused = guest.post("/acme/reset", &[("email", "nobody")]).await;
    is_come_back_to(&app, &guest, "/acme/reset", &refused).await;
    // What is done is said at an address, too, and sending the form from there once more is no accident.
    let asked = guest.post("/acme/reset", &[("email", "olga@acme.example")]).await;
    assert_eq!(asked.status, 200, "{}", asked.html);
    assert_eq!(guest.get(&asked.address).await.html, asked.html);
    let token = app.link_token("reset_password", "olga@acme.example", 0).await;
    let page = format!("/acme/reset/{token}");
    let refused = guest.post(&page, &[("password", "short")]).await;
    is_come_back_to(&app, &guest, &page, &refused).await;
    app.clock.set(at("2026-11-20T10:00:00Z"));
    let later = guest.get(&asked.address).await;
    assert!(later.status == 200 && later.html != asked.html, "{}", later.html);
    // A program says no origin, and is answered at once.
    let url = format!("{}/acme/sign-in", app.url());
    let answer = reqwest::Client::new().post(url).form(&wrong).send().await.expect("an answer");
    assert_eq!(answer.status(), 422);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_step_and_a_set_up_are_come_back_to_and_lead_in() {
    let app = TestApp::bare().await;
    let link = issue_setup_link(&app.server.app).await.expect("an answer").expect("a link");
    let page = link.strip_prefix(&app.url()).expect("an address of this server").to_owned();
    let guest = app.reader();
    let mut fields = vec![
        ("name", "LeverAI Consulting"),
        ("slug", ""),
        ("time_zone", "America/New_York"),
        ("currency", "Dollars"),
        ("plans", "true"),
        ("owner", "Lena"),
        ("email", "lena@leverai.example"),
        ("password", "a wrong pass phrase"),
    ];
    let refused = guest.post(&page, &fields).await;
    assert!(refused.html.contains("<option value=\"Europe/Stockholm\">") && refused.html.contains("value=\"Lena\""));
    is_come_back_to(&app, &guest, &page, &refused).await;
    fields[3] = ("currency", "USD");
    fields[7] = ("password", PASSWORD);
    let done = guest.post(&refused.address, &fields).await;
    assert_eq!((done.status, done.location()), (303, "/leverai-consulting"), "{}", done.html);
    // Signed in meanwhile, the old answer is nobody's any more.
    assert_eq!(guest.get("/leverai-consulting").await.status, 200);
    assert_eq!(guest.get(&refused.address).await.status, 404, "the link is used");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_without_scripts_goes_back_and_reloads() {
    let app = TestApp::start().await;
    let Some(browser) = Browser::start(&app.url(), Scripts::Off).await else { return };
    browser.open("/acme/sign-up").await;
    browser.fill("name", "Cleo Berg").await;
    browser.fill("email", "olga@acme.example").await;
    browser.fill("password", PASSWORD).await;
    browser.click("Sign up").await;
    let wrong = browser.client.wait().for_element(Locator::Css("[role=alert], [aria-invalid]")).await;
    wrong.expect("it is refused");
    browser.client.refresh().await.expect("reloaded");
    let url = browser.client.current_url().await.expect("an address");
    assert!(url.path() == "/acme/sign-up" && url.query().is_some_and(|query| query.starts_with("answer=")), "{url}");
    browser.click("I have an account").await;
    browser.sees("Forgotten your password?").await;
    browser.client.back().await.expect("back");
    for (name, typed) in [("name", "Cleo Berg"), ("email", "olga@acme.example"), ("password", "")] {
        let field = browser.client.wait().for_element(Locator::Css(&format!("[name={name}]"))).await.expect("a field");
        assert_eq!(field.prop("value").await.expect("a value").unwrap_or_default(), typed, "{name}");
    }
    browser.click("I have an account").await;
    browser.fill("email", "olga@acme.example").await;
    browser.fill("password", "a wrong pass phrase").await;
    browser.click("Sign in").await;
    browser.client.wait().for_element(Locator::Css("[role=alert]")).await.expect("it is refused");
    browser.client.refresh().await.expect("reloaded");
    browser.fill("password", PASSWORD).await;
    browser.click("Sign in").await;
    browser.sees("Sign out").await;
    browser.client.back().await.expect("back");
    browser.client.refresh().await.expect("reloaded");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_for_long_parts_is_carried_for_nobody_who_typed_it() {
    let app = TestApp::start().await;
    let guest = app.reader();
    let typed = "\u{e000}zones".repeat(2_000);
    let refused = guest.post("/acme/reset", &[("email", &typed)]).await;
    assert_eq!(refused.status, 422, "{}", refused.html.len());
    assert!(!refused.address.contains("answer=") && refused.html.len() < 200_000, "{}", refused.html.len());
}
