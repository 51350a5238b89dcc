//! What is at hand everywhere: the running timer, the palette, drafts, what is urgent, the steps on the phone.

use fantoccini::Locator;
use fantoccini::key::Key;
use kernel::id::CustomerId;
use serde_json::json;
use testkit::{Browser, PASSWORD, PageAnswer, Screen, Scripts, TestApp};

use crate::money::Shop;

pub(crate) fn sees(page: &PageAnswer, words: &str) {
    assert!(page.html.contains(words), "{words:?} is not on the page ({}):\n{}", page.status, page.html);
}

pub(crate) fn sees_not(page: &PageAnswer, words: &str) {
    assert!(!page.html.contains(words), "{words:?} is on the page ({}):\n{}", page.status, page.html);
}

pub(crate) async fn shop() -> (TestApp, CustomerId) {
    let app = TestApp::start().await;
    let cleo = app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
    app.grant_hours(app.acme, cleo, 40, "forty").await;
    (app, cleo)
}

pub(crate) async fn opened(app: &TestApp, cleo: CustomerId, title: &str, priority: &str) -> String {
    let wanted = json!({"customer": cleo.to_string(), "title": title, "hours": "1", "priority": priority});
    let answer = app.olga().await.post("/tickets", wanted).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["id"].as_str().expect("a number").to_owned()
}

pub(crate) async fn sign_in(browser: &Browser, page: &str, email: &str) {
    browser.open(page).await;
    browser.fill("email", email).await;
    browser.fill("password", PASSWORD).await;
    browser.click("Sign in").await;
    browser.sees("Sign out").await;
}

