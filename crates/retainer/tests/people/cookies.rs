//! The cookies of pages.

use testkit::{PASSWORD, Setup, TestApp, at};

const OLGA: [(&str, &str); 2] = [("email", "olga@acme.example"), ("password", PASSWORD)];

fn cookie<'a>(answer: &'a testkit::PageAnswer, name: &str) -> Option<&'a str> {
    let mut set = answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    set.find(|cookie| cookie.starts_with(name))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_that_is_used_stays_signed_in() {
    let app = TestApp::start().await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    assert_eq!(cookie(&olga.get("/acme/profile").await, "retainer_session"), None, "just signed in");
    for day in ["2026-11-30T09:00:00Z", "2026-12-10T09:00:00Z", "2026-12-20T09:00:00Z"] {
        app.clock.set(at(day));
        let page = olga.get("/acme/profile").await;
        assert_eq!(page.status, 200, "{day}");
        let renewed = cookie(&page, "retainer_session").expect("the cookie once more");
        assert!(renewed.contains("Max-Age=1209600") && renewed.contains("HttpOnly"), "{renewed}");
    }
    app.clock.set(at("2026-12-31T09:00:00Z"));
    let out = olga.post("/acme/sign-out", &[]).await;
    let gone: Vec<_> = out.headers.get_all("set-cookie").iter().collect();
    assert_eq!(gone.len(), 1, "signing out takes the cookie away and does not renew it: {gone:?}");
    app.clock.set(at("2027-01-31T09:00:00Z"));
    assert_eq!(olga.get("/acme/profile").await.status, 303);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_people_come_by_tls_no_cookie_goes_without() {
    let https = Setup { public_url: Some("https://acme.example".to_owned()), ..Setup::default() };
    let app = TestApp::start_with(https).await;
    let entered = app.reader().post("/acme/sign-in", &OLGA).await;
    let session = cookie(&entered, "retainer_session").expect("a session");
    assert!(session.ends_with("; Secure"), "{session}");
    let pair = session.split(';').next().expect("a pair");
    let profile = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let saved = profile
        .post(format!("{}/acme/profile", app.url()))
        .header("cookie", pair)
        .form(&[("name", "Olga E"), ("time_zone", "")])
        .send()
        .await
        .expect("an answer");
    let flash = saved.headers()["set-cookie"].to_str().expect("text").to_owned();
    assert!(flash.starts_with("retainer_flash=") && flash.ends_with("; Secure"), "{flash}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_no_header_can_hold_loses_nobody_their_session() {
    let app = TestApp::start().await;
    let mut fields = OLGA.to_vec();
    fields.push(("to", "/acme/\nx"));
    let entered = app.reader().post("/acme/sign-in", &fields).await;
    assert_eq!((entered.status, entered.location()), (303, "/acme"));
    assert!(cookie(&entered, "retainer_session").is_some());
}
