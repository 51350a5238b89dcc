//! Working tickets: time, assignment, merging.

use kernel::Role;
use reqwest::Method;
use serde_json::json;

use super::{HOUR, Shop, items, opened, step};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_completion_without_hours_takes_the_time_entries_or_what_is_held() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let (timed, untimed) = (opened(&cleo, "Timed", "3").await, opened(&cleo, "Untimed", "1").await);
    for entry in
        [json!({"minutes": 45, "note": "Looked"}), json!({"hours": "0.5"}), json!({"minutes": 60, "billable": false})]
    {
        assert_eq!(step(&amir, &timed, "time-entries", entry).await.status, 201);
    }
    assert_eq!(step(&amir, &timed, "completion", json!({})).await.body["hours_used"], "1.25");
    assert_eq!(step(&amir, &untimed, "completion", json!({})).await.body["hours_used"], "1.00");
    assert_eq!(shop.balance().await, (775 * HOUR / 100, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn merged_tickets_keep_their_holds_comments_and_time() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let (one, two) = (opened(&cleo, "One", "2").await, opened(&cleo, "Two", "3").await);
    step(&cleo, &one, "comments", json!({"message": "From one"})).await;
    step(&cleo, &two, "comments", json!({"message": "From two"})).await;
    step(&amir, &one, "time-entries", json!({"minutes": 30})).await;
    step(&amir, &two, "time-entries", json!({"minutes": 90})).await;
    let merged = step(&amir, &one, "merging", json!({"into": two})).await;
    assert_eq!(merged.status, 200, "{}", merged.body);
    let told = cleo.get("/notifications").await.body["items"][0].clone();
    assert!(told["text"].as_str().is_some_and(|text| text.contains(&one) && text.contains("goes on here")), "{told}");
    assert_eq!(told["subject"], two, "{told}");
    assert_eq!(
        (&merged.body["id"], &merged.body["hours"], &merged.body["hours_held"]),
        (&json!(two), &json!("5.00"), &json!("5.00"))
    );
    assert_eq!(shop.balance().await, (5 * HOUR, 5 * HOUR));
    let gone = amir.get(&format!("/tickets/{one}")).await.body;
    assert_eq!((&gone["merged_into"], &gone["hours_held"]), (&json!(two), &json!("0.00")));
    let said = amir.get(&format!("/tickets/{two}/comments")).await;
    let said: Vec<_> = items(&said).iter().map(|comment| (&comment["message"], &comment["from"])).collect();
    let opening = json!(format!("{one}: One"));
    let wanted = [(&json!("From one"), &json!(one)), (&json!("From two"), &json!(null)), (&opening, &json!(one))];
    assert_eq!(said, wanted);
    let time = amir.get(&format!("/tickets/{two}/time-entries")).await;
    assert_eq!((time.body["items"].as_array().map(Vec::len), &time.body["billable"]), (Some(2), &json!("2.00")));
    let refused = step(&cleo, &one, "comments", json!({"message": "Hello?"})).await;
    assert_eq!((refused.status, refused.code(), &refused.body["facts"]["into"]), (409, "ticket.merged", &json!(two)));
    assert_eq!(items(&amir.get("/tickets").await).len(), 1);
    let done = step(&amir, &two, "completion", json!({"hours": "4"})).await;
    assert_eq!((done.status, &done.body["hours_used"]), (200, &json!("4.00")), "{}", done.body);
    assert_eq!(shop.balance().await, (6 * HOUR, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_open_tickets_of_the_same_customer_are_merged() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let dora = shop.app.customer(shop.app.acme, "Dora", "dora@d.example").await;
    let (one, two) = (opened(&cleo, "One", "1").await, opened(&cleo, "Two", "1").await);
    let others = amir.post("/tickets", json!({"customer": dora, "title": "Dora's"})).await.body["id"].clone();
    assert_eq!(step(&amir, &one, "merging", json!({"into": one})).await.code(), "ticket.merge_into_itself");
    assert_eq!(step(&amir, &one, "merging", json!({"into": others})).await.code(), "ticket.merge_other_customer");
    assert_eq!(step(&amir, &one, "merging", json!({"into": "TKT-0"})).await.code(), "ticket.no_merge_target");
    step(&amir, &two, "completion", json!({})).await;
    assert_eq!(step(&amir, &one, "merging", json!({"into": two})).await.code(), "ticket.merge_into_closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_is_written_down_corrected_and_taken_back_with_a_trace() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Timed", "1").await;
    let entries = format!("/tickets/{id}/time-entries");
    let entry =
        amir.post(&entries, json!({"minutes": 20, "note": "Looked", "started_at": "2026-11-20T08:00:00Z"})).await;
    assert_eq!((entry.status, &entry.body["hours"]), (201, &json!("0.333333")), "{}", entry.body);
    let own = format!("{entries}/{}", entry.body["id"].as_str().expect("an id"));
    let put = |version: &'static str, body| {
        amir.send(amir.request(Method::PUT, &own).header("if-match", version).json(&body))
    };
    let corrected = put("\"1\"", json!({"hours": "0.5", "billable": false})).await;
    assert_eq!(
        (corrected.status, &corrected.body["hours"], &corrected.body["version"]),
        (200, &json!("0.50"), &json!(2))
    );
    assert_eq!(put("\"1\"", json!({"hours": "1"})).await.code(), "time_entry.stale");
    assert_eq!(amir.delete(&own).await.status, 204);
    assert_eq!(amir.delete(&own).await.code(), "time_entry.not_found");
    for bad in [
        json!({"minutes": 0}),
        json!({"hours": "169"}),
        json!({"hours": "1", "minutes": 60}),
        json!({}),
        json!({"minutes": 5, "started_at": "2026-11-20T09:00:01Z"}),
        json!({"minutes": 5, "started_at": "-005000-01-01T00:00:00Z"}),
        json!({"minutes": 5, "started_at": "2026-11-18T09:00:00Z"}),
    ] {
        assert_eq!(amir.post(&entries, bad.clone()).await.status, 422, "{bad}");
    }
    let events = amir.get(&format!("/tickets/{id}/history")).await;
    let actions: Vec<_> = items(&events).iter().map(|event| event["action"].as_str().unwrap_or_default()).collect();
    assert_eq!(actions, ["ticket.opened", "ticket.time_logged", "ticket.time_corrected", "ticket.time_removed"]);
    assert_eq!(items(&cleo.get(&format!("/tickets/{id}/history")).await).len(), 1);
    assert_eq!(cleo.get(&entries).await.status, 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_worked_long_ago_is_not_written_down_but_may_be_corrected() {
    let shop = Shop::start().await;
    let id = opened(&shop.cleo().await, "Old", "1").await;
    let amir = shop.amir().await;
    let entries = format!("/tickets/{id}/time-entries");
    let old = amir.post(&entries, json!({"minutes": 20})).await;
    let own = format!("{entries}/{}", old.body["id"].as_str().expect("an id"));
    shop.app.clock.set(testkit::at("2027-11-22T09:00:00Z"));
    let amir = shop.amir().await;
    let late = amir.post(&entries, json!({"minutes": 5, "started_at": "2026-11-20T09:00:00Z"})).await;
    assert_eq!((late.status, late.code()), (422, "time_entry.start"), "{}", late.body);
    let corrected = amir.put(&own, json!({"minutes": 30, "started_at": old.body["started_at"]})).await;
    assert_eq!((corrected.status, &corrected.body["hours"]), (200, &json!("0.50")), "{}", corrected.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timer_runs_on_one_ticket_at_a_time() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let (one, two) = (opened(&cleo, "One", "1").await, opened(&cleo, "Two", "1").await);
    assert_eq!(step(&amir, &one, "timer", json!({})).await.status, 201);
    shop.app.clock.set(testkit::at("2026-11-20T09:20:00Z"));
    assert_eq!(step(&amir, &one, "timer", json!({})).await.body["started_at"], "2026-11-20T09:00:00Z");
    let refused = step(&amir, &two, "timer", json!({})).await;
    assert_eq!((refused.code(), &refused.body["facts"]["ticket"]), ("timer.runs_elsewhere", &json!(one)));
    let entry = amir.delete(&format!("/tickets/{one}/timer")).await;
    assert_eq!((entry.status, &entry.body["hours"]), (200, &json!("0.333333")), "{}", entry.body);
    assert_eq!(amir.delete(&format!("/tickets/{one}/timer")).await.code(), "timer.not_running");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_timer_runs_on_where_work_is_over_and_everybodys_time_is_written_down() {
    let shop = Shop::start().await;
    shop.app.member(shop.app.acme, "Dora", "dora@acme.example", Role::Developer).await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let dora = shop.app.sign_in("acme", "dora@acme.example").await;
    let (one, two) = (opened(&cleo, "One", "1").await, opened(&cleo, "Two", "1").await);
    assert_eq!(step(&amir, &one, "timer", json!({})).await.status, 201);
    shop.app.clock.set(testkit::at("2026-11-20T09:10:00Z"));
    assert_eq!(step(&dora, &one, "timer", json!({})).await.status, 201);
    shop.app.clock.set(testkit::at("2026-11-20T09:30:00Z"));
    let done = step(&amir, &one, "completion", json!({})).await;
    assert_eq!((done.status, &done.body["hours_used"]), (200, &json!("0.50")), "{}", done.body);
    let entries = amir.get(&format!("/tickets/{one}/time-entries")).await;
    let mut written: Vec<_> = items(&entries)
        .iter()
        .map(|it| [it["member_name"].clone(), it["hours"].clone(), it["billable"].clone()])
        .collect();
    written.sort_by_key(|[name, ..]| name.to_string());
    let wanted = json!([["Amir", "0.50", true], ["Dora", "0.333333", false]]);
    assert_eq!(json!(written), wanted, "a colleague's forgotten timer is nobody's bill");
    let page = shop.app.signed_in("acme", "amir@acme.example").await.get(&format!("/acme/tickets/{one}")).await.html;
    assert!(page.contains("wrote down 0:30 h: the ticket was completed while the timer ran"), "{page}");
    assert!(
        page.contains("wrote down 0:20 h for Dora: the ticket was completed while the timer ran, and does not count"),
        "{page}"
    );
    assert!(!page.contains("Stop the timer"), "{page}");
    // Both are free for another ticket.
    assert_eq!(step(&dora, &two, "timer", json!({})).await.status, 201);
    shop.app.clock.set(testkit::at("2026-11-20T09:45:00Z"));
    assert_eq!(step(&amir, &two, "rejection", json!({"reason": "No"})).await.status, 200);
    let entries = amir.get(&format!("/tickets/{two}/time-entries")).await;
    assert_eq!((&items(&entries)[0]["member_name"], &items(&entries)[0]["hours"]), (&json!("Dora"), &json!("0.25")));
    assert_eq!(dora.delete(&format!("/tickets/{two}/timer")).await.code(), "timer.not_running");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_starts_on_a_ticket_of_nobody_has_it() {
    let shop = Shop::start().await;
    shop.app.member(shop.app.acme, "Dora", "dora@acme.example", Role::Developer).await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let dora = shop.app.sign_in("acme", "dora@acme.example").await;
    let (one, two) = (opened(&cleo, "One", "1").await, opened(&cleo, "Two", "1").await);
    let started = step(&amir, &one, "start", json!({})).await;
    assert_eq!((started.status, &started.body["assignee_name"]), (200, &json!("Amir")), "{}", started.body);
    let assignee = started.body["assignee"].clone();
    assert_eq!(step(&dora, &two, "assignment", json!({"assignee": assignee})).await.status, 200);
    assert_eq!(
        step(&dora, &two, "start", json!({})).await.body["assignee_name"],
        "Amir",
        "what is somebody's stays theirs"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_is_assigned_to_somebody_who_works() {
    let shop = Shop::start().await;
    shop.app.member(shop.app.acme, "Ana", "ana@acme.example", Role::Analyst).await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Whose?", "1").await;
    let membership = async |email: &str| {
        let owner = runtime::db::connect(&shop.app.root_config).await.expect("the owner");
        let statement = "select m.id from memberships m join users u on u.id = m.user_id where u.email = $1";
        let id: uuid::Uuid = owner.query_one(statement, &[&email]).await.expect("a member").get(0);
        <kernel::id::MembershipId as kernel::id::Id>::from_uuid(id).to_string()
    };
    for email in ["ana@acme.example", "cleo@berg.example"] {
        let refused = step(&amir, &id, "assignment", json!({"assignee": membership(email).await})).await;
        assert_eq!((refused.status, refused.code()), (422, "ticket.cannot_be_assigned"), "{email}");
    }
    let own = membership("amir@acme.example").await;
    let assigned = step(&amir, &id, "assignment", json!({"assignee": own})).await;
    assert_eq!(assigned.body["assignee_name"], "Amir", "{}", assigned.body);
    assert_eq!(items(&amir.get(&format!("/tickets?assignee={own}")).await).len(), 1);
    assert_eq!(step(&amir, &id, "assignment", json!({"assignee": null})).await.body["assignee"], json!(null));
    assert_eq!(step(&amir, &id, "assignment", json!({})).await.status, 422);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn completing_twice_is_once_also_after_reopening_and_with_an_old_version() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Again", "2").await;
    step(&amir, &id, "completion", json!({"hours": "1"})).await;
    step(&amir, &id, "reopening", json!({"hours": "4"})).await;
    let before = amir.get(&format!("/tickets/{id}")).await.headers["etag"].clone();
    let complete = |hours: &'static str| {
        let path = format!("/tickets/{id}/completion");
        amir.send(amir.request(Method::POST, &path).header("if-match", &before).json(&json!({"hours": hours})))
    };
    assert_eq!(complete("3").await.body["hours_used"], "4.00");
    let twice = complete("3").await;
    assert_eq!((twice.status, &twice.body["hours_used"]), (200, &json!("4.00")), "{}", twice.body);
    let other = complete("2").await;
    assert_eq!((other.status, other.code(), &other.body["facts"]["used"]), (409, "ticket.completed", &json!("3.00")));
    assert_eq!(shop.balance().await, (6 * HOUR, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_ticket_says_can_be_emptied() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let made = cleo.post("/tickets", json!({"title": "Wordy", "details": "Too much"})).await;
    let path = format!("/tickets/{}", made.body["id"].as_str().expect("a number"));
    assert_eq!(amir.patch(&path, json!({"priority": "Low"})).await.body["details"], "Too much");
    assert_eq!(amir.patch(&path, json!({"details": null})).await.body["details"], json!(null));
}
