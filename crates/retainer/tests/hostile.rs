//! Input that nobody should send: each gets a clear problem, and nothing is half done.

use kernel::id::Id;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use sha2::Digest;
use testkit::{Actor, Answer};

use crate::world::{Operation, World, operations};

async fn send(actor: &Actor, world: &World, operation: &Operation, media: &str, body: Vec<u8>) -> Answer {
    let request = actor.request(operation.method.clone(), &world.address(operation));
    actor.send(request.header(CONTENT_TYPE, media).body(body)).await
}

fn assert_problem(what: &str, operation: &Operation, answer: &Answer, statuses: &[u16]) {
    let name = operation.name();
    assert!(statuses.contains(&answer.status), "{what} to {name}: {} {}", answer.status, answer.body);
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{what} to {name}");
    assert!(
        answer.body["detail"].as_str().is_some_and(|detail| !detail.is_empty()),
        "{what} to {name}: {}",
        answer.body
    );
}

fn with_bodies() -> Vec<Operation> {
    operations().into_iter().filter(|operation| operation.body_schema().is_some()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_nobody_should_send_are_refused_and_change_nothing() {
    let world = World::start().await;
    let olga = world.app.olga().await;
    let before = world.digest(world.app.acme.uuid()).await;
    let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000)).into_bytes();
    for operation in with_bodies() {
        let fitting = world.fitting(operation.body_schema().expect("a schema"));
        let mut extra = fitting.clone();
        extra["surprise"] = json!(1);
        let json_media = "application/json";
        let mut half = serde_json::to_vec(&fitting).expect("JSON");
        half.pop();
        let huge = serde_json::to_vec(&json!({"title": "x".repeat(300 * 1024)})).expect("JSON");
        let tries: Vec<(&str, &str, Vec<u8>, &[u16])> = vec![
            ("nothing", json_media, Vec::new(), &[400]),
            ("half a body", json_media, half, &[400]),
            ("bad UTF-8", json_media, b"{\"title\": \"\xff\xfe\"}".to_vec(), &[400]),
            ("a huge body", json_media, huge, &[413]),
            ("deep nesting", json_media, deep.clone(), &[400, 422]),
            ("an array", json_media, b"[]".to_vec(), &[422]),
            ("a number", json_media, b"7".to_vec(), &[422]),
            ("an unknown field", json_media, serde_json::to_vec(&extra).expect("JSON"), &[422]),
            ("a form", "application/x-www-form-urlencoded", b"title=a".to_vec(), &[415]),
            ("plain text", "text/plain", b"hello".to_vec(), &[415]),
        ];
        for (what, media, body, statuses) in tries {
            assert_problem(what, &operation, &send(&olga, &world, &operation, media, body).await, statuses);
        }
        for (name, value) in fitting.as_object().into_iter().flatten() {
            for bad in [json!({"not": "this"}), json!("a\u{0}b"), json!([[]]), json!(-1.5e300)] {
                let mut wrong = fitting.clone();
                wrong[name] = bad;
                // Some fields take any object or list; what must hold is that nothing breaks.
                let answer = world_post(&olga, &world, &operation, &wrong).await;
                let what = format!("{name} = {}", wrong[name]);
                assert_problem(&what, &operation, &answer, &[400, 401, 404, 409, 422]);
            }
            let doubled = doubled(&fitting, name, value);
            let answer = send(&olga, &world, &operation, json_media, doubled.into_bytes()).await;
            assert_problem("a field twice", &operation, &answer, &[400, 422]);
        }
    }
    assert_eq!(world.digest(world.app.acme.uuid()).await, before);
}

async fn world_post(actor: &Actor, world: &World, operation: &Operation, body: &Value) -> Answer {
    send(actor, world, operation, "application/json", serde_json::to_vec(body).expect("JSON")).await
}

