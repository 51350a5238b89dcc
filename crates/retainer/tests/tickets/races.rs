//! Tickets that several people touch at once.

use reqwest::Method;
use serde_json::json;
use testkit::TestApp;

use super::{HOUR, Shop, balance, items, opened, step};
use crate::locks::waiting;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_change_a_ticket_at_once_the_second_is_told() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Contested", "1").await;
    let path = format!("/tickets/{id}");
    let first =
        amir.send(amir.request(Method::PATCH, &path).header("if-match", "\"1\"").json(&json!({"title": "Mine"}))).await;
    assert_eq!((first.status, &first.headers["etag"]), (200, &"\"2\"".parse().expect("a header")));
    for (noun, body) in [
        ("start", json!({})),
        ("completion", json!({"hours": "1"})),
        ("rejection", json!({"reason": "No."})),
        ("hours", json!({"hours": "2"})),
        ("assignment", json!({"assignee": null})),
    ] {
        let path = format!("{path}/{noun}");
        let stale = amir.send(amir.request(Method::POST, &path).header("if-match", "\"1\"").json(&body)).await;
        assert_eq!((stale.status, stale.code()), (412, "ticket.stale"), "{noun}");
    }
    assert_eq!(amir.get(&path).await.body["version"], 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_request_with_its_key_opens_one_ticket() {
    let shop = Shop::start().await;
    let cleo = shop.cleo().await;
    let wanted = json!({"title": "Once", "hours": "3"});
    let first = cleo.post_once("/tickets", "key-1", wanted.clone()).await;
    let second = cleo.post_once("/tickets", "key-1", wanted).await;
    assert_eq!((second.status, &second.body), (201, &first.body));
    assert_eq!(second.headers["idempotency-replayed"], "true");
    let other = cleo.post_once("/tickets", "key-1", json!({"title": "Twice"})).await;
    assert_eq!((other.status, other.code()), (409, "idempotency.key_reused"));
    assert_eq!(shop.balance().await, (7 * HOUR, 3 * HOUR));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_clients_race_for_the_last_hours_and_exactly_those_are_sold() {
    const LEFT: i64 = 37;
    let app = TestApp::start().await;
    let cleo = app.customer(app.acme, "Cleo", "cleo@berg.example").await;
    app.grant_hours(app.acme, cleo, LEFT, "last").await;
    let actor = app.sign_in("acme", "cleo@berg.example").await;
    let tries = (0..200).map(|number| {
        let actor = actor.clone();
        tokio::spawn(
            async move { actor.post("/tickets", json!({"title": format!("Race {number}"), "hours": "1"})).await },
        )
    });
    let mut sold = 0;
    for answer in futures_util::future::join_all(tries.collect::<Vec<_>>()).await {
        let answer = answer.expect("a client");
        match answer.status {
            201 => sold += 1,
            _ => assert_eq!((answer.status, answer.code()), (409, "ticket.not_enough_hours"), "{}", answer.body),
        }
    }
    assert_eq!(sold, LEFT);
    assert_eq!(balance(&app, cleo).await, (0, LEFT * HOUR));
    let mut numbers = std::collections::HashSet::new();
    let mut path = "/tickets?limit=100".to_owned();
    loop {
        let page = actor.get(&path).await;
        numbers.extend(items(&page).iter().map(|ticket| ticket["id"].to_string()));
        let Some(next) = page.body["next"].as_str() else { break };
        path = format!("/tickets?limit=100&after={next}");
    }
    assert_eq!(i64::try_from(numbers.len()), Ok(LEFT));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_who_reject_and_complete_at_once_settle_the_hours_once() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Both", "4").await;
    let tries = (0..10).map(|number| {
        let (amir, id) = (amir.clone(), id.clone());
        tokio::spawn(async move {
            if number % 2 == 0 {
                step(&amir, &id, "rejection", json!({"reason": "No."})).await
            } else {
                step(&amir, &id, "completion", json!({"hours": "4"})).await
            }
        })
    });
    for answer in futures_util::future::join_all(tries.collect::<Vec<_>>()).await {
        let answer = answer.expect("a client");
        assert!(answer.status == 200 || answer.code() == "ticket.closed", "{}", answer.body);
    }
    let left = if amir.get(&format!("/tickets/{id}")).await.body["status"] == "rejected" { 10 } else { 6 };
    assert_eq!(shop.balance().await, (left * HOUR, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_stands_whatever_waited_for_the_ticket_meanwhile() {
    for (noun, body) in [
        ("rejection", json!({"reason": "No."})),
        ("start", json!({})),
        ("completion", json!({"hours": "1"})),
        ("comments", json!({"message": "Still there?"})),
    ] {
        let shop = Shop::start().await;
        let (cleo, amir) = (shop.cleo().await, shop.amir().await);
        let (one, two) = (opened(&cleo, "One", "2").await, opened(&cleo, "Two", "3").await);
        let mut blocker = runtime::db::connect(&shop.app.root_config).await.expect("a connection");
        let watcher = runtime::db::connect(&shop.app.root_config).await.expect("a connection");
        let hold = blocker.transaction().await.expect("a transaction");
        hold.execute("select from tickets where number = $1 for update", &[&two]).await.expect("a lock");
        let merging = {
            let (amir, one, two) = (amir.clone(), one.clone(), two.clone());
            tokio::spawn(async move { step(&amir, &one, "merging", json!({"into": two})).await })
        };
        waiting(&watcher, 1).await;
        let late = {
            let (amir, one) = (amir.clone(), one.clone());
            tokio::spawn(async move { step(&amir, &one, noun, body).await })
        };
        waiting(&watcher, 2).await;
        hold.rollback().await.expect("a release");
        assert_eq!(merging.await.expect("a client").status, 200, "{noun}");
        let late = late.await.expect("a client");
        assert_eq!((late.status, late.code()), (409, "ticket.merged"), "{noun}: {}", late.body);
        assert_eq!(amir.get(&format!("/tickets/{one}")).await.body["merged_into"], json!(two), "{noun}");
        assert_eq!(shop.balance().await, (5 * HOUR, 5 * HOUR), "{noun}");
    }
}
