//! Lists as people use them: what needs attention first, as a file, and on the phone.

use fantoccini::Locator;
use fantoccini::key::Key;
use serde_json::json;
use testkit::{Browser, Screen, Scripts};

use crate::money::Shop;
use crate::pages_at_hand::{opened, sees, sees_not, shop, sign_in, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_that_need_attention_come_first() {
    let shop = Shop::open().await;
    let (plan, daily) =
        (shop.plan("Ten", json!({})).await, shop.plan("Daily", json!({"period": "day", "quantity": "1"})).await);
    shop.customer("Anna Nothing").await;
    let nearly = shop.customer("Bo Nearly").await;
    shop.subscribe(&nearly, &plan).await;
    shop.made("/tickets", json!({"customer": nearly, "title": "Most of it", "hours": "9.5"})).await;
    let day = shop.customer("Cai Daily").await;
    shop.subscribe(&day, &daily).await;
    shop.made("/tickets", json!({"customer": day, "title": "Today's", "hours": "0.75"})).await;
    let unpaid = shop.customer("Dora Unpaid").await;
    shop.made("/subscriptions", json!({"customer": unpaid, "plan": plan})).await;
    shop.app.clock.set(testkit::at("2026-11-20T10:00:00Z"));
    let late = shop.customer("Eva Late").await;
    let subscription = shop.subscribe(&late, &plan).await;
    let id: uuid::Uuid = kernel::id::Id::uuid(subscription.parse::<kernel::id::SubscriptionId>().expect("an id"));
    let made = shop.app.root().await.execute("update subscriptions set state = 'past_due' where id = $1", &[&id]).await;
    assert_eq!(made.expect("past due"), 1);
    let olga = shop.app.signed_in("acme", "olga@acme.example").await;
    let places = async |query: &str, names: &[&str]| {
        let page = olga.get(&format!("/acme/customers{query}")).await;
        let at =
            |name: &&str| page.html.find(&format!("{name}</a>")).unwrap_or_else(|| panic!("{name}: {}", page.html));
        let places: Vec<usize> = names.iter().map(at).collect();
        assert!(places.is_sorted(), "{query}: {places:?}");
    };
    // A daily plan is always nearly empty, so it is no news.
    places("", &["Eva Late", "Dora Unpaid", "Bo Nearly", "Anna Nothing", "Cai Daily"]).await;
    places("?sort=name", &["Anna Nothing", "Bo Nearly", "Cai Daily", "Dora Unpaid", "Eva Late"]).await;
    places("?sort=newest", &["Eva Late", "Anna Nothing"]).await;
    sees(&olga.get("/acme/customers").await, "<option value=\"\" selected>What needs attention first</option>");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_are_taken_along_as_files_as_they_are_narrowed_down() {
    let (app, cleo) = shop().await;
    app.customer(app.acme, "=cmd()", "evil@example.com").await;
    app.grant_hours(app.acme, cleo, 200, "more").await;
    let ticket = opened(&app, cleo, "Water, in the \"cellar\"", "Urgent").await;
    opened(&app, cleo, "Paint the door", "Low").await;
    for number in 0..120 {
        opened(&app, cleo, &format!("+{number}"), "Medium").await.clear();
    }
    let price = json!({"amount": "400.00", "currency": "USD"});
    let top_up = json!({"customer": cleo.to_string(), "quantity": "4", "pay_now": false, "price": price});
    assert_eq!(app.olga().await.post("/top-ups", top_up).await.status, 201);
    let olga = app.signed_in("acme", "olga@acme.example").await;
    sees(&olga.get("/acme/tickets?priority=Urgent&q=").await, "href=\"/acme/tickets.csv?priority=Urgent\" download");
    sees(&olga.get("/acme/tickets?priority=urgent").await, "href=\"/acme/tickets.csv?priority=Urgent\" download");
    let file = olga.get("/acme/tickets.csv?priority=Urgent").await;
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"tickets.csv\"");
    let lines: Vec<&str> = file.html.lines().collect();
    assert_eq!(lines.len(), 2, "{}", file.html);
    assert!(lines[0].starts_with("number,title,customer,status,priority,"), "{}", lines[0]);
    let row = format!(
        "{ticket},\"Water, in the \"\"cellar\"\"\",Cleo Berg,pending,Urgent,,1.00,1.00,0.00,2026-11-20T09:00:00Z,"
    );
    assert_eq!(lines[1], row);
    // All pages of it, and no title is a formula.
    let all = olga.get("/acme/tickets.csv").await.html;
    assert_eq!(all.lines().count(), 123);
    assert!(all.contains(",'+7,"), "{all}");
    let customers = olga.get("/acme/customers.csv").await.html;
    assert!(
        customers.contains(",'=cmd(),evil@example.com,") && customers.contains(",Cleo Berg,cleo@berg.example,"),
        "{customers}"
    );
    let invoices = olga.get("/acme/invoices.csv?state=open").await.html;
    assert!(invoices.contains("INV-2026-0001,Cleo Berg,open,400.00,USD,"), "{invoices}");
    assert_eq!(olga.get("/acme/invoices.csv?state=void").await.html.lines().count(), 1);
    // Customers have what is theirs, and no list of customers.
    let patron = app.signed_in("acme", "cleo@berg.example").await;
    assert_eq!(patron.get("/acme/customers.csv").await.status, 404);
    sees_not(&patron.get("/acme/tickets").await, "tickets.csv");
    assert_eq!(app.reader().get("/acme/tickets.csv").await.status, 303);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_palette_has_exact_names_first_and_a_button_and_c_creates_everywhere() {
    let (app, cleo) = shop().await;
    for number in 0..15 {
        opened(&app, cleo, &format!("Roof {number}"), "Low").await;
    }
    let ticket = opened(&app, cleo, "The roof leaks", "Low").await;
    app.customer(app.acme, "Roof", "roof@roof.example").await;
    let Some(browser) = Browser::start(&app.url(), Scripts::On).await else { return };
    let page = format!("/acme/tickets/{ticket}");
    sign_in(&browser, &page, "olga@acme.example").await;
    browser.open(&page).await;
    browser.client.find(Locator::Css("header .keys")).await.expect("the hint").click().await.expect("clicked");
    until(&browser, "document.activeElement.getAttribute('role') === 'combobox'").await;
    let rows = "[...document.querySelectorAll('.palette li a')]";
    until(&browser, &format!("{rows}.length > 5 && {rows}.every((row) => row.firstChild.textContent.trim() !== '' && row.firstChild.nodeType === 3)")).await;
    let typed = browser.client.active_element().await.expect("the field");
    typed.send_keys("roof").await.expect("typed");
    until(&browser, "document.querySelector('.palette [aria-selected=true] a')?.firstChild.textContent === 'Roof'")
        .await;
    // What is not the page is dimmed, too: the place of the scroll bar.
    until(&browser, "getComputedStyle(document.documentElement).backgroundColor !== getComputedStyle(document.body).backgroundColor").await;
    typed.send_keys(&Key::Escape.to_string()).await.expect("closed");
    until(&browser, "!document.querySelector('dialog')").await;
    browser.client.find(Locator::Css("body")).await.expect("a page").send_keys("c").await.expect("typed");
    browser.sees("Open the ticket").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sheets_and_the_menu_of_a_phone_open_and_lead_on() {
    let (app, cleo) = shop().await;
    opened(&app, cleo, "Water in the cellar", "Urgent").await;
    let ticket = opened(&app, cleo, "The roof leaks", "Low").await;
    let said = app.sign_in("acme", "cleo@berg.example").await;
    assert_eq!(said.post(&format!("/tickets/{ticket}/comments"), json!({"message": "Hurry."})).await.status, 201);
    let Some(browser) = Browser::start_on(&app.url(), Scripts::On, Screen::Phone).await else { return };
    sign_in(&browser, "/acme/tickets", "olga@acme.example").await;
    browser.open("/acme/tickets").await;
    let click = async |selector: &str| {
        let element = browser.client.wait().for_element(Locator::Css(selector)).await.expect("it is there");
        element.click().await.unwrap_or_else(|error| panic!("{selector}: {error}"));
    };
    let is_shown = async |selector: &str| {
        let element = browser.client.find(Locator::Css(selector)).await.expect("it is there");
        element.is_displayed().await.expect("an answer")
    };
    // The filters are a sheet, and with them the order, which no column's head gives here.
    assert!(!is_shown("form.filters").await);
    click("button.unfold").await;
    assert!(is_shown("form.filters [name=sort]").await);
    click("form.filters [name=sort] option[value=priority]").await;
    click("form.filters button[type=submit]").await;
    until(&browser, "location.search.includes('sort=priority')").await;
    let first = browser.client.find(Locator::Css("table.list tbody tr a")).await.expect("a row");
    assert_eq!(first.text().await.expect("words"), "Water in the cellar");
    // The menu.
    assert!(!is_shown("#rooms").await);
    click("button.menu").await;
    assert!(is_shown("#rooms").await);
    click("#rooms a[href='/acme/customers']").await;
    browser.sees("Cleo Berg").await;
    // The bell's count stands inside the screen.
    let bell = browser.client.find(Locator::Css("a.bell .count")).await.expect("something unread");
    let (x, _, width, _) = bell.rectangle().await.expect("a place");
    assert!(x + width <= 390.0, "{x} and {width}");
    // A head's buttons stand in one row, and what is at the thumb is not said twice.
    browser.open(&format!("/acme/customers/{cleo}")).await;
    let mut tops = Vec::new();
    for button in browser.client.find_all(Locator::Css("header.title .actions > *")).await.expect("buttons") {
        if button.is_displayed().await.expect("an answer") {
            tops.push(button.rectangle().await.expect("a place").1);
        }
    }
    assert!(tops.len() > 1 && tops.iter().all(|top| (top - tops[0]).abs() < 2.0), "{tops:?}");
    browser.open(&format!("/acme/tickets/{ticket}")).await;
    let mut starts = 0;
    for button in browser
        .client
        .find_all(Locator::XPath("//main//button[normalize-space()='Start work']"))
        .await
        .expect("buttons")
    {
        starts += i32::from(button.is_displayed().await.expect("an answer"));
    }
    assert_eq!(starts, 1);
    browser.close().await;
}
