//! Tickets: opening, working, closing; hours held, used, given back.

use kernel::id::CustomerId;
use kernel::{Actor as Who, Role, Unit};
use reqwest::Method;
use retainer::ledger::{self, Owner};
use runtime::tx::Access;
use serde_json::{Value, json};
use testkit::{Actor, Answer, TestApp};

/// Acme with Cleo, who has ten hours, and Amir, who works tickets.
struct Shop {
    app: TestApp,
    cleo: CustomerId,
}

impl Shop {
    async fn start() -> Self {
        let app = TestApp::start().await;
        app.member(app.acme, "Amir", "amir@acme.example", Role::Member).await;
        let cleo = app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
        app.grant_hours(app.acme, cleo, 10, "ten").await;
        Self { app, cleo }
    }

    async fn amir(&self) -> Actor {
        self.app.sign_in("acme", "amir@acme.example").await
    }

    async fn cleo(&self) -> Actor {
        self.app.sign_in("acme", "cleo@berg.example").await
    }

    /// Seconds that can be spent and seconds on hold, as the ledger has them.
    async fn balance(&self) -> (i64, i64) {
        balance(&self.app, self.cleo).await
    }
}

async fn balance(app: &TestApp, customer: CustomerId) -> (i64, i64) {
    let tx = app.server.app.begin(app.acme, Who::system("test"), Access::Read).await.expect("a transaction");
    let balance = ledger::find::balance(&tx, Owner::Customer(customer), Unit::Hour).await.expect("a balance");
    (balance.spendable().atoms, balance.held)
}

const HOUR: i64 = 3600;

async fn opened(cleo: &Actor, title: &str, hours: &str) -> String {
    let answer = cleo.post("/tickets", json!({"title": title, "priority": "High", "hours": hours})).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["id"].as_str().expect("a number").to_owned()
}

async fn step(actor: &Actor, id: &str, noun: &str, body: Value) -> Answer {
    actor.post(&format!("/tickets/{id}/{noun}"), body).await
}

