//! What changes, as it changes: who hears of it, in which order, at any server, after any interruption.

mod ear;

use std::time::Duration;

use kernel::Role;
use reqwest::Method;
use serde_json::json;
use testkit::{Actor, TestApp, at};

use self::ear::{Ear, Heard};

/// Acme with Cleo and Dora, each a customer with hours, and Amir, who works tickets.
struct Shop {
    app: TestApp,
    cleo: Actor,
    dora: Actor,
    amir: Actor,
}

impl Shop {
    async fn open() -> Self {
        let app = TestApp::start().await;
        app.member(app.acme, "Amir", "amir@acme.example", Role::Member).await;
        for (name, email) in [("Cleo", "cleo@berg.example"), ("Dora", "dora@dal.example")] {
            let customer = app.customer(app.acme, name, email).await;
            app.grant_hours(app.acme, customer, 100, name).await;
        }
        let (cleo, dora) =
            (app.sign_in("acme", "cleo@berg.example").await, app.sign_in("acme", "dora@dal.example").await);
        let amir = app.sign_in("acme", "amir@acme.example").await;
        Self { app, cleo, dora, amir }
    }
}

async fn opened(actor: &Actor) -> String {
    let answer = actor.post("/tickets", json!({"title": "Printer", "hours": "1"})).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["id"].as_str().expect("a number").to_owned()
}

