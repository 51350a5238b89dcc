//! An owner writes what a mail says, in a browser: looked at first, saved, refused where it is hostile, and brought back.

use fantoccini::Locator;
use serde_json::json;
use testkit::{Browser, Screen, Scripts};

use crate::pages_at_hand::{opened, shop, sign_in, until};

const HOME: &str = "/acme/settings/mail-templates/ticket.commented";
const FIRST: &str = "Dear {{ person }},\n\n{{ message }}\n\n{{ link|button(\"Open\") }}";
const SECOND: &str = "Hello {{ person }},\n\n{{ message }}\n\n{{ link|button(\"Look\") }}";

/// What stands in the mail that the page shows.
async fn framed(browser: &Browser) -> String {
    let client = &browser.client;
    let frame = client.wait().for_element(Locator::Css("iframe.mail")).await.expect("the mail");
    frame.enter_frame().await.expect("within it");
    let body = client.wait().for_element(Locator::Css(".sheet")).await.expect("its sheet");
    let text = body.text().await.expect("words");
    client.enter_parent_frame().await.expect("back on the page");
    text
}

async fn confirm(browser: &Browser, words: &str) {
    let path = format!("//dialog[@open]//button[normalize-space()='{words}']");
    let button = browser.client.wait().for_element(Locator::XPath(&path)).await.expect("the question");
    button.click().await.expect("yes");
}

async fn write(browser: &Browser, subject: &str, body: &str) {
    browser.fill("subject", subject).await;
    browser.fill("body", body).await;
}

async fn a_template_is_written(scripts: Scripts) {
    let (app, _) = shop().await;
    let Some(browser) = Browser::start(&app.url(), scripts).await else { return };
    sign_in(&browser, "/acme", "olga@acme.example").await;
    browser.open("/acme/settings/mail-templates").await;
    browser.click("A comment on a ticket").await;
    // A draft is looked at, and says nothing yet.
    write(&browser, "About {{ title }}", FIRST).await;
    browser.click("Look at it first").await;
    browser.sees("How it would look").await;
    assert!(framed(&browser).await.contains("Dear Cleo Berg,"), "the preview");
    browser.sees("You have not saved this yet").await;
    assert_eq!(versions(&app).await, json!([]));
    browser.click("Save").await;
    browser.sees("Yours, version 1").await;
    // What is hostile is refused beside its field, and what was typed stays.
    write(&browser, "About {{ title }}", "{{ link }} {% for a in b %}{{ a }}{% endfor %}").await;
    browser.click("Save").await;
    browser.client.wait().for_element(Locator::Css("[name=body][aria-invalid=true]")).await.expect("it is refused");
    let typed = browser.client.find(Locator::Css("[name=body]")).await.expect("the body");
    assert!(typed.prop("value").await.expect("a value").is_some_and(|typed| typed.contains("{% for")), "it stays");
    assert_eq!(versions(&app).await.as_array().map(Vec::len), Some(1));
    write(&browser, "Again about {{ title }}", SECOND).await;
    browser.click("Save").await;
    browser.sees("Yours, version 2").await;
    assert!(framed(&browser).await.contains("Hello Cleo Berg,"), "the new words");
    // The version before comes back, as a new one.
    browser.click("Bring back").await;
    if scripts == Scripts::On {
        confirm(&browser, "Bring back").await;
    }
    browser.sees("Version 1 is back, as version 3.").await;
    assert!(framed(&browser).await.contains("Dear Cleo Berg,"), "the old words");
    browser.close().await;
}

async fn versions(app: &testkit::TestApp) -> serde_json::Value {
    app.olga().await.get("/mail-template-versions?kind=ticket.commented").await.body["items"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_writes_looks_at_saves_and_brings_back_what_a_mail_says_with_scripts() {
    a_template_is_written(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_writes_looks_at_saves_and_brings_back_what_a_mail_says_without_scripts() {
    a_template_is_written(Scripts::Off).await;
}

/// How far the page, and each mail on it, can be moved sideways, and how far each mail within its frame up and down.
const HIDDEN: &str = "const beyond = (page) => page.scrollWidth - page.clientWidth;
    const mails = [...document.querySelectorAll('iframe.mail')].map((frame) => frame.contentDocument.documentElement);
    return [beyond(document.documentElement), ...mails.flatMap((page) => [beyond(page), page.scrollHeight - page.clientHeight])]
        .every((more) => more <= 0)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_is_as_high_as_it_is_and_never_scrolls_sideways() {
    let (app, cleo) = shop().await;
    let ticket = opened(&app, cleo, "The roof leaks", "Low").await;
    let said =
        json!({"message": format!("{}\n{}", "A very-long-word-without-any-end-".repeat(12), "It drips.\n".repeat(40))});
    assert_eq!(app.olga().await.post(&format!("/tickets/{ticket}/comments"), said).await.status, 201);
    app.rest().await;
    let mails = app.olga().await.get("/mails").await.body;
    let mail = mails["items"].as_array().expect("mails").iter().find(|mail| mail["kind"] == "ticket.commented");
    let mail = mail.and_then(|mail| mail["id"].as_str()).expect("a mail").to_owned();
    let seen = "[...document.querySelectorAll('iframe.mail')].filter((frame) => frame.checkVisibility()).length";
    // On a wide screen a template shows how it looks on both.
    for (screen, previews) in [(Screen::Wide, 2), (Screen::Phone, 1)] {
        let Some(browser) = Browser::start_on(&app.url(), Scripts::On, screen).await else { return };
        sign_in(&browser, "/acme", "olga@acme.example").await;
        for (page, count) in [(format!("/acme/outbox/{mail}"), 1), (HOME.to_owned(), previews)] {
            browser.open(&page).await;
            until(&browser, &format!("{seen} === {count}")).await;
            until(&browser, "[...document.querySelectorAll('iframe.mail')].every((frame) => frame.style.height)").await;
            until(&browser, &format!("(() => {{ {HIDDEN} }})()")).await;
        }
        browser.close().await;
    }
}
