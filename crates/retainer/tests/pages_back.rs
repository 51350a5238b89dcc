//! Back and reload work after every form, whatever became of it; and what was typed is there.

use std::time::Duration;

use fantoccini::{Client, Locator};
use serde_json::json;
use testkit::{Browser, Scripts};

use crate::pages_at_hand::{opened, sees, sees_not, shop, sign_in};

/// Two tests of one journey: in a browser that runs scripts, and in one that does not.
macro_rules! with_and_without_scripts {
    ($journey:ident: $with:ident, $without:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $with() {
            $journey(Scripts::On).await;
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $without() {
            $journey(Scripts::Off).await;
        }
    };
}

async fn press(client: &Client, path: &str) {
    let button = client.wait().for_element(Locator::XPath(path)).await;
    button.unwrap_or_else(|error| panic!("{path}: {error}")).click().await.expect("clicked");
}

async fn value_of(browser: &Browser, name: &str) -> String {
    let selector = format!("[name={name}]:not([type=hidden])");
    let field = browser.client.wait().for_element(Locator::Css(&selector)).await.expect("the field");
    field.prop("value").await.expect("a value").unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answer_to_a_form_is_a_page_of_its_own_for_who_sent_it_and_for_an_hour() {
    let (app, cleo) = shop().await;
    let ticket = opened(&app, cleo, "The roof leaks", "Low").await;
    let page = format!("/acme/tickets/{ticket}");
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let (form, fields) = (format!("{page}/completion"), [("used", "50"), ("once", "k1")]);
    let refused = olga.post_from(&format!("{page}?after=x"), &form, &fields).await;
    assert_eq!(refused.status, 422, "{}", refused.html);
    assert!(refused.address.starts_with(&format!("{page}?after=x&answer=")), "{}", refused.address);
    // It can be reloaded, and the form that is sent from it stands on the same page.
    let again = olga.get(&refused.address).await;
    assert_eq!((again.status, &again.html), (422, &refused.html));
    sees(&again, "value=\"50\"");
    let second = olga.post_from(&refused.address, &form, &fields).await;
    assert_eq!(second.address.matches("answer=").count(), 1, "{}", second.address);
    // For anybody else, and later, it is the page.
    let cleo = app.signed_in("acme", "cleo@berg.example").await;
    let other = cleo.get(&refused.address).await;
    assert_eq!(other.status, 200);
    sees_not(&other, "value=\"50\"");
    assert_eq!(app.reader().get(&refused.address).await.status, 303);
    app.clock.set(testkit::at("2026-11-20T11:30:00Z"));
    let later = app.signed_in("acme", "olga@acme.example").await.get(&refused.address).await;
    assert_eq!(later.status, 200, "{}", later.html);
    sees_not(&later, "value=\"50\"");
    // Where the form was sent from is for our own pages to say.
    let elsewhere = olga.post_from("/elsewhere", &form, &fields).await;
    assert!(elsewhere.address.starts_with(&form), "{}", elsewhere.address);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_script_is_told_where_a_form_leads_and_gets_what_was_refused_itself() {
    let (app, cleo) = shop().await;
    let ticket = opened(&app, cleo, "The roof leaks", "Low").await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let in_place = async |below: &str, fields: &[(&str, &str)]| {
        olga.post_in_place(&format!("/acme/tickets/{ticket}/{below}"), fields).await
    };
    let refused = in_place("completion", &[("used", "50")]).await;
    assert_eq!((refused.status, refused.address.as_str()), (422, ""), "{}", refused.html);
    sees(&refused, "value=\"50\"");
    let done = in_place("comments", &[("message", "Tomorrow."), ("once", "k1")]).await;
    assert_eq!(done.status, 204, "{}", done.html);
    assert_eq!(done.headers["retainer-to"], format!("/acme/tickets/{ticket}"));
    assert!(done.headers["set-cookie"].to_str().is_ok_and(|cookie| cookie.starts_with("retainer_flash=")));
    let stranger = app.reader().post_in_place(&format!("/acme/tickets/{ticket}/comments"), &[("message", "Hi")]).await;
    assert_eq!((stranger.status, &stranger.headers["retainer-signed-out"]), (204, &"1".parse().expect("a value")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deed_for_several_sent_twice_is_done_once_and_leads_to_the_list() {
    let (app, cleo) = shop().await;
    let ticket = opened(&app, cleo, "One", "Low").await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let once = olga.get("/acme/tickets?priority=Low").await.html;
    let once = once.split_once("id=\"bulk\"").expect("the bar").1;
    let once = once.split_once("name=\"once\" value=\"").expect("a key").1.split('"').next().expect("a key").to_owned();
    let fields = [("ticket", ticket.as_str()), ("deed", "start"), ("once", &once)];
    let done = olga.post_from("/acme/tickets?priority=Low", "/acme/tickets/several?priority=Low", &fields).await;
    assert_eq!(done.status, 200, "{}", done.html);
    sees(&done, "One ticket is in work:");
    assert!(done.address.starts_with("/acme/tickets?priority=Low&answer="), "{}", done.address);
    sees(&olga.get(&done.address).await, "One ticket is in work:");
    let twice = olga.post("/acme/tickets/several?priority=Low", &fields).await;
    assert_eq!((twice.status, twice.location()), (303, "/acme/tickets?priority=Low"), "{}", twice.html);
}

async fn back_onto_what_was_refused(scripts: Scripts) {
    let (app, cleo) = shop().await;
    let ticket = opened(&app, cleo, "The roof leaks", "Low").await;
    let Some(browser) = Browser::start(&app.url(), scripts).await else { return };
    sign_in(&browser, "/acme", "olga@acme.example").await;
    browser.open(&format!("/acme/tickets/{ticket}")).await;
    press(&browser.client, "//summary[.='Complete']").await;
    browser.fill("used", "50").await;
    browser.click("Complete it").await;
    browser.sees("That is more than is on hold and left together.").await;
    if scripts == Scripts::On {
        let url = browser.client.current_url().await.expect("an address");
        assert_eq!((url.path(), url.query()), (format!("/acme/tickets/{ticket}").as_str(), None));
        let at = browser.client.active_element().await.expect("a focused field");
        assert_eq!(at.attr("name").await.expect("a name").as_deref(), Some("used"));
    }
    browser.click("Customers").await;
    browser.sees("Cleo Berg").await;
    browser.client.back().await.expect("back");
    browser.sees("The roof leaks").await;
    assert_eq!(value_of(&browser, "used").await, "50");
    browser.client.refresh().await.expect("reloaded");
    browser.sees("The roof leaks").await;
    // What is right is done, and Back leads to a page again.
    if !browser.client.find(Locator::Css("[name=used]")).await.expect("a field").is_displayed().await.expect("seen") {
        press(&browser.client, "//summary[.='Complete']").await;
    }
    browser.fill("used", "0.5").await;
    browser.click("Complete it").await;
    browser.sees("Completed").await;
    browser.client.back().await.expect("back");
    browser.sees("Sign out").await;
    browser.close().await;
}

with_and_without_scripts! {
    back_onto_what_was_refused:
    back_leads_to_what_was_refused_and_what_was_typed_with_scripts,
    back_leads_to_what_was_refused_and_what_was_typed_without_scripts
}

async fn a_deed_for_several_is_reloaded(scripts: Scripts) {
    let (app, cleo) = shop().await;
    opened(&app, cleo, "The roof leaks", "Low").await;
    let Some(browser) = Browser::start(&app.url(), scripts).await else { return };
    sign_in(&browser, "/acme", "olga@acme.example").await;
    browser.open("/acme/tickets?priority=Low").await;
    press(&browser.client, "//td[@class='tick']//input").await;
    press(&browser.client, "//label[@for='deed-start']").await;
    press(&browser.client, "//form[@id='bulk']//button[@type='submit']").await;
    browser.sees("One ticket is in work:").await;
    browser.client.refresh().await.expect("reloaded");
    browser.sees("The roof leaks").await;
    let url = browser.client.current_url().await.expect("an address");
    assert!(
        url.path() == "/acme/tickets" && url.query().is_some_and(|query| query.starts_with("priority=Low")),
        "{url}"
    );
    browser.click("The roof leaks").await;
    browser.sees("Complete it").await;
    browser.client.back().await.expect("back");
    browser.sees("Assigned to").await;
    browser.close().await;
}

with_and_without_scripts! {
    a_deed_for_several_is_reloaded:
    the_page_after_a_deed_for_several_can_be_reloaded_with_scripts,
    the_page_after_a_deed_for_several_can_be_reloaded_without_scripts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_stay_chosen_where_a_form_is_refused() {
    let (app, _) = shop().await;
    let Some(browser) = Browser::start(&app.url(), Scripts::On).await else { return };
    sign_in(&browser, "/acme", "cleo@berg.example").await;
    browser.open("/acme/tickets/new").await;
    browser.fill("title", "The roof leaks").await;
    browser.fill("hours", "nine").await;
    let script = "const all = new DataTransfer(); all.items.add(new File(['drip'], 'drip.txt'));
        document.querySelector('input[type=file]').files = all.files;";
    browser.client.execute(script, vec![]).await.expect("a file");
    browser.click("Open the ticket").await;
    browser.client.wait().for_element(Locator::Css("#hours[aria-invalid=true]")).await.expect("refused");
    let chosen = "return [...document.querySelector('input[type=file]').files].map((file) => file.name)";
    assert_eq!(browser.client.execute(chosen, vec![]).await.expect("files"), json!(["drip.txt"]));
    let body = browser.client.source().await.expect("a page");
    assert!(!body.contains("Choose the files again"), "they are chosen");
    browser.fill("hours", "1").await;
    browser.click("Open the ticket").await;
    browser.sees("drip.txt").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comment_typed_while_another_tab_signs_out_is_there_after_signing_in_again() {
    let (app, cleo) = shop().await;
    let ticket = opened(&app, cleo, "The roof leaks", "Low").await;
    let Some(browser) = Browser::start(&app.url(), Scripts::On).await else { return };
    sign_in(&browser, "/acme", "cleo@berg.example").await;
    browser.open(&format!("/acme/tickets/{ticket}")).await;
    browser.fill("message", "It drips on the piano.").await;
    // The draft is kept a moment later; what another tab forgets then is not forgotten here.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let first = browser.client.window().await.expect("a window");
    let second = browser.client.new_window(true).await.expect("a tab").handle;
    browser.client.switch_to_window(second).await.expect("the tab");
    browser.open("/acme").await;
    browser.click("Sign out").await;
    browser.sees("Password").await;
    browser.client.switch_to_window(first.clone()).await.expect("the tab");
    browser.sees("You signed out in another tab. What you typed here is not sent.").await;
    assert_eq!(value_of(&browser, "message").await, "It drips on the piano.");
    press(&browser.client, "//form[contains(@class,'write')]//button[@type='submit']").await;
    browser.sees("It is kept: sign in").await;
    browser.fill("email", "cleo@berg.example").await;
    browser.fill("password", testkit::PASSWORD).await;
    browser.click("Sign in").await;
    browser.sees("send it again").await;
    assert_eq!(value_of(&browser, "message").await, "It drips on the piano.");
    // With all that the browser knew of them gone, the words stay on the page, which says so.
    browser.client.delete_all_cookies().await.expect("forgotten");
    press(&browser.client, "//form[contains(@class,'write')]//button[@type='submit']").await;
    browser.sees("You are signed out, so this was not sent.").await;
    assert_eq!(value_of(&browser, "message").await, "It drips on the piano.");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_connection_nothing_that_was_typed_is_lost_and_sent_again_it_is_sent_once() {
    let (app, cleo) = shop().await;
    let ticket = opened(&app, cleo, "The roof leaks", "Low").await;
    let Some(browser) = Browser::start(&app.url(), Scripts::On).await else { return };
    sign_in(&browser, "/acme", "cleo@berg.example").await;
    browser.open(&format!("/acme/tickets/{ticket}")).await;
    browser.fill("message", "It drips on the piano.").await;
    // The answer is lost, not the form.
    let breaks = "const whole = window.fetch; window.fetch = async (...all) => { await whole(...all); window.fetch = whole; throw new TypeError('lost'); }";
    browser.client.execute(breaks, vec![]).await.expect("a broken line");
    press(&browser.client, "//form[contains(@class,'write')]//button[@type='submit']").await;
    browser.sees("it is not certain that this was sent").await;
    assert_eq!(value_of(&browser, "message").await, "It drips on the piano.");
    press(&browser.client, "//form[contains(@class,'write')]//button[@type='submit']").await;
    browser.sees("It drips on the piano.").await;
    let said = app.olga().await.get(&format!("/tickets/{ticket}/comments")).await.body;
    assert_eq!(said["items"].as_array().map(Vec::len), Some(1), "{said}");
    browser.close().await;
}