/// The same object with one of its fields written twice.
fn doubled(object: &Value, name: &str, value: &Value) -> String {
    let text = object.to_string();
    format!("{}, {}: {value}}}", &text[..text.len() - 1], json!(name))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_and_headers_that_nobody_should_send_are_refused() {
    let world = World::start().await;
    let olga = world.app.olga().await;
    let before = world.digest(world.app.acme.uuid()).await;
    for operation in operations().iter().filter(|operation| operation.path.contains('{')) {
        for rubbish in
            ["nothing", "%00", "%ff%fe", "..%2f..", "cus_00000000000000000000000000", "'; drop table users; --"]
        {
            let path = operation.path.split('/').map(|part| if part.starts_with('{') { rubbish } else { part });
            let path = path.collect::<Vec<_>>().join("/");
            let mut request = olga.request(operation.method.clone(), &path);
            if let Some(schema) = operation.body_schema() {
                request = request.json(&world.fitting(schema));
            }
            let answer = olga.send(request).await;
            assert!(
                matches!(answer.status, 400 | 404 | 405),
                "{} with {rubbish}: {} {}",
                operation.name(),
                answer.status,
                answer.body
            );
        }
    }
    for operation in operations().iter().filter(|operation| !operation.writes()) {
        let address = world.address(operation);
        for query in ["?limit=many", "?after=rubbish", "?limit=-1", "?surprise=1", "?after=%00", "?limit=99999999999"] {
            let answer = olga.get(&format!("{address}{query}")).await;
            assert!(
                matches!(answer.status, 200 | 404 | 422),
                "{}{query}: {} {}",
                operation.name(),
                answer.status,
                answer.body
            );
        }
    }
    for operation in
        operations().iter().filter(|operation| operation.method == reqwest::Method::POST && !operation.is_public())
    {
        let request =
            olga.request(operation.method.clone(), &world.address(operation)).header("idempotency-key", "with space");
        let answer = olga.send(request.json(&json!({}))).await;
        assert_problem("a bad key", operation, &answer, &[422]);
    }
    assert_eq!(world.digest(world.app.acme.uuid()).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_key_gets_the_first_answer_and_another_request_is_refused() {
    let world = World::start().await;
    let olga = world.app.olga().await;
    let mut replayed = 0;
    for (at, operation) in operations().iter().enumerate() {
        if operation.method != reqwest::Method::POST || operation.is_public() {
            continue;
        }
        let address = world.address(operation);
        let body = operation.body_schema().map(|schema| world.fitting(schema));
        let once = async |body: &Option<Value>, key: &str| {
            let request = olga.request(operation.method.clone(), &address).header("idempotency-key", key);
            olga.send(match body {
                Some(body) => request.json(body),
                None => request,
            })
            .await
        };
        let key = format!("key-{at}");
        let first = once(&body, &key).await;
        if first.status >= 400 {
            continue;
        }
        let after = world.digest(world.app.acme.uuid()).await;
        let second = once(&body, &key).await;
        let name = operation.name();
        assert_eq!((second.status, &second.body), (first.status, &first.body), "{name}");
        assert_eq!(
            second.headers.get("idempotency-replayed").map(|value| value.as_bytes()),
            Some(&b"true"[..]),
            "{name}"
        );
        if body.is_some() {
            let mut other = body.clone();
            if let Some(Value::Object(other)) = &mut other {
                other.insert("note".to_owned(), json!("another"));
                let text = serde_json::to_vec(&Value::Object(other.clone())).expect("JSON");
                let request = olga.request(operation.method.clone(), &address).header("idempotency-key", &key);
                let third = olga.send(request.header(CONTENT_TYPE, "application/json").body(text)).await;
                assert!(matches!(third.status, 409 | 422), "{name}: {} {}", third.status, third.body);
            }
            // White space is another body, and another body is another request.
            let text = format!("{} ", body.as_ref().map(Value::to_string).unwrap_or_default());
            let request = olga.request(operation.method.clone(), &address).header("idempotency-key", &key);
            let third = olga.send(request.header(CONTENT_TYPE, "application/json").body(text)).await;
            assert_eq!((third.status, third.code()), (409, "idempotency.key_reused"), "{name}");
        }
        assert_eq!(world.digest(world.app.acme.uuid()).await, after, "{name} did something twice");
        replayed += 1;
    }
    assert!(replayed >= 3, "only {replayed} operations could be replayed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notices_without_end_do_not_make_every_request_look_its_session_up() {
    let app = testkit::TestApp::start().await;
    let olga = app.olga().await;
    let database = &app.server.app.db;
    let asked = async || {
        let before = database.statements();
        assert_eq!(olga.get("/me").await.status, 200);
        database.statements() - before
    };
    let first = asked().await;
    let mut known = u64::MAX;
    for _ in 0..5 {
        known = known.min(asked().await);
    }
    let flood = runtime::db::connect(&app.root_config).await.expect("a connection");
    let (started, before) = (std::time::Instant::now(), database.statements());
    for _ in 0..300 {
        flood.batch_execute("notify retainer_sessions").await.expect("a notice");
        assert_eq!(olga.get("/me").await.status, 200);
    }
    let (spent, quarters) = (database.statements() - before, started.elapsed().as_millis() / 250 + 3);
    let looked_up = spent.saturating_sub(300 * known);
    // A look-up, and whatever runs in the background.
    let most = u64::try_from(quarters).unwrap_or(u64::MAX) * (first.max(known + 1) + 2);
    assert!(looked_up <= most, "{looked_up} statements beyond the requests' own, {most} expected at most");
    assert!(most < 300, "too slow to tell: {most}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_guests_do_is_in_the_audit_trail_with_the_id_of_their_request() {
    let app = testkit::TestApp::start().await;
    let body = json!({"organization": "acme", "email": "olga@acme.example", "password": testkit::PASSWORD});
    let signed_in = app.nobody().post("/session-tokens", body).await;
    assert_eq!(signed_in.status, 201);
    let request = signed_in.headers["x-request-id"].to_str().expect("an id").to_owned();
    let wish =
        app.nobody().post("/password-resets", json!({"organization": "acme", "email": "olga@acme.example"})).await;
    assert_eq!(wish.status, 204);
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    let query = "select action from audit_entries where request_id::text = $1";
    let told: Vec<String> =
        owner.query(query, &[&request]).await.expect("entries").iter().map(|row| row.get(0)).collect();
    assert_eq!(told, ["session.opened"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_from_before_fingerprints_had_a_key_is_still_recognised_and_guests_are_forgotten() {
    let app = testkit::TestApp::start().await;
    let olga = app.olga().await;
    let body = json!({"name": "Cleo"});
    let first = olga.post_once("/customers", "k1", body.clone()).await;
    assert_eq!(first.status, 201, "{}", first.body);
    let guest = json!({"organization": "acme", "email": "olga@acme.example", "password": testkit::PASSWORD});
    assert_eq!(app.nobody().post_once("/session-tokens", "k1", guest).await.status, 201);
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    let plain = sha2::Sha256::digest(body.to_string().as_bytes()).to_vec();
    let set = "update idempotency_keys set request_hash = $1";
    assert_eq!(owner.execute(set, &[&plain]).await.expect("as it was"), 2);
    owner.batch_execute(include_str!("../migrations/0036_forget_answers_to_guests.sql")).await.expect("the migration");
    let left: i64 = owner.query_one("select count(*) from idempotency_keys", &[]).await.expect("a count").get(0);
    assert_eq!(left, 1, "what a guest's password hashes to is gone");
    let again = olga.post_once("/customers", "k1", body).await;
    assert_eq!((again.status, &again.body["id"]), (201, &first.body["id"]), "{}", again.body);
    let other = olga.post_once("/customers", "k1", json!({"name": "Dora"})).await;
    assert_eq!(other.code(), "idempotency.key_reused");
}