fn items(answer: &Answer) -> &Vec<Value> {
    answer.body["items"].as_array().expect("items")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_holds_its_hours_from_the_moment_it_is_opened() {
    let shop = Shop::start().await;
    let cleo = shop.cleo().await;
    let wanted = json!({"title": "Skrivaren 🖨 vill inte — 打印机", "details": "Rad 1\nRad 2", "priority": "Urgent", "hours": "2.5"});
    let answer = cleo.post("/tickets", wanted).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let ticket = &answer.body;
    assert_eq!(ticket["id"], "TKT-20261120-090000-0001");
    assert_eq!(answer.headers["location"], "/api/v1/tickets/TKT-20261120-090000-0001");
    assert_eq!(answer.headers["etag"], "\"1\"");
    assert_eq!((&ticket["status"], &ticket["priority"]), (&json!("pending"), &json!("Urgent")));
    assert_eq!(
        (&ticket["hours"], &ticket["hours_held"], &ticket["hours_used"]),
        (&json!("2.50"), &json!("2.50"), &json!("0.00"))
    );
    assert_eq!(ticket["customer"], json!(shop.cleo.to_string()));
    assert_eq!(shop.balance().await, (75 * HOUR / 10, 25 * HOUR / 10));
    let again = cleo.get("/tickets/TKT-20261120-090000-0001").await;
    assert_eq!((again.status, &again.body), (200, ticket));
    assert_eq!(opened(&cleo, "Another", "0").await, "TKT-20261120-090000-0002");
    assert_eq!(shop.balance().await, (75 * HOUR / 10, 25 * HOUR / 10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_for_more_than_is_left_is_refused_with_what_is_left() {
    let shop = Shop::start().await;
    let cleo = shop.cleo().await;
    let answer = cleo.post("/tickets", json!({"title": "Too much", "hours": "10.01"})).await;
    assert_eq!((answer.status, answer.code()), (409, "ticket.not_enough_hours"));
    assert_eq!(answer.body["facts"], json!({"wanted": "10.01", "left": "10.00"}));
    assert_eq!(answer.body["errors"][0]["pointer"], "/hours");
    assert_eq!(items(&cleo.get("/tickets").await).len(), 0);
    assert_eq!(shop.balance().await, (10 * HOUR, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn absurd_hours_and_other_rubbish_open_nothing() {
    let shop = Shop::start().await;
    let cleo = shop.cleo().await;
    for hours in
        [json!("-1"), json!("1e9"), json!("1.0000001"), json!("1000001"), json!(""), json!(2), json!("NaN"), json!([])]
    {
        let answer = cleo.post("/tickets", json!({"title": "Odd", "hours": hours})).await;
        assert_eq!(answer.status, 422, "{hours}: {}", answer.body);
        assert_eq!(answer.body["errors"][0]["pointer"], "/hours", "{hours}");
    }
    for body in [
        json!({"title": "a\u{0}b"}),
        json!({"title": " "}),
        json!({"title": "å".repeat(256)}),
        json!({}),
        json!({"title": "Fine", "priority": "high"}),
        json!({"title": "Fine", "owner": "me"}),
    ] {
        assert_eq!(cleo.post("/tickets", body.clone()).await.status, 422, "{body}");
    }
    let olga = shop.app.olga().await;
    let nobody = olga.post("/tickets", json!({"title": "For whom?"})).await;
    assert_eq!((nobody.status, nobody.code()), (422, "ticket.no_customer"));
    assert_eq!(items(&olga.get("/tickets").await).len(), 0);
    assert_eq!(shop.balance().await, (10 * HOUR, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn completing_with_fewer_hours_gives_the_rest_back() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Fix it", "4").await;
    assert_eq!(step(&amir, &id, "start", json!({})).await.body["status"], "in_progress");
    let done = step(&amir, &id, "completion", json!({"hours": "1.5"})).await;
    assert_eq!((done.status, &done.body["status"]), (200, &json!("completed")), "{}", done.body);
    assert_eq!((&done.body["hours_held"], &done.body["hours_used"]), (&json!("0.00"), &json!("1.50")));
    assert_eq!(shop.balance().await, (85 * HOUR / 10, 0));
    let again = step(&amir, &id, "completion", json!({"hours": "1.5"})).await;
    assert_eq!((again.status, &again.body), (200, &done.body));
    let other = step(&amir, &id, "completion", json!({"hours": "2"})).await;
    assert_eq!((other.status, other.code()), (409, "ticket.completed"));
    assert_eq!(shop.balance().await, (85 * HOUR / 10, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn completing_with_more_hours_draws_on_what_is_left_and_never_beyond() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let (first, second, free) =
        (opened(&cleo, "One", "4").await, opened(&cleo, "Two", "2").await, opened(&cleo, "Three", "0").await);
    let done = step(&amir, &first, "completion", json!({"hours": "6"})).await;
    assert_eq!((done.status, &done.body["hours_used"]), (200, &json!("6.00")), "{}", done.body);
    assert_eq!(shop.balance().await, (2 * HOUR, 2 * HOUR));
    let over = step(&amir, &second, "completion", json!({"hours": "4.5"})).await;
    assert_eq!((over.status, over.code()), (409, "ticket.not_enough_hours"));
    assert_eq!(over.body["facts"], json!({"wanted": "2.50", "left": "2.00"}));
    assert_eq!(amir.get(&format!("/tickets/{second}")).await.body["status"], "pending");
    // A ticket without a hold can still use what is left.
    let done = step(&amir, &free, "completion", json!({"hours": "0.5"})).await;
    assert_eq!((done.status, &done.body["hours_used"]), (200, &json!("0.50")), "{}", done.body);
    assert_eq!(shop.balance().await, (15 * HOUR / 10, 2 * HOUR));
}

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
async fn rejecting_twice_gives_the_hours_back_once() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "No", "4").await;
    let first = step(&amir, &id, "rejection", json!({"reason": "We do not do roofs."})).await;
    assert_eq!((first.status, &first.body["status"]), (200, &json!("rejected")), "{}", first.body);
    assert_eq!(shop.balance().await, (10 * HOUR, 0));
    let second = step(&amir, &id, "rejection", json!({"reason": "Again."})).await;
    assert_eq!((second.status, &second.body), (200, &first.body));
    assert_eq!(shop.balance().await, (10 * HOUR, 0));
    let history = cleo.get(&format!("/tickets/{id}/history")).await;
    let actions: Vec<_> = items(&history).iter().map(|event| (&event["action"], &event["reason"])).collect();
    assert_eq!(
        actions,
        [(&json!("ticket.opened"), &json!(null)), (&json!("ticket.rejected"), &json!("We do not do roofs."))]
    );
    for (noun, body) in [("start", json!({})), ("completion", json!({"hours": "1"})), ("hours", json!({"hours": "1"}))]
    {
        let refused = step(&amir, &id, noun, body).await;
        assert_eq!((refused.status, refused.code()), (409, "ticket.closed"), "{noun}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reopening_needs_the_hours_again() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Again", "6").await;
    step(&amir, &id, "rejection", json!({"reason": "Not now."})).await;
    let other = opened(&cleo, "Meanwhile", "5").await;
    let refused = step(&amir, &id, "reopening", json!({})).await;
    assert_eq!((refused.status, refused.code()), (409, "ticket.not_enough_hours"));
    assert_eq!(amir.get(&format!("/tickets/{id}")).await.body["status"], "rejected");
    let back = step(&amir, &id, "reopening", json!({"hours": "5", "reason": "Now."})).await;
    assert_eq!(
        (&back.body["status"], &back.body["hours_held"], &back.body["closed_at"]),
        (&json!("pending"), &json!("5.00"), &json!(null))
    );
    assert_eq!(shop.balance().await, (0, 10 * HOUR));
    assert_eq!(step(&amir, &id, "reopening", json!({})).await.code(), "ticket.open");
    // Completed, reopened and completed again: both rounds count.
    step(&amir, &other, "completion", json!({"hours": "2"})).await;
    step(&amir, &other, "reopening", json!({"hours": "1"})).await;
    let done = step(&amir, &other, "completion", json!({"hours": "1"})).await;
    assert_eq!(done.body["hours_used"], "3.00");
    assert_eq!(shop.balance().await, (2 * HOUR, 5 * HOUR));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changing_the_hours_changes_what_is_held() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Grows", "2").await;
    assert_eq!(step(&cleo, &id, "hours", json!({"hours": "5"})).await.body["hours_held"], "5.00");
    assert_eq!(shop.balance().await, (5 * HOUR, 5 * HOUR));
    assert_eq!(step(&amir, &id, "hours", json!({"hours": "1.5"})).await.body["hours"], "1.50");
    assert_eq!(shop.balance().await, (85 * HOUR / 10, 15 * HOUR / 10));
    let refused = step(&amir, &id, "hours", json!({"hours": "11"})).await;
    assert_eq!((refused.status, refused.code()), (409, "ticket.not_enough_hours"));
    assert_eq!(step(&amir, &id, "hours", json!({"hours": "0"})).await.body["hours_held"], "0.00");
    assert_eq!(shop.balance().await, (10 * HOUR, 0));
    assert_eq!(step(&amir, &id, "hours", json!({"hours": "1"})).await.body["hours_held"], "1.00");
    step(&amir, &id, "start", json!({})).await;
    let begun = step(&cleo, &id, "hours", json!({"hours": "3"})).await;
    assert_eq!((begun.status, begun.code()), (409, "ticket.being_worked_on"));
}

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
    assert_eq!(
        (&merged.body["id"], &merged.body["hours"], &merged.body["hours_held"]),
        (&json!(two), &json!("5.00"), &json!("5.00"))
    );
    assert_eq!(shop.balance().await, (5 * HOUR, 5 * HOUR));
    let gone = amir.get(&format!("/tickets/{one}")).await.body;
    assert_eq!((&gone["merged_into"], &gone["hours_held"]), (&json!(two), &json!("0.00")));
    let said = amir.get(&format!("/tickets/{two}/comments")).await;
    let said: Vec<_> = items(&said).iter().map(|comment| (&comment["message"], &comment["from"])).collect();
    assert_eq!(said, [(&json!("From one"), &json!(one)), (&json!("From two"), &json!(null))]);
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_is_assigned_to_somebody_who_works() {
    let shop = Shop::start().await;
    shop.app.member(shop.app.acme, "Ana", "ana@acme.example", Role::Analyst).await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Whose?", "1").await;
    let membership = async |email: &str| {
        let owner = runtime::db::connect(&shop.app.owner_config).await.expect("the owner");
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

/// Gives Cleo a running plan that asks before more than is on hold is used.
async fn plan_that_asks(shop: &Shop) {
    let owner = runtime::db::connect(&shop.app.owner_config).await.expect("the owner");
    let uuid = |id: kernel::id::CustomerId| <kernel::id::CustomerId as kernel::id::Id>::uuid(id);
    let organization = <kernel::id::OrganizationId as kernel::id::Id>::uuid(shop.app.acme);
    let plan: uuid::Uuid = uuid::Uuid::from_u128(1);
    let statements = [
        "insert into plans (organization_id, id, name, created_at) values ($1, $2, 'Asks', now())",
        "insert into plan_versions (organization_id, id, plan_id, number, price_minor, currency, period, unit_code, quantity,
                rollover, expiry, overage, upgrade, created_at)
         values ($1, $2, $2, 1, 100, 'USD', 'month', 'hour', 36000, 'none', 'period_end', 'ask', 'replace', now())",
    ];
    for statement in statements {
        owner.execute(statement, &[&organization, &plan]).await.expect("a plan");
    }
    let statement = "insert into subscriptions (organization_id, id, customer_id, plan_version_id, state, created_at)
                     values ($1, $2, $3, $2, 'active', now())";
    owner.execute(statement, &[&organization, &plan, &uuid(shop.cleo)]).await.expect("a subscription");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_plan_asks_nobody_but_the_customer_raises_the_hours() {
    let shop = Shop::start().await;
    plan_that_asks(&shop).await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Grows", "2").await;
    step(&amir, &id, "start", json!({})).await;
    let over = step(&amir, &id, "completion", json!({"hours": "3"})).await;
    assert_eq!(
        (over.status, over.code(), &over.body["facts"]),
        (409, "ticket.ask_first", &json!({"held": "2.00", "used": "3.00"}))
    );
    let asked = step(&amir, &id, "hours", json!({"hours": "3", "reason": "The roof leaks, too."})).await;
    assert_eq!(
        (&asked.body["hours_asked"], &asked.body["hours_held"]),
        (&json!("3.00"), &json!("2.00")),
        "{}",
        asked.body
    );
    assert_eq!(shop.balance().await, (8 * HOUR, 2 * HOUR));
    assert_eq!(cleo.get("/notifications").await.body["items"][0]["title"], "More hours needed: Grows");
    assert_eq!(step(&cleo, &id, "hours", json!({"hours": "4"})).await.code(), "ticket.being_worked_on");
    let agreed = step(&cleo, &id, "hours", json!({"hours": "3"})).await;
    assert_eq!(
        (&agreed.body["hours_asked"], &agreed.body["hours_held"]),
        (&json!(null), &json!("3.00")),
        "{}",
        agreed.body
    );
    assert_eq!(step(&amir, &id, "completion", json!({"hours": "3"})).await.status, 200);
    assert_eq!(shop.balance().await, (7 * HOUR, 0));
}
