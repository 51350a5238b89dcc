//! Saved views of the list of tickets: of one person or shared, on the pages and on the API.

use kernel::Role;
use serde_json::{Value, json};
use testkit::{Browser, Scripts, TestApp};

use crate::pages_at_hand::{opened, sees, sees_not, shop, sign_in};

async fn saved(app: &TestApp, email: &str, wanted: Value) -> Value {
    let answer = app.sign_in("acme", email).await.post("/ticket-views", wanted).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_is_its_owners_until_it_is_shared_and_only_who_may_changes_it() {
    let (app, cleo) = shop().await;
    app.member(app.acme, "Amir Haddad", "amir@acme.example", Role::Member).await;
    app.member(app.acme, "Noor Aziz", "noor@acme.example", Role::Analyst).await;
    let (olga, amir, noor) = (
        app.olga().await,
        app.sign_in("acme", "amir@acme.example").await,
        app.sign_in("acme", "noor@acme.example").await,
    );
    let filter = json!({"status": "open", "priority": "Urgent", "sort": "priority", "customer": cleo.to_string()});
    let view = saved(&app, "amir@acme.example", json!({"name": "Burning", "filter": filter})).await;
    let path = format!("/ticket-views/{}", view["id"].as_str().expect("an id"));
    assert_eq!(view["filter"]["customer"], json!(cleo.to_string()));
    let names = async |who: &testkit::Actor| -> Vec<Value> {
        let listed = who.get("/ticket-views").await.body;
        listed["items"].as_array().expect("items").iter().map(|view| view["name"].clone()).collect()
    };
    assert_eq!((names(&amir).await, names(&olga).await), (vec![json!("Burning")], vec![]));
    assert_eq!(olga.patch(&path, json!({"name": "Mine"})).await.code(), "ticket_view.not_found");
    assert_eq!(olga.delete(&path).await.code(), "ticket_view.not_found");
    assert_eq!(amir.patch(&path, json!({"shared": true})).await.status, 200);
    assert_eq!(names(&noor).await, vec![json!("Burning")]);
    // An analyst may open with it, and change nothing of it; nor may they share.
    assert_eq!(noor.patch(&path, json!({"default": true})).await.body["default"], true);
    let longest = "0".repeat(255);
    let renamed = amir.patch(&path, json!({"name": longest})).await;
    assert_eq!((renamed.status, &renamed.body["name"]), (200, &json!(longest)), "{}", renamed.body);
    assert_eq!(amir.patch(&path, json!({"name": "Burning"})).await.status, 200);
    assert_eq!(noor.patch(&path, json!({"name": "X"})).await.code(), "permission.missing");
    assert_eq!(noor.delete(&path).await.code(), "permission.missing");
    let own = json!({"name": "Own", "filter": {"tag": "roof"}, "shared": true});
    assert_eq!(noor.post("/ticket-views", own).await.code(), "permission.missing");
    assert_eq!(amir.get("/ticket-views").await.body["items"][0]["default"], false, "everybody opens with their own");
    // Whoever may change members changes what is shared; taken back, it opens nobody's list.
    assert_eq!(olga.patch(&path, json!({"name": "On fire"})).await.body["name"], "On fire");
    assert_eq!(olga.patch(&path, json!({"shared": false})).await.status, 200);
    assert_eq!((names(&noor).await, names(&amir).await), (vec![], vec![json!("On fire")]));
    assert_eq!(amir.patch(&path, json!({"shared": true})).await.status, 200);
    assert_eq!(noor.get("/ticket-views").await.body["items"][0]["default"], false);
    assert_eq!(amir.delete(&path).await.status, 204);
    assert_eq!(names(&noor).await, Vec::<Value>::new());
    let trail = olga.get("/audit?limit=100").await.body.to_string();
    for seen in ["ticket_view.saved", "ticket_view.changed", "ticket_view.removed"] {
        assert!(trail.contains(seen), "{seen}: {trail}");
    }
    // Customers have none.
    let patron = app.sign_in("acme", "cleo@berg.example").await;
    assert_eq!(patron.get("/ticket-views").await.code(), "permission.missing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_makes_no_view_is_refused_with_its_reason() {
    let (app, cleo) = shop().await;
    let olga = app.olga().await;
    let code = async |wanted: Value| olga.post("/ticket-views", wanted).await.code().to_owned();
    assert_eq!(code(json!({"name": "All", "filter": {}})).await, "ticket_view.everything");
    let filter = json!({"status": "open"});
    saved(&app, "olga@acme.example", json!({"name": "Open", "filter": filter})).await;
    assert_eq!(code(json!({"name": "OPEN", "filter": filter})).await, "ticket_view.name_taken");
    let nobody = json!({"assignee": "mem_01jd3q5m8kf4r9x2v7w6n0t1ac"});
    assert_eq!(code(json!({"name": "Theirs", "filter": nobody})).await, "ticket_view.no_member");
    let none = json!({"customer": "cus_01jd3q5m8kf4r9x2v7w6n0t1ac"});
    assert_eq!(code(json!({"name": "Theirs", "filter": none})).await, "customer.not_found");
    let free =
        saved(&app, "olga@acme.example", json!({"name": "Free", "filter": {"assignee": "none", "sort": "oldest"}}))
            .await;
    assert_eq!((free["filter"]["assignee"].as_str(), free["filter"]["sort"].as_str()), (Some("none"), Some("oldest")));
    // Of a customer who is forgotten no view is left.
    saved(&app, "olga@acme.example", json!({"name": "Cleo's", "filter": {"customer": cleo.to_string()}})).await;
    let forgotten = olga.post(&format!("/customers/{cleo}/anonymisation"), json!({"reason": "Asked for it."})).await;
    assert_eq!(forgotten.status, 200, "{}", forgotten.body);
    assert!(!olga.get("/ticket-views").await.body.to_string().contains("Cleo's"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn views_stand_above_the_list_which_opens_with_the_chosen_one() {
    let (app, cleo) = shop().await;
    let urgent = opened(&app, cleo, "Water in the cellar", "Urgent").await;
    opened(&app, cleo, "Paint the door", "Low").await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let narrowed = "status=open&priority=Urgent&sort=priority";
    sees_not(&olga.get("/acme/tickets").await, "Save this view");
    let list = olga.get(&format!("/acme/tickets?{narrowed}&q=")).await;
    sees(&list, "Save this view");
    let to = format!("/acme/tickets/views?{narrowed}");
    sees(&list, &format!("action=\"{}\"", to.replace('&', "&amp;")));
    let refused = olga.post(&to, &[("once", "a"), ("name", " "), ("shared", "true")]).await;
    assert_eq!(refused.status, 422, "{}", refused.html);
    sees(&refused, "Must not be empty.");
    sees(&refused, "<details class=\"view\" open>");
    sees(&refused, "Water in the cellar");
    sees_not(&refused, "Paint the door");
    let kept = olga.post(&to, &[("once", "b"), ("name", "Burning"), ("default", "true")]).await;
    assert_eq!((kept.status, kept.location()), (303, format!("/acme/tickets?{narrowed}").as_str()), "{}", kept.html);
    // The list opens with it, and all tickets are one click away.
    assert_eq!(olga.get("/acme/tickets").await.location(), format!("/acme/tickets?{narrowed}"));
    let shown = olga.get(&format!("/acme/tickets?{narrowed}")).await;
    sees(&shown, "aria-current=\"page\">Burning</a>");
    sees(&shown, &urgent);
    let all = olga.get("/acme/tickets?status=").await;
    sees(&all, "Paint the door");
    sees(&all, "aria-current=\"page\">All</a>");
    let view = app.olga().await.get("/ticket-views").await.body["items"][0]["id"].as_str().expect("an id").to_owned();
    let below = format!("/acme/tickets/views/{view}");
    let renamed = olga.post(&format!("{below}/changes?{narrowed}"), &[("once", "c"), ("name", "On fire")]).await;
    assert_eq!(renamed.status, 303, "{}", renamed.html);
    assert_eq!(olga.get("/acme/tickets").await.status, 200, "its box was not ticked any more");
    let gone = olga.post(&format!("{below}/removal?{narrowed}"), &[("once", "d")]).await;
    assert_eq!(gone.location(), format!("/acme/tickets?{narrowed}"));
    sees(&olga.get("/acme/tickets?status=").await, "On fire is removed. The tickets stay as they are.");
    sees_not(&olga.get("/acme/tickets?status=").await, "On fire");
    // Customers see none of it.
    sees_not(
        &app.signed_in("acme", "cleo@berg.example").await.get("/acme/tickets?status=open").await,
        "Save this view",
    );
}

async fn a_view_is_saved_by_hand(scripts: Scripts) {
    let (app, cleo) = shop().await;
    opened(&app, cleo, "Water in the cellar", "Urgent").await;
    let Some(browser) = Browser::start(&app.url(), scripts).await else { return };
    sign_in(&browser, "/acme/tickets", "olga@acme.example").await;
    browser.open("/acme/tickets?priority=Urgent").await;
    let summary = browser.client.find(fantoccini::Locator::Css(".views summary")).await.expect("the way to save");
    summary.click().await.expect("opened");
    browser.fill("name", "Burning").await;
    browser.click("Save").await;
    browser.sees("Burning is saved.").await;
    browser.click("All").await;
    browser.sees("Any").await;
    browser.click("Burning").await;
    browser.sees("Change this view").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_is_saved_and_found_again_with_scripts() {
    a_view_is_saved_by_hand(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_is_saved_and_found_again_without_scripts() {
    a_view_is_saved_by_hand(Scripts::Off).await;
}
