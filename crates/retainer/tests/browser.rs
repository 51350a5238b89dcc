//! What people do, in a real Chromium, with and without scripts.

use testkit::{Browser, PASSWORD, Scripts, TestApp};

async fn sign_in(browser: &Browser, email: &str) {
    browser.open("/acme").await;
    browser.fill("email", email).await;
    browser.fill("password", PASSWORD).await;
    browser.click("Sign in").await;
    browser.sees("Sign out").await;
}

async fn the_owner_signs_in(scripts: Scripts) {
    let app = TestApp::start().await;
    let Some(browser) = Browser::start(&app.url(), scripts).await else { return };
    browser.open("/acme").await;
    browser.fill("email", "olga@acme.example").await;
    browser.fill("password", "not this one").await;
    browser.click("Sign in").await;
    browser.sees("The e-mail address or the password is not right.").await;
    sign_in(&browser, "olga@acme.example").await;
    browser.sees("Today").await;
    browser.click("Sign out").await;
    browser.sees("Password").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_signs_in_and_out_with_scripts() {
    the_owner_signs_in(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_signs_in_and_out_without_scripts() {
    the_owner_signs_in(Scripts::Off).await;
}
