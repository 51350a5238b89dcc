//! What was typed is not lost when the session ended meanwhile, and never shown to anybody else.

use fantoccini::Locator;
use kernel::id::CustomerId;
use serde_json::json;
use testkit::{Browser, PASSWORD, PageAnswer, Reader, Scripts, TestApp};

async fn shop() -> (TestApp, CustomerId, String) {
    let app = TestApp::start().await;
    let cleo = app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
    app.grant_hours(app.acme, cleo, 10, "ten").await;
    let wanted = json!({"customer": cleo.to_string(), "title": "The roof leaks", "hours": "2"});
    let answer = app.olga().await.post("/tickets", wanted).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let ticket = answer.body["id"].as_str().expect("a number").to_owned();
    (app, cleo, ticket)
}

const TYPED: &str = "It drips on \"the\" <piano>.\nSince Monday.";

/// Cleo writes a comment, and her session ends before she sends it.
async fn too_late(app: &TestApp, ticket: &str) -> (Reader, PageAnswer) {
    let cleo = app.signed_in("acme", "cleo@berg.example").await;
    let page = format!("/acme/tickets/{ticket}");
    let once = cleo.get(&page).await.once();
    assert_eq!(cleo.post("/acme/sign-out", &[]).await.status, 303);
    let fields = [("message", TYPED), ("once", &once)];
    let turned = cleo.post_from(&page, &format!("{page}/comments"), &fields).await;
    assert_eq!(turned.status, 403, "{}", turned.html);
    assert!(turned.html.contains("It is kept: sign in") && !turned.html.contains("piano"), "{}", turned.html);
    (cleo, turned)
}