/// Waits until a script finds something true.
pub(crate) async fn until(browser: &Browser, script: &str) {
    for _ in 0..100 {
        let found = browser.client.execute(&format!("return Boolean({script})"), vec![]).await.expect("an answer");
        if found == json!(true) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("never: {script}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_timer_is_seen_on_every_page_of_who_runs_it_and_is_stopped_from_there() {
    let (app, cleo) = shop().await;
    let ticket = opened(&app, cleo, "The roof leaks", "Low").await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    sees_not(&olga.get("/acme/customers").await, "Your timer runs on");
    assert!(app.olga().await.post(&format!("/tickets/{ticket}/timer"), json!({})).await.status < 300);
    app.clock.set(testkit::at("2026-11-20T10:25:00Z"));
    for page in ["", "/customers", "/reports", "/tickets"] {
        let page = olga.get(&format!("/acme{page}")).await;
        sees(&page, &format!("Your timer runs on {ticket}"));
        sees(&page, ">1:25</time>");
        sees(&page, &format!("action=\"/acme/tickets/{ticket}/timer-stop\""));
    }
    for page in ["", "/tickets"] {
        sees(&olga.get(&format!("/acme{page}")).await, "<span class=\"tag good\">timer runs</span>");
    }
    // It is nobody else's.
    let patron = app.signed_in("acme", "cleo@berg.example").await;
    sees_not(&patron.get("/acme/tickets").await, "timer");
    let once = olga.get("/acme").await.once();
    let stopped = olga.post(&format!("/acme/tickets/{ticket}/timer-stop"), &[("once", &once)]).await;
    assert_eq!(stopped.status, 303, "{}", stopped.html);
    sees_not(&olga.get("/acme").await, "Your timer runs on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn today_begins_with_what_is_urgent_and_a_daily_plan_is_no_news() {
    let shop = Shop::open().await;
    let daily = shop.plan("Daily", json!({"period": "day", "quantity": "1"})).await;
    let monthly = shop.plan("Small", json!({"quantity": "0.5"})).await;
    for (name, plan) in [("Dan Ek", &daily), ("Anna Ask", &monthly)] {
        let customer = shop.customer(name).await;
        shop.subscribe(&customer, plan).await;
        if name == "Dan Ek" {
            let wanted = json!({"customer": customer, "title": "Used up", "hours": "0.5"});
            shop.made("/tickets", wanted).await;
        }
    }
    let cleo = shop.app.customer(shop.app.acme, "Cleo Berg", "cleo@berg.example").await;
    shop.app.grant_hours(shop.app.acme, cleo, 40, "forty").await;
    for (title, priority) in
        [("Old and low", "Low"), ("Urgent one", "Urgent"), ("High one", "High"), ("New and low", "Low")]
    {
        opened(&shop.app, cleo, title, priority).await;
    }
    let olga = shop.app.signed_in("acme", "olga@acme.example").await;
    let today = olga.get("/acme").await;
    let places: Vec<usize> = ["Urgent one", "High one", "Old and low", "New and low"]
        .iter()
        .map(|title| today.html.find(title).unwrap_or_else(|| panic!("{title}: {}", today.html)))
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    sees(&today, "<b>Anna Ask</b>");
    sees_not(&today, "<b>Dan Ek</b>");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_number_finds_its_ticket_and_a_customers_name_what_is_theirs() {
    let (app, cleo) = shop().await;
    for number in 0..12 {
        opened(&app, cleo, &format!("Piece {number}"), "Low").await;
    }
    let price = json!({"amount": "400.00", "currency": "USD"});
    let top_up = json!({"customer": cleo.to_string(), "quantity": "4", "pay_now": false, "price": price});
    assert_eq!(app.olga().await.post("/top-ups", top_up).await.status, 201);
    let dan = app.customer(app.acme, "Dan Ek", "dan@ek.example").await;
    app.grant_hours(app.acme, dan, 40, "dans").await;
    opened(&app, dan, "Another's", "Low").await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    for asked in ["0007", "7", "%230007"] {
        let found = olga.get(&format!("/acme/search?q={asked}")).await;
        sees(&found, "Piece 6</a>");
        sees_not(&found, "Piece 5");
    }
    let named = olga.get("/acme/search?q=cleo").await;
    for seen in ["Cleo Berg</a>", "Piece 11</a>", "INV-2026-0001"] {
        sees(&named, seen);
    }
    sees_not(&named, "Another's");
    // Dan finds nothing of Cleo's, by number or by name.
    let theirs = app.signed_in("acme", "dan@ek.example").await;
    for asked in ["0007", "cleo", "berg"] {
        sees_not(&theirs.get(&format!("/acme/search?q={asked}")).await, "Piece");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_typed_and_left_is_in_its_form_again_until_it_is_sent() {
    let (app, cleo) = shop().await;
    let (ticket, other) =
        (opened(&app, cleo, "The roof leaks", "Low").await, opened(&app, cleo, "Another", "Low").await);
    let Some(browser) = Browser::start(&app.url(), Scripts::On).await else { return };
    let page = format!("/acme/tickets/{ticket}");
    sign_in(&browser, &page, "olga@acme.example").await;
    browser.fill("message", "It drips on the piano.").await;
    browser.click("Tickets").await;
    browser.sees("Another").await;
    browser.open(&format!("/acme/tickets/{other}")).await;
    until(&browser, "document.querySelector('[name=message]').value === ''").await;
    browser.open(&page).await;
    until(&browser, "document.querySelector('[name=message]').value === 'It drips on the piano.'").await;
    browser.sees("Restored: what you had typed here.").await;
    browser.click("Send to Cleo Berg").await;
    browser.sees("The comment is sent.").await;
    browser.open(&page).await;
    until(&browser, "document.querySelector('[name=message]').value === ''").await;
    // Somebody else at the same browser finds nothing of it, and who signs out leaves nothing.
    browser.fill("message", "Only mine.").await;
    browser.open("/acme").await;
    until(&browser, "Object.keys(localStorage).some((key) => key.startsWith('draft '))").await;
    browser.click("Sign out").await;
    sign_in(&browser, &page, "cleo@berg.example").await;
    browser.open(&page).await;
    until(&browser, "document.querySelector('[name=message]').value === '' && localStorage.length === 0").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sent_is_no_draft_any_more_by_whatever_way_one_comes_back() {
    let (app, cleo) = shop().await;
    let ticket = opened(&app, cleo, "The roof leaks", "Low").await;
    let Some(browser) = Browser::start(&app.url(), Scripts::On).await else { return };
    let page = format!("/acme/tickets/{ticket}");
    sign_in(&browser, &page, "olga@acme.example").await;
    browser.fill("message", "Sent once.").await;
    browser.click("Send to Cleo Berg").await;
    browser.sees("The comment is sent.").await;
    browser.client.back().await.expect("back");
    until(&browser, "document.querySelector('[name=message]')?.value === ''").await;
    browser.click("Tickets").await;
    browser.sees("The roof leaks").await;
    browser.open(&page).await;
    until(&browser, "document.querySelector('[name=message]').value === '' && !document.querySelector('.restored')")
        .await;

    // A note that was kept in one tab does not wait in another for somebody to send it to the customer.
    browser.fill("message", "They never pay.").await;
    until(&browser, "Object.keys(localStorage).some((key) => key.startsWith('draft '))").await;
    let first = browser.client.window().await.expect("a window");
    let second = browser.client.new_window(true).await.expect("a tab").handle;
    browser.client.switch_to_window(second.clone()).await.expect("the tab");
    browser.open(&page).await;
    until(&browser, "document.querySelector('[name=message]').value === 'They never pay.'").await;
    browser.client.switch_to_window(first).await.expect("the window");
    browser.click("Keep as an internal note").await;
    browser.sees("The note is kept").await;
    browser.client.switch_to_window(second).await.expect("the tab");
    until(&browser, "document.querySelector('[name=message]').value === ''").await;
    browser.open(&page).await;
    until(&browser, "document.querySelector('[name=message]').value === ''").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_title_is_live_and_who_types_is_told_that_it_changed() {
    let (app, cleo) = shop().await;
    let ticket = opened(&app, cleo, "The roof leaks", "Low").await;
    let Some(browser) = Browser::start(&app.url(), Scripts::On).await else { return };
    let page = format!("/acme/tickets/{ticket}");
    sign_in(&browser, &page, "olga@acme.example").await;
    browser.sees("The roof leaks").await;
    browser.fill("message", "On it.").await;
    let changed = app.olga().await.patch(&format!("/tickets/{ticket}"), json!({"title": "The cellar is wet"})).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    until(&browser, "document.querySelector('h1').textContent === 'The cellar is wet'").await;
    browser.sees("Olga Ek changed what it says, just now.").await;
    until(&browser, "document.querySelector('[name=message]').value === 'On it.'").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_palette_opens_everything_by_the_keyboard_alone() {
    let (app, cleo) = shop().await;
    opened(&app, cleo, "The roof leaks", "Low").await;
    let Some(browser) = Browser::start(&app.url(), Scripts::On).await else { return };
    sign_in(&browser, "/acme/customers", "olga@acme.example").await;
    let keys = async |keys: &str| {
        browser.client.active_element().await.expect("something has the focus").send_keys(keys).await.expect("typed");
    };
    let control_k = format!("{}k{}", Key::Control, Key::Null);
    keys(&control_k).await;
    until(&browser, "document.activeElement.getAttribute('role') === 'combobox'").await;
    browser.sees("New customer").await;
    // The focus stays within.
    keys(&Key::Tab.to_string()).await;
    until(&browser, "document.activeElement.getAttribute('role') === 'combobox'").await;
    keys("roof").await;
    browser.sees("The roof leaks").await;
    keys(&Key::Enter.to_string()).await;
    browser.sees("Nothing has been said yet.").await;
    keys(&control_k).await;
    until(&browser, "document.activeElement.getAttribute('role') === 'combobox'").await;
    keys("new cust").await;
    until(&browser, "document.querySelector('.palette [aria-selected=true]')?.textContent === 'New customer'").await;
    keys(&Key::Enter.to_string()).await;
    browser.sees("A person's or a company's.").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_the_steps_of_a_ticket_are_at_the_thumb() {
    let (app, cleo) = shop().await;
    let ticket = opened(&app, cleo, "The roof leaks", "Urgent").await;
    let Some(browser) = Browser::start_on(&app.url(), Scripts::On, Screen::Phone).await else { return };
    let page = format!("/acme/tickets/{ticket}");
    sign_in(&browser, &page, "olga@acme.example").await;
    for words in ["Comment", "Start work", "Complete"] {
        let step = format!(
            "[...document.querySelectorAll('.hand a, .hand button')].find((one) => one.textContent === '{words}')"
        );
        until(&browser, &format!("{step}.getBoundingClientRect().bottom <= innerHeight && {step}.getBoundingClientRect().top > innerHeight - 100")).await;
    }
    // It leads into the closed drawer, which opens, and the list says what is urgent, too.
    browser.open(&format!("{page}#used")).await;
    until(&browser, "document.querySelector('#used').getBoundingClientRect().height > 0").await;
    browser.open("/acme/tickets").await;
    until(&browser, "document.querySelector('td .narrow').innerText.includes('Urgent')").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_customer_has_left_follows_the_choice_and_questions_say_what_they_are_of() {
    let (app, cleo) = shop().await;
    app.customer(app.acme, "Dan Ek", "dan@ek.example").await;
    let ticket = opened(&app, cleo, "The roof leaks", "Low").await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    sees(&olga.get("/acme/tickets/new?title=Mine").await, "value=\"Mine\"");
    sees(&olga.get(&format!("/acme/customers/{cleo}")).await, "It has an open ticket. Complete or reject it first.");
    sees(&app.reader().get("/acme/sign-in").await, "autofocus");
    let Some(browser) = Browser::start(&app.url(), Scripts::On).await else { return };
    sign_in(&browser, "/acme/tickets/new", "olga@acme.example").await;
    browser.sees("stands here once they are chosen").await;
    let choice = format!("//option[@value='{cleo}']");
    browser.client.find(Locator::XPath(&choice)).await.expect("a choice").click().await.expect("chosen");
    browser.sees("39:00 h left").await;
    browser.open(&format!("/acme/tickets/{ticket}")).await;
    browser.sees("The roof leaks").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_new_tickets_hours_leave_is_said_while_one_types() {
    let (app, _) = shop().await;
    let Some(browser) = Browser::start(&app.url(), Scripts::On).await else { return };
    sign_in(&browser, "/acme", "cleo@berg.example").await;
    browser.open("/acme/tickets/new").await;
    let left: i64 = browser
        .client
        .execute("return Number(document.getElementById('hours-there').dataset.left)", vec![])
        .await
        .expect("what is left")
        .as_i64()
        .expect("seconds");
    assert!(left > 3600, "{left}");
    browser.fill("hours", "1:00").await;
    browser.sees(&format!("{}:{:02} h left after this.", (left - 3600) / 3600, left % 3600 / 60)).await;
    browser.fill("hours", "99").await;
    browser.sees("more than there is left.").await;
    browser.close().await;
}