async fn say(actor: &Actor, ticket: &str, internal: bool) {
    let body = json!({"message": "Hello", "internal": internal});
    let answer = actor.post(&format!("/tickets/{ticket}/comments"), body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
}

/// The next change of a ticket, whatever else is told between.
async fn ticket(ear: &mut Ear) -> Heard {
    loop {
        let heard = ear.next().await.expect("an event");
        if heard.what == "ticket.changed" {
            return heard;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_hears_of_what_they_may_see_and_of_nothing_else() {
    let shop = Shop::open().await;
    let bolt = shop.app.server.app.ids.next();
    shop.app.organization(bolt, "bolt", "Bolt").await;
    shop.app.member(bolt, "Bo", "bo@bolt.example", Role::Owner).await;
    let bo = shop.app.sign_in("bolt", "bo@bolt.example").await;
    let (mut amir, mut cleo) = (Ear::of(&shop.amir).await, Ear::of(&shop.cleo).await);
    let (mut dora, mut stranger) = (Ear::of(&shop.dora).await, Ear::of(&bo).await);
    let first = opened(&shop.cleo).await;
    assert_eq!(ticket(&mut cleo).await.subject, first);
    assert_eq!(ticket(&mut amir).await.subject, first);
    // An internal note and the tags are staff's own; so is the time that was worked.
    say(&shop.amir, &first, true).await;
    let noted = ticket(&mut amir).await;
    let tagged = shop.amir.put(&format!("/tickets/{first}/tags"), json!({"tags": ["old"]})).await;
    assert_eq!(tagged.status, 200, "{}", tagged.body);
    let worked = shop.amir.post(&format!("/tickets/{first}/time-entries"), json!({"minutes": 5})).await;
    assert_eq!(worked.status, 201, "{}", worked.body);
    say(&shop.amir, &first, false).await;
    let said = ticket(&mut cleo).await;
    assert!(said.subject == first && said.id > noted.id + 2, "{said:?}");
    // Dora heard nothing of all that, Bolt nothing of Acme.
    let own = opened(&shop.dora).await;
    assert_eq!(ticket(&mut dora).await.subject, own);
    shop.app.customer(bolt, "Berg", "berg@bolt.example").await;
    let foreign = bo.get("/customers").await.body["items"][0]["id"].clone();
    let opened = bo.post("/tickets", json!({"title": "Theirs", "customer": foreign})).await;
    assert_eq!(opened.status, 201, "{}", opened.body);
    let heard = ticket(&mut stranger).await;
    assert_eq!(heard.subject, opened.body["id"].as_str().expect("a number"));
    assert!(heard.id <= 2, "numbers tell nothing of other organizations: {heard:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notifications_are_told_to_the_person_alone_and_so_is_their_reading() {
    let shop = Shop::open().await;
    let id = opened(&shop.cleo).await;
    let (mut amir, mut cleo) = (Ear::of(&shop.amir).await, Ear::of(&shop.cleo).await);
    say(&shop.amir, &id, false).await;
    let me = shop.cleo.get("/me").await.body["user"]["id"].as_str().map(str::to_owned);
    let mut told = Vec::new();
    for _ in 0..2 {
        told.push(cleo.next().await.expect("an event"));
    }
    told.sort_by(|one, two| one.what.cmp(&two.what));
    assert_eq!([told[0].what.as_str(), told[1].what.as_str()], ["notifications.changed", "ticket.changed"]);
    if let Some(me) = me {
        assert_eq!(told[0].subject, me);
    }
    assert_eq!(shop.cleo.post("/notifications/read", json!({})).await.status, 200);
    assert_eq!(cleo.next().await.expect("an event").what, "notifications.changed");
    // Reading again changes nothing, so nothing is told.
    assert_eq!(shop.cleo.post("/notifications/read", json!({})).await.status, 200);
    say(&shop.cleo, &id, false).await;
    assert_eq!(ticket(&mut cleo).await.subject, id);
    let heard = [amir.next().await.expect("an event"), amir.next().await.expect("an event")];
    assert!(heard.iter().filter(|heard| heard.what == "ticket.changed").count() >= 1, "{heard:?}");
    assert!(heard.iter().all(|heard| heard.subject == id || heard.id > told[1].id), "Cleo's are Cleo's: {heard:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_at_one_server_is_heard_at_another_and_after_a_lost_connection() {
    let shop = Shop::open().await;
    let second = shop.app.second_server().await;
    let there = shop.amir.at(&format!("http://{}", second.address));
    let mut here = Ear::of(&shop.amir).await;
    let mut far = Ear::of(&there).await;
    let first = opened(&shop.cleo).await;
    let (one, two) = (ticket(&mut here).await, ticket(&mut far).await);
    assert_eq!((one.subject.as_str(), &one), (first.as_str(), &two), "the same at both");
    drop(far);
    let mut missed = Vec::new();
    for _ in 0..5 {
        missed.push(opened(&shop.cleo).await);
    }
    let (mut again, greeting) = Ear::after(&there, &one.id.to_string()).await;
    assert_eq!((greeting.what.as_str(), greeting.id), ("ready", one.id));
    missed.push(opened(&shop.dora).await);
    let mut heard = Vec::new();
    let mut last = one.id;
    for _ in 0..6 {
        let next = ticket(&mut again).await;
        assert!(next.id > last, "in their order, once each");
        last = next.id;
        heard.push(next.subject);
    }
    assert_eq!(heard, missed);
    let (_ear, up_to_date) = Ear::after(&shop.amir, &last.to_string()).await;
    assert_eq!(up_to_date.what, "ready");
    second.stop().await;
    drop(again);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_too_late_or_with_a_number_that_was_never_told_looks_at_everything_anew() {
    let shop = Shop::open().await;
    opened(&shop.cleo).await;
    for unknown in ["1000000", "-1", "twelve", "9223372036854775808"] {
        let (_ear, greeting) = Ear::after(&shop.amir, unknown).await;
        assert_eq!(greeting.what, "reset", "{unknown}");
    }
    let (mut ear, greeting) = Ear::after(&shop.amir, "0").await;
    assert_eq!(greeting.what, "ready", "a day is kept");
    ticket(&mut ear).await;
    shop.app.clock.set(at("2026-11-21T09:00:01Z"));
    retainer::jobs::tick(&shop.app.server.app).await.expect("all duties done");
    let (mut ear, greeting) = Ear::after(&shop.amir, "0").await;
    assert_eq!(greeting.what, "reset", "and no more");
    let newest = opened(&shop.cleo).await;
    let heard = ticket(&mut ear).await;
    assert!(heard.subject == newest && heard.id > greeting.id);
    let (mut ear, greeting) = Ear::after(&shop.amir, &(heard.id - 1).to_string()).await;
    assert_eq!(greeting.what, "ready");
    assert_eq!(ear.expect("ticket.changed", &newest).await, heard.id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_many_do_at_once_is_told_without_gaps_and_what_was_refused_is_not() {
    let shop = Shop::open().await;
    let mut ear = Ear::of(&shop.amir).await;
    let owner = runtime::db::connect(&shop.app.root_config).await.expect("the owner");
    let count = async || -> i64 { owner.query_one("select last from live_counts", &[]).await.expect("a count").get(0) };
    opened(&shop.cleo).await;
    let before = count().await;
    let refused = shop.cleo.post("/tickets", json!({"title": "Too much", "hours": "1000"})).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert_eq!(count().await, before, "nothing happened, so nothing is told");
    let all = (0..40).map(|number| {
        let actor = if number % 2 == 0 { shop.cleo.clone() } else { shop.dora.clone() };
        tokio::spawn(async move { opened(&actor).await })
    });
    let mut wanted = Vec::new();
    for opening in all.collect::<Vec<_>>() {
        wanted.push(opening.await.expect("a ticket"));
    }
    let mut heard = Vec::new();
    let mut last = 0;
    while heard.len() < 41 {
        let next = ticket(&mut ear).await;
        assert!(next.id > last);
        last = next.id;
        heard.push(next.subject);
    }
    let rows = owner.query("select number from live_changes order by number", &[]).await.expect("numbers");
    let numbers: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(numbers, (1..=count().await).collect::<Vec<_>>(), "no gaps");
    heard.remove(0);
    heard.sort();
    wanted.sort();
    assert_eq!(heard, wanted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_has_ended_hears_nothing_more_and_a_role_that_was_taken_neither() {
    let shop = Shop::open().await;
    let lost = shop.app.sign_in("acme", "amir@acme.example").await;
    let mut ear = Ear::of(&lost).await;
    opened(&shop.cleo).await;
    ticket(&mut ear).await;
    assert_eq!(lost.delete("/session-tokens/current").await.status, 204);
    opened(&shop.cleo).await;
    while let Some(heard) = ear.next().await {
        assert_eq!(heard.id, 0, "told after the end: {heard:?}");
    }
    let status = lost.request(Method::GET, "/events").send().await.expect("an answer").status();
    assert_eq!(status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ended_elsewhere_is_let_go_at_the_next_heartbeat_though_nothing_changes() {
    let shop = Shop::open().await;
    let mut ear = Ear::of(&shop.amir).await;
    let sessions = shop.app.sign_in("acme", "amir@acme.example").await;
    let all = sessions.get("/sessions").await.body;
    let all = all["items"].as_array().expect("a list");
    let old = all.iter().find(|session| session["current"] == json!(false)).expect("the listener's");
    let path = format!("/sessions/{}", old["id"].as_str().expect("an id"));
    assert_eq!(sessions.delete(&path).await.status, 204);
    let ended = async { while ear.response.chunk().await.ok().flatten().is_some() {} };
    tokio::time::timeout(Duration::from_secs(25), ended).await.expect("the stream ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_has_only_so_many_streams_and_gets_the_places_back() {
    let shop = Shop::open().await;
    let mut ears = Vec::new();
    for _ in 0..12 {
        ears.push(Ear::of(&shop.amir).await);
    }
    let refused = shop.amir.get("/events").await;
    assert_eq!((refused.status, refused.code()), (429, "events.too_many"), "{}", refused.body);
    assert!(refused.headers.contains_key("retry-after"));
    drop(Ear::of(&shop.cleo).await);
    ears.clear();
    let again = async {
        while shop.amir.get("/events").await.status != 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), again).await.expect("places that were given back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_hear_with_their_cookie_from_where_they_were_drawn() {
    let shop = Shop::open().await;
    let reader = shop.app.signed_in("acme", "cleo@berg.example").await;
    let page = reader.get("/acme/tickets").await.html;
    let from =
        page.split_once("data-live=\"").and_then(|(_, rest)| rest.split_once('"')).expect("a number").0.to_owned();
    let number = opened(&shop.cleo).await;
    let mut ear = Ear::open(reader.request(&format!("/acme/live?after={from}"))).await;
    assert_eq!(ear.next().await.expect("a greeting").what, "ready");
    ear.expect("ticket.changed", &number).await;
    let nobody = shop.app.reader().get("/acme/live").await;
    assert!(nobody.status == 303 && nobody.location().starts_with("/acme/sign-in"), "{}", nobody.location());
    let bolt = shop.app.server.app.ids.next();
    shop.app.organization(bolt, "bolt", "Bolt").await;
    assert_eq!(reader.get("/bolt/live").await.status, 303);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_end_with_their_server_at_once() {
    let shop = Shop::open().await;
    let second = shop.app.second_server().await;
    let mut ear = Ear::of(&shop.amir.at(&format!("http://{}", second.address))).await;
    let stopped = tokio::time::timeout(Duration::from_secs(5), second.stop());
    stopped.await.expect("nobody waits for the streams");
    assert!(ear.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_hear_of_customers_and_money_as_far_as_they_may_see_them() {
    let shop = Shop::open().await;
    let olga = shop.app.olga().await;
    let (mut owner, mut amir, mut cleo) = (Ear::of(&olga).await, Ear::of(&shop.amir).await, Ear::of(&shop.cleo).await);
    let made = olga.post("/customers", json!({"name": "Egon"})).await;
    let id = made.body["id"].as_str().expect("an id").to_owned();
    owner.expect("customer.changed", &id).await;
    amir.expect("customer.changed", &id).await;
    let price = json!({"amount": "90", "currency": "USD"});
    let sold = olga.post("/top-ups", json!({"customer": id, "quantity": "2", "price": price, "pay_now": true})).await;
    assert_eq!(sold.status, 201, "{}", sold.body);
    let mut told = vec![owner.next().await.expect("an event").what, owner.next().await.expect("an event").what];
    told.sort();
    assert_eq!(told, ["invoice.changed", "payment.changed"]);
    let number = opened(&shop.cleo).await;
    // Neither Amir, who sees no money, nor Cleo, who sees her own, was told before that.
    assert_eq!(cleo.next().await.expect("an event").subject, number);
    let heard = ticket(&mut amir).await;
    assert_eq!(heard.subject, number);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_reads_too_slowly_is_let_go_and_goes_on_from_where_they_were() {
    let shop = Shop::open().await;
    let mut slow = Ear::of(&shop.amir).await;
    // More than fits into the buffers between the two, and more than a stream may be behind.
    let flood = "with counted as (
            insert into live_counts (organization_id, last) values ($1, 450)
            on conflict (organization_id) do update set last = live_counts.last + 450 returning last)
        insert into live_changes (organization_id, number, at, what, subject, for_staff)
        select $1, counted.last - 450 + n, now(), 'ticket.changed', n || repeat(' ', 80000), true
        from counted, generate_series(1, 450) n";
    let owner = runtime::db::connect(&shop.app.root_config).await.expect("the owner");
    owner.execute(flood, &[kernel::id::Id::as_uuid(&shop.app.acme)]).await.expect("changes");
    owner.batch_execute("notify retainer_live").await.expect("a notice");
    let last = opened(&shop.cleo).await;
    // When somebody else has heard of the last, all was told to who listens.
    let (mut quick, _) = Ear::after(&shop.cleo, "450").await;
    loop {
        match quick.next().await {
            Some(heard) if heard.subject == last => break,
            Some(_) => {}
            None => quick = Ear::after(&shop.cleo, "450").await.0,
        }
    }
    let mut heard = Vec::new();
    while let Some(next) = slow.next().await {
        heard.push(next.id);
    }
    assert!(!heard.is_empty() && heard.len() < 450, "{} of 450", heard.len());
    let (mut again, greeting) = Ear::after(&shop.amir, &heard.last().expect("some").to_string()).await;
    assert_eq!(greeting.what, "ready");
    loop {
        let next = ticket(&mut again).await;
        heard.push(next.id);
        if next.subject == last {
            break;
        }
    }
    assert!(heard.windows(2).all(|pair| pair[0] + 1 == pair[1] || pair[1] > 450), "each once, in their order");
}
