//! Who sees what of a ticket, and who may do what to it.

use kernel::Role;
use reqwest::Method;
use serde_json::json;

use super::{Shop, items, opened, step};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tickets_are_found_by_words_number_status_tag_and_assignee() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let (one, two) = (opened(&cleo, "Kaffemaskinen läcker", "1").await, opened(&cleo, "Nytt tangentbord", "1").await);
    let me = amir.get("/tickets").await;
    assert_eq!(items(&me).len(), 2);
    let tagged = amir
        .send(
            amir.request(Method::PUT, &format!("/tickets/{one}/tags"))
                .json(&json!({"tags": ["köket", "akut", "akut"]})),
        )
        .await;
    assert_eq!((tagged.status, &tagged.body["tags"]), (200, &json!(["akut", "köket"])));
    step(&amir, &two, "start", json!({})).await;
    let found = async |query: &str| {
        let answer = amir.get(&format!("/tickets?{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        items(&answer).iter().map(|ticket| ticket["id"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("q=l%C3%A4cker").await, [one.as_str()]);
    assert_eq!(found(&format!("q={}", two.to_lowercase())).await, [two.as_str()]);
    assert_eq!(found("q=%22%20or%20%3A*%20%26%20%28").await, Vec::<String>::new());
    assert_eq!(found("status=in_progress").await, [two.as_str()]);
    assert_eq!(found("tag=k%C3%B6ket").await, [one.as_str()]);
    assert_eq!(found("priority=Low").await, Vec::<String>::new());
    assert_eq!(found("limit=1").await, [two.as_str()]);
    for bad in ["status=done", "priority=high", "after=x", "limit=-1", "customer=cus_1", "what=ever"] {
        assert_eq!(amir.get(&format!("/tickets?{bad}")).await.status, 422, "{bad}");
    }
    // Tags are staff's own words: a customer neither reads them nor finds by them.
    assert_eq!(cleo.get(&format!("/tickets/{one}")).await.body["tags"], json!([]));
    assert_eq!(items(&cleo.get("/tickets?tag=akut").await).len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_internal_comment_is_never_shown_to_the_customer() {
    let shop = Shop::start().await;
    let (cleo, amir, olga) = (shop.cleo().await, shop.amir().await, shop.app.olga().await);
    let id = opened(&cleo, "Quiet", "1").await;
    let own =
        step(&amir, &id, "comments", json!({"message": "They are slow payers: zzsecret", "internal": true})).await;
    assert_eq!((own.status, &own.body["internal"]), (201, &json!(true)));
    step(&amir, &id, "comments", json!({"message": "We are on it."})).await;
    for path in ["/comments", "/history", ""] {
        let answer = cleo.get(&format!("/tickets/{id}{path}")).await;
        assert_eq!(answer.status, 200);
        assert!(!answer.body.to_string().contains("zzsecret"), "{path}");
    }
    assert_eq!(items(&cleo.get(&format!("/tickets/{id}/comments")).await).len(), 1);
    assert_eq!(items(&amir.get(&format!("/tickets/{id}/comments")).await).len(), 2);
    assert_eq!(items(&cleo.get("/tickets?q=zzsecret").await).len(), 0);
    assert!(!cleo.get("/notifications").await.body.to_string().contains("zzsecret"));
    assert!(olga.get("/notifications").await.body.to_string().contains("zzsecret"));
    let refused = step(&cleo, &id, "comments", json!({"message": "Psst", "internal": true})).await;
    assert_eq!((refused.status, refused.code()), (403, "comment.not_internal"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_reaches_a_ticket_across_a_border() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Ours", "1").await;
    let entry = step(&amir, &id, "time-entries", json!({"minutes": 5})).await.body["id"].clone();
    shop.app.customer(shop.app.acme, "Dora", "dora@d.example").await;
    let other = shop.app.server.app.ids.next();
    shop.app.organization(other, "other", "Other").await;
    shop.app.member(other, "Otto", "otto@other.example", Role::Owner).await;
    let otto = shop.app.sign_in("other", "otto@other.example").await;
    let dora = shop.app.sign_in("acme", "dora@d.example").await;
    let entry = format!("/time-entries/{}", entry.as_str().expect("an id"));
    let routes = [
        (Method::GET, "", None),
        (Method::PATCH, "", Some(json!({"title": "Mine"}))),
        (Method::POST, "/start", Some(json!({}))),
        (Method::POST, "/completion", Some(json!({"hours": "1"}))),
        (Method::POST, "/rejection", Some(json!({"reason": "No."}))),
        (Method::POST, "/reopening", Some(json!({}))),
        (Method::POST, "/assignment", Some(json!({"assignee": null}))),
        (Method::POST, "/hours", Some(json!({"hours": "2"}))),
        (Method::PUT, "/tags", Some(json!({"tags": ["x"]}))),
        (Method::POST, "/merging", Some(json!({"into": "TKT-1"}))),
        (Method::GET, "/comments", None),
        (Method::POST, "/comments", Some(json!({"message": "Hello"}))),
        (Method::GET, "/history", None),
        (Method::GET, "/time-entries", None),
        (Method::POST, "/time-entries", Some(json!({"minutes": 5}))),
        (Method::PUT, entry.as_str(), Some(json!({"minutes": 5}))),
        (Method::DELETE, entry.as_str(), None),
        (Method::POST, "/timer", Some(json!({}))),
        (Method::DELETE, "/timer", None),
    ];
    let before = amir.get(&format!("/tickets/{id}")).await.body;
    for (method, path, body) in routes {
        for (name, actor) in [("otto", &otto), ("dora", &dora)] {
            let request = actor.request(method.clone(), &format!("/tickets/{id}{path}"));
            let answer = actor
                .send(match &body {
                    Some(body) => request.json(body),
                    None => request,
                })
                .await;
            // Dora's role lacks most of it, whatever the ticket.
            let expected = answer.status == 404 || (name == "dora" && answer.code() == "permission.missing");
            assert!(expected, "{name} {method} {path}: {} {}", answer.status, answer.body);
        }
    }
    assert_eq!(amir.get(&format!("/tickets/{id}")).await.body, before);
    assert_eq!(items(&otto.get("/tickets").await).len() + items(&dora.get("/tickets").await).len(), 0);
    let theirs = json!({"customer": shop.cleo, "title": "In Cleo's name", "hours": "1"});
    for actor in [&otto, &dora] {
        let answer = actor.post("/tickets", theirs.clone()).await;
        assert_eq!((answer.status, answer.code()), (404, "customer.not_found"));
    }
    assert_eq!(items(&dora.get(&format!("/tickets?customer={}", shop.cleo)).await).len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_may_ask_and_talk_but_not_work() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Mine", "1").await;
    for (noun, body) in [
        ("start", json!({})),
        ("completion", json!({})),
        ("rejection", json!({"reason": "x"})),
        ("reopening", json!({})),
        ("assignment", json!({"assignee": null})),
        ("merging", json!({"into": id})),
        ("time-entries", json!({"minutes": 5})),
        ("timer", json!({})),
    ] {
        let answer = step(&cleo, &id, noun, body).await;
        assert_eq!((answer.status, answer.code()), (403, "permission.missing"), "{noun}");
    }
    let path = format!("/tickets/{id}");
    assert_eq!(cleo.patch(&path, json!({"title": "Still mine", "priority": "Low"})).await.body["title"], "Still mine");
    step(&amir, &id, "start", json!({})).await;
    let late = cleo.patch(&path, json!({"title": "Too late"})).await;
    assert_eq!((late.status, late.code()), (409, "ticket.not_pending"));
}
