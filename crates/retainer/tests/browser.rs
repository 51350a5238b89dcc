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

async fn a_ticket_goes_its_way(scripts: Scripts) {
    let app = TestApp::start().await;
    let cleo = app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
    app.grant_hours(app.acme, cleo, 10, "ten").await;
    let Some(browser) = Browser::start(&app.url(), scripts).await else { return };
    sign_in(&browser, "cleo@berg.example").await;
    browser.sees("10:00 h").await;
    browser.click("Ask for something").await;
    browser.fill("title", "The printer is out of words").await;
    browser.fill("hours", "2.5").await;
    browser
        .client
        .find(fantoccini::Locator::Css("main form .submit button"))
        .await
        .expect("a button")
        .click()
        .await
        .expect("sent");
    browser.sees("The printer is out of words").await;
    browser.open("/acme").await;
    browser.sees("2:30\u{a0}h held").await;
    browser.sees("7:30\u{a0}h left").await;
    browser.click("Sign out").await;
    sign_in(&browser, "olga@acme.example").await;
    browser.sees("wants 2:30\u{a0}h").await;
    browser.click("The printer is out of words").await;
    browser.sees("Cleo Berg").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_files_a_ticket_and_staff_find_it_with_scripts() {
    a_ticket_goes_its_way(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_files_a_ticket_and_staff_find_it_without_scripts() {
    a_ticket_goes_its_way(Scripts::Off).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_signs_in_and_out_with_scripts() {
    the_owner_signs_in(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_signs_in_and_out_without_scripts() {
    the_owner_signs_in(Scripts::Off).await;
}
