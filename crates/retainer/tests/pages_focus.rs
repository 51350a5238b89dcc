//! Where somebody stands after a form was answered in place, and what is said aloud.

use fantoccini::Locator;
use testkit::{Browser, Scripts};

use crate::pages_at_hand::{opened, shop, sign_in, until};

async fn stands_at(browser: &Browser, selector: &str) {
    let at = "const at = document.activeElement; return `${at.outerHTML.slice(0, 120)}, seen: ${at.checkVisibility()}`";
    let is_there =
        format!("return document.activeElement.matches({selector:?}) && document.activeElement.checkVisibility()");
    for _ in 0..60 {
        if browser.client.execute(&is_there, vec![]).await.expect("the focus") == true {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("not at {selector}, but at {:?}", browser.client.execute(at, vec![]).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_comment_one_stands_where_it_goes_on_and_hears_what_was_done() {
    let (app, cleo) = shop().await;
    let ticket = opened(&app, cleo, "The roof leaks", "High").await;
    let other = opened(&app, cleo, "The roof drips", "High").await;
    let Some(browser) = Browser::start(&app.url(), Scripts::On).await else { return };
    sign_in(&browser, "/acme", "olga@acme.example").await;
    browser.open(&format!("/acme/tickets/{ticket}")).await;
    browser.client.execute("window.voice = document.getElementById('voice')", vec![]).await.expect("the voice");
    browser.fill("message", "It is seen to.").await;
    browser.click("Keep as an internal note").await;
    browser.sees("It is seen to.").await;
    stands_at(&browser, "main .flash").await;
    // One place speaks, and it is the same after the page became another state of itself.
    until(&browser, "window.voice.isConnected && document.querySelectorAll('#voice').length === 1").await;
    // The question whether to merge is where one is led to, though the hidden place for errors of files comes before it.
    // As a click does: what one stands in is swapped under nobody's hands.
    let opens = "const drawer = document.querySelector('form[action$=merging]').closest('details');
        drawer.open = true; drawer.querySelector('summary').focus()";
    browser.client.execute(opens, vec![]).await.expect("the drawer opened");
    browser.fill("into", &other).await;
    browser
        .client
        .find(Locator::Css("form[action$=merging] [type=submit]"))
        .await
        .expect("a button")
        .click()
        .await
        .expect("sent");
    browser.sees("The roof drips").await;
    stands_at(&browser, "p.notice[role=alert]").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_refusal_of_a_template_leads_to_the_field_that_is_wrong() {
    let (app, _) = shop().await;
    let Some(browser) = Browser::start(&app.url(), Scripts::On).await else { return };
    sign_in(&browser, "/acme", "olga@acme.example").await;
    browser.open("/acme/settings/mail-templates/ticket.commented").await;
    for wrong in ["{% for a in b %}{{ a }}{% endfor %}", "{{ \"x\" * 1000000000 }}", "{{ nothing_like_it"] {
        browser.fill("subject", "About {{ title }}").await;
        browser.fill("body", wrong).await;
        browser
            .client
            .execute("document.querySelector('[name=body]').dataset.before = 'yes'", vec![])
            .await
            .expect("marked");
        browser.click("Look at it first").await;
        let answered = browser.client.wait();
        answered.for_element(Locator::Css("[name=body][aria-invalid=true]:not([data-before])")).await.expect(wrong);
        stands_at(&browser, "textarea[name=body]").await;
    }
    browser.close().await;
}
