//! Asking a customer for more hours, and their answer.

use serde_json::json;

use super::{HOUR, Shop, opened, step};

/// Gives Cleo a running plan that asks before more than is on hold is used.
async fn plan_that_asks(shop: &Shop) {
    let owner = runtime::db::connect(&shop.app.root_config).await.expect("the owner");
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_does_not_agree_says_so_and_the_question_is_over() {
    let shop = Shop::start().await;
    plan_that_asks(&shop).await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Grows", "1").await;
    step(&amir, &id, "hours", json!({"hours": "2"})).await;
    let page = shop.app.signed_in("acme", "cleo@berg.example").await;
    let shown = page.get(&format!("/acme/tickets/{id}")).await;
    assert!(shown.html.contains("Agree to 2:00 h") && shown.html.contains("I do not agree"), "{}", shown.html);
    let fields = [
        ("once", shown.once()),
        ("declined", "2:00".to_owned()),
        ("decline_reason", "Too much for a drum.".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(page.post(&format!("/acme/tickets/{id}/hours-decline"), &fields).await.status, 303);
    let ticket = amir.get(&format!("/tickets/{id}")).await.body;
    assert_eq!((&ticket["hours_asked"], &ticket["hours_held"]), (&json!(null), &json!("1.00")), "{ticket}");
    let told = amir.get("/notifications").await.body["items"][0].clone();
    assert!(
        told["title"] == "Not agreed to: Grows"
            && told["text"].as_str().is_some_and(|text| text.contains("Too much for a drum.")),
        "{told}"
    );
    assert!(page.get(&format!("/acme/tickets/{id}")).await.html.contains("did not agree to 2:00 h"));
    assert_eq!(step(&cleo, &id, "hours", json!({"hours": "2", "agree": true})).await.code(), "ticket.nothing_asked");
    // Twice is once, and staff may take a question back themselves.
    assert_eq!(step(&cleo, &id, "hours-decline", json!({"hours": "2"})).await.status, 200);
    step(&amir, &id, "hours", json!({"hours": "3"})).await;
    let withdrawn = step(&amir, &id, "hours-decline", json!({"hours": "3"})).await;
    assert_eq!((withdrawn.status, &withdrawn.body["hours_asked"]), (200, &json!(null)), "{}", withdrawn.body);
    assert_eq!(shop.balance().await, (9 * HOUR, HOUR));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_no_to_what_is_not_asked_any_more_takes_no_question_away() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Grows", "1").await;
    step(&amir, &id, "hours", json!({"hours": "5", "ask": true})).await;
    let page = shop.app.signed_in("acme", "cleo@berg.example").await;
    let read = page.get(&format!("/acme/tickets/{id}")).await;
    assert!(read.html.contains("name=\"declined\" value=\"5:00\""), "{}", read.html);
    step(&amir, &id, "hours", json!({"hours": "3", "ask": true})).await;
    let late = step(&cleo, &id, "hours-decline", json!({"hours": "5"})).await;
    assert_eq!(
        (late.status, late.code(), &late.body["facts"]),
        (409, "ticket.asked_otherwise", &json!({"asked": "3.00"}))
    );
    let fields = [("once", read.once()), ("declined", "5:00".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let refused = page.post(&format!("/acme/tickets/{id}/hours-decline"), &fields).await;
    assert_eq!(refused.status, 422, "{}", refused.html);
    assert!(
        refused.html.contains("By now 3:00 h are asked for.") && refused.html.contains("value=\"3:00\""),
        "{}",
        refused.html
    );
    assert_eq!(amir.get(&format!("/tickets/{id}")).await.body["hours_asked"], "3.00");
    assert_eq!(step(&amir, &id, "hours-decline", json!({"hours": "5"})).await.code(), "ticket.asked_otherwise");
    assert_eq!(step(&cleo, &id, "hours-decline", json!({})).await.status, 422, "a no says to what");
    assert_eq!(step(&cleo, &id, "hours-decline", json!({"hours": "3"})).await.body["hours_asked"], json!(null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_customer_said_no_to_is_not_used_until_they_agree() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Grows", "1").await;
    step(&amir, &id, "time-entries", json!({"minutes": 90})).await;
    let ask = json!({"hours": "1.5", "ask": true, "reason": "The drum is worn."});
    assert_eq!(step(&amir, &id, "hours", ask.clone()).await.body["hours_asked"], json!("1.50"));
    assert_eq!(step(&cleo, &id, "hours-decline", json!({"hours": "1.5", "reason": "Too dear."})).await.status, 200);
    // Neither what is typed nor what an empty field means goes beyond what she agreed to.
    for hours in [json!({"hours": "1.5"}), json!({})] {
        let more = step(&amir, &id, "completion", hours).await;
        assert_eq!((more.status, more.code()), (409, "ticket.hours_declined"), "{}", more.body);
        assert_eq!(more.body["facts"], json!({"held": "1.00", "used": "1.50"}));
    }
    let page = shop.app.signed_in("acme", "amir@acme.example").await.get(&format!("/acme/tickets/{id}")).await;
    assert!(page.html.contains("“Too dear.”") && page.html.contains("Ask again"), "{}", page.html);
    let today = shop.app.signed_in("acme", "amir@acme.example").await.get("/acme").await;
    assert!(today.html.contains("Not agreed to") && !today.html.contains("Ask to approve"), "{}", today.html);
    assert!(page.html.contains("the customer has not agreed to more"), "what can be done is proposed: {}", page.html);
    step(&amir, &id, "hours", ask.clone()).await;
    let still = step(&amir, &id, "completion", json!({"hours": "1.5"})).await;
    assert_eq!(still.code(), "ticket.unanswered", "a question is no answer: {}", still.body);
    assert_eq!(step(&cleo, &id, "hours", json!({"hours": "1.5", "agree": true})).await.status, 200);
    assert_eq!(step(&amir, &id, "completion", json!({})).await.status, 200);
    let other = opened(&cleo, "Leaks", "1").await;
    step(&amir, &other, "hours", json!({"hours": "2", "ask": true})).await;
    step(&cleo, &other, "hours-decline", json!({"hours": "2"})).await;
    assert_eq!(
        step(&amir, &other, "completion", json!({"hours": "1"})).await.status,
        200,
        "what is on hold may be used"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_no_is_not_got_round_by_changing_the_hours() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Grows", "1").await;
    step(&amir, &id, "hours", json!({"hours": "1.5", "ask": true})).await;
    step(&cleo, &id, "hours-decline", json!({"hours": "1.5"})).await;
    let raised = step(&amir, &id, "hours", json!({"hours": "1.5"})).await;
    let (held, asked) = (&raised.body["hours_held"], &raised.body["hours_asked"]);
    assert_eq!((held, asked), (&json!("1.00"), &json!("1.50")), "it is asked again: {}", raised.body);
    step(&amir, &id, "hours-decline", json!({"hours": "1.5"})).await;
    assert_eq!(step(&amir, &id, "hours", json!({"hours": "0.9"})).await.body["hours_held"], json!("0.90"));
    let more = step(&amir, &id, "completion", json!({"hours": "1.5"})).await;
    assert_eq!(more.code(), "ticket.hours_declined", "{}", more.body);
    // She may give more herself.
    assert_eq!(step(&cleo, &id, "hours", json!({"hours": "1.5"})).await.body["hours_held"], json!("1.50"));
    assert_eq!(step(&amir, &id, "completion", json!({"hours": "1.5"})).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_customer_is_asked_no_more_than_is_on_hold_is_used() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Grows", "1").await;
    step(&amir, &id, "hours", json!({"hours": "2", "ask": true})).await;
    let early = step(&amir, &id, "completion", json!({"hours": "2"})).await;
    assert_eq!((early.status, early.code()), (409, "ticket.unanswered"), "{}", early.body);
    // Staff who take the question back decide it as the plan lets them.
    step(&amir, &id, "hours-decline", json!({"hours": "2"})).await;
    assert_eq!(step(&amir, &id, "completion", json!({"hours": "2"})).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn why_hours_are_asked_for_is_said_however_long_the_history_is() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Grows", "1").await;
    for minutes in 0..102 {
        assert_eq!(step(&amir, &id, "time-entries", json!({"minutes": 1 + minutes % 2})).await.status, 201);
    }
    step(&amir, &id, "hours", json!({"hours": "5", "ask": true, "reason": "The drum is worn."})).await;
    let page = shop.app.signed_in("acme", "cleo@berg.example").await.get(&format!("/acme/tickets/{id}")).await;
    assert!(page.html.contains("“The drum is worn.”"), "{}", page.html);
    let page = shop.app.signed_in("acme", "amir@acme.example").await.get(&format!("/acme/tickets/{id}")).await;
    assert!(page.html.contains("The latest 100 lines"), "{}", page.html);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_colleagues_timer_is_seen_on_the_ticket() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Grows", "1").await;
    assert!(step(&amir, &id, "timer", json!({})).await.status < 300);
    let seen_by =
        async |who: &str| shop.app.signed_in("acme", who).await.get(&format!("/acme/tickets/{id}")).await.html;
    assert!(seen_by("olga@acme.example").await.contains("Amir’s timer runs since"));
    assert!(!seen_by("amir@acme.example").await.contains("Amir’s timer runs since"), "one's own has its button");
    assert!(!seen_by("cleo@berg.example").await.contains("timer runs since"), "customers are told no such thing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_yes_to_what_is_not_asked_any_more_changes_nothing_and_takes_no_question_away() {
    let shop = Shop::start().await;
    plan_that_asks(&shop).await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Grows", "1").await;
    for hours in ["1.75", "2"] {
        step(&amir, &id, "hours", json!({"hours": hours, "reason": "The drum is worn."})).await;
    }
    let late = step(&cleo, &id, "hours", json!({"hours": "1.75", "agree": true})).await;
    assert_eq!(
        (late.status, late.code(), &late.body["facts"]),
        (409, "ticket.asked_otherwise", &json!({"asked": "2.00"}))
    );
    // By hand she may say another number; the question stays.
    let fewer = step(&cleo, &id, "hours", json!({"hours": "1.75"})).await;
    assert_eq!(
        (&fewer.body["hours_held"], &fewer.body["hours_asked"]),
        (&json!("1.75"), &json!("2.00")),
        "{}",
        fewer.body
    );
    let page = shop.app.signed_in("acme", "cleo@berg.example").await;
    let html = page.get(&format!("/acme/tickets/{id}")).await.html;
    assert!(html.contains("“The drum is worn.”") && html.contains("Agree to 2:00 h"), "{html}");
    let yes = step(&cleo, &id, "hours", json!({"hours": "2", "agree": true})).await;
    assert_eq!((&yes.body["hours_held"], &yes.body["hours_asked"]), (&json!("2.00"), &json!(null)), "{}", yes.body);
    let html = page.get(&format!("/acme/tickets/{id}")).await.html;
    assert!(html.contains("agreed to 2:00 h"), "{html}");
    let again = step(&cleo, &id, "hours", json!({"hours": "2.5", "agree": true})).await;
    assert_eq!(again.code(), "ticket.nothing_asked", "{}", again.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_plan_asks_reopening_holds_only_what_was_agreed() {
    let shop = Shop::start().await;
    plan_that_asks(&shop).await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Comes back", "3").await;
    assert_eq!(step(&amir, &id, "completion", json!({"hours": "1"})).await.status, 200);
    let again = step(&amir, &id, "reopening", json!({"hours": "8"})).await;
    assert_eq!(
        (&again.body["hours_held"], &again.body["hours_asked"], &again.body["hours"]),
        (&json!("2.00"), &json!("8.00"), &json!("3.00")),
        "{}",
        again.body
    );
    assert_eq!(step(&amir, &id, "completion", json!({"hours": "8"})).await.code(), "ticket.ask_first");
    let agreed = step(&cleo, &id, "hours", json!({"hours": "8"})).await;
    assert_eq!((&agreed.body["hours_held"], &agreed.body["hours_asked"]), (&json!("8.00"), &json!(null)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_estimate_beyond_what_is_left_is_asked_for_and_the_customer_learns_what_is_missing() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let answer = cleo.post("/tickets", json!({"title": "Estimate this"})).await;
    let id = answer.body["id"].as_str().expect("a number").to_owned();
    let asked = step(&amir, &id, "hours", json!({"hours": "15"})).await;
    assert_eq!(
        (asked.status, &asked.body["hours_asked"], &asked.body["hours_held"]),
        (200, &json!("15.00"), &json!("0.00")),
        "{}",
        asked.body
    );
    let refused = step(&cleo, &id, "hours", json!({"hours": "15"})).await;
    assert_eq!((refused.status, refused.code()), (409, "ticket.not_enough_hours"));
    let page = shop.app.signed_in("acme", "cleo@berg.example").await.get(&format!("/acme/tickets/{id}")).await;
    assert!(page.html.contains("estimated to take"), "{}", page.html);
    assert!(page.html.contains("Ask for more hours"), "{}", page.html);
    shop.app.grant_hours(shop.app.acme, shop.cleo, 5, "more").await;
    let agreed = step(&cleo, &id, "hours", json!({"hours": "15"})).await;
    assert_eq!(
        (&agreed.body["hours_asked"], &agreed.body["hours_held"]),
        (&json!(null), &json!("15.00")),
        "{}",
        agreed.body
    );
}