fn hidden(page: &PageAnswer, name: &str) -> String {
    let rest = page.html.split_once(&format!("name=\"{name}\" value=\"")).map_or("", |(_, rest)| rest);
    rest.split_once('"').map_or("", |(value, _)| value).to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comment_sent_after_the_session_ended_is_in_its_form_again_after_signing_in() {
    let (app, _, ticket) = shop().await;
    let (cleo, turned) = too_late(&app, &ticket).await;
    let (to, kept) = (hidden(&turned, "to"), hidden(&turned, "kept"));
    assert_eq!(to, format!("/acme/tickets/{ticket}"));
    // A wrong password loses nothing.
    let wrong = [("to", to.as_str()), ("kept", &kept), ("email", "cleo@berg.example"), ("password", "not this one")];
    let wrong = cleo.post("/acme/sign-in", &wrong).await;
    assert_eq!((wrong.status, hidden(&wrong, "kept")), (422, kept.clone()));
    let right = [("to", to.as_str()), ("kept", &kept), ("email", "cleo@berg.example"), ("password", PASSWORD)];
    let on = cleo.post("/acme/sign-in", &right).await;
    assert_eq!((on.status, on.location()), (307, "/acme/sign-in/kept"));
    let back = cleo.post(on.location(), &right).await;
    assert_eq!(back.status, 200, "{}", back.html);
    let text = "It drips on &quot;the&quot; &lt;piano&gt;.\nSince Monday.</textarea>";
    assert!(back.html.contains(text), "{}", back.html);
    assert!(back.html.contains("The roof leaks") && back.html.contains("send it again"), "{}", back.html);
    assert!(!back.html.contains("chosen again"), "there were no files: {}", back.html);
    // Nothing was sent, and now it is.
    let path = format!("/tickets/{ticket}/comments");
    assert_eq!(app.olga().await.get(&path).await.body["items"], json!([]));
    let sent = cleo.post(&format!("/acme{path}"), &[("message", TYPED), ("once", &back.once())]).await;
    assert_eq!(sent.status, 303, "{}", sent.html);
    assert_eq!(app.olga().await.get(&path).await.body["items"][0]["message"], TYPED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comment_in_a_form_that_takes_files_is_kept_as_well() {
    let (app, _, ticket) = shop().await;
    let cleo = app.signed_in("acme", "cleo@berg.example").await;
    let page = format!("/acme/tickets/{ticket}");
    let once = cleo.get(&page).await.once();
    assert_eq!(cleo.post("/acme/sign-out", &[]).await.status, 303);
    let mut body = String::new();
    for (name, value) in [("once", once.as_str()), ("message", TYPED)] {
        body.push_str(&format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    body.push_str(
        "--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"plan.txt\"\r\n\r\na plan\r\n--edge--\r\n",
    );
    let path = format!("{page}/comments");
    let turned = cleo.post_bytes(&path, "multipart/form-data; boundary=edge", body.into_bytes()).await;
    assert!(turned.html.contains("It is kept: sign in"), "{} {}", turned.status, turned.html);
    let kept = hidden(&turned, "kept");
    let right = [
        ("to", hidden(&turned, "to")),
        ("kept", kept),
        ("email", "cleo@berg.example".into()),
        ("password", PASSWORD.into()),
    ];
    let right: Vec<(&str, &str)> = right.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let on = cleo.post("/acme/sign-in", &right).await;
    let back = cleo.post(on.location(), &right).await;
    assert!(back.html.contains("It drips on &quot;the&quot; &lt;piano&gt;."), "{} {}", back.status, back.html);
    assert!(back.html.contains("The files have to be chosen again."), "{}", back.html);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_before_a_file_that_is_too_large_to_keep_are_kept() {
    let (app, _, ticket) = shop().await;
    let cleo = app.signed_in("acme", "cleo@berg.example").await;
    let page = format!("/acme/tickets/{ticket}");
    cleo.get(&page).await;
    assert_eq!(cleo.post("/acme/sign-out", &[]).await.status, 303);
    let head = "Content-Disposition: form-data; name=";
    let body = format!(
        "--edge\r\n{head}\"message\"\r\n\r\nIt drips.\r\n--edge\r\n{head}\"files\"; filename=\"a.bin\"\r\n\r\n{}\r\n--edge--\r\n",
        "x".repeat(400_000)
    );
    let path = format!("{page}/comments");
    let turned = cleo.post_bytes(&path, "multipart/form-data; boundary=edge", body.into_bytes()).await;
    assert!(turned.html.contains("It is kept: sign in"), "{} {}", turned.status, turned.html);
    let kept = hidden(&turned, "kept");
    let back = app.signed_in("acme", "cleo@berg.example").await.post("/acme/sign-in/kept", &[("kept", &kept)]).await;
    assert!(back.html.contains("It drips.") && back.html.contains("have to be chosen again"), "{}", back.html);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_person_typed_opens_for_nobody_else_and_not_for_ever() {
    let (app, _, ticket) = shop().await;
    let (shared, turned) = too_late(&app, &ticket).await;
    let kept = hidden(&turned, "kept");
    let olga = [("to", ""), ("kept", kept.as_str()), ("email", "olga@acme.example"), ("password", PASSWORD)];
    let on = shared.post("/acme/sign-in", &olga).await;
    let back = shared.post(on.location(), &olga).await;
    assert_eq!((back.status, back.location()), (303, "/acme"), "{}", back.html);
    let home = shared.get("/acme").await;
    assert!(home.html.contains("was not sent: it is somebody else’s") && !home.html.contains("piano"), "{}", home.html);
    // Nor for somebody who has no session, nor when it was damaged.
    assert_eq!(app.reader().post("/acme/sign-in/kept", &olga).await.status, 303);
    let cleo = app.signed_in("acme", "cleo@berg.example").await;
    let other = if kept.ends_with('0') { '1' } else { '0' };
    let damaged = format!("{}{other}", &kept[..kept.len() - 1]);
    assert_eq!(cleo.post("/acme/sign-in/kept", &[("kept", &damaged)]).await.status, 303);
    assert_eq!(cleo.post("/acme/sign-in/kept", &[("kept", &kept)]).await.status, 200);
    app.clock.set(testkit::at("2026-11-20T23:00:00Z"));
    let cleo = app.signed_in("acme", "cleo@berg.example").await;
    assert_eq!(cleo.post("/acme/sign-in/kept", &[("kept", &kept)]).await.status, 303);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_never_here_is_led_to_the_door_as_ever() {
    let (app, _, ticket) = shop().await;
    let stranger = app.reader();
    let to = format!("/acme/tickets/{ticket}/comments");
    let turned = stranger.post(&to, &[("message", TYPED)]).await;
    assert_eq!((turned.status, turned.location()), (303, "/acme/sign-in?to=&late=true"));
    let door = stranger.get(turned.location()).await;
    assert!(door.html.contains("what you sent did not arrive"), "{}", door.html);
    assert!(!stranger.get("/acme/sign-in").await.html.contains("did not arrive"));
}

async fn a_drawer_comes_back(scripts: Scripts) {
    let (app, _, ticket) = shop().await;
    let Some(browser) = Browser::start(&app.url(), scripts).await else { return };
    let page = format!("/acme/tickets/{ticket}");
    browser.open(&page).await;
    browser.fill("email", "olga@acme.example").await;
    browser.fill("password", PASSWORD).await;
    browser.click("Sign in").await;
    browser.sees("The roof leaks").await;
    browser.client.find(Locator::XPath("//summary[.='Reject']")).await.expect("a drawer").click().await.expect("open");
    browser.fill("reject_reason", "There is no roof.").await;
    let olga = app.olga().await;
    let sessions = olga.get("/sessions").await.body;
    for session in sessions["items"].as_array().expect("sessions") {
        if session["kind"] == "browser" {
            let id = session["id"].as_str().expect("an id");
            assert!(olga.delete(&format!("/sessions/{id}")).await.status < 300);
        }
    }
    browser
        .client
        .find(Locator::XPath("//button[.='Reject it']"))
        .await
        .expect("a button")
        .click()
        .await
        .expect("sent");
    browser.sees("It is kept: sign in").await;
    browser.fill("email", "olga@acme.example").await;
    browser.fill("password", PASSWORD).await;
    browser.click("Sign in").await;
    browser.sees("send it again").await;
    let field = browser.client.find(Locator::Css("[name=reject_reason]")).await.expect("the field");
    assert!(field.is_displayed().await.expect("a field"), "the drawer is closed");
    assert_eq!(field.prop("value").await.expect("a value").as_deref(), Some("There is no roof."));
    if matches!(scripts, Scripts::On) {
        assert_eq!(browser.client.current_url().await.expect("an address").path(), page);
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejection_typed_before_the_session_ended_comes_back_with_scripts() {
    a_drawer_comes_back(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejection_typed_before_the_session_ended_comes_back_without_scripts() {
    a_drawer_comes_back(Scripts::Off).await;
}
