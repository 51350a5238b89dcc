//! The catalogue.

use kernel::Actor as Who;
use retainer::plans;
use runtime::tx::Access;
use serde_json::{Value, json};
use testkit::TestApp;

fn standard() -> Value {
    json!({"price": {"amount": "450.00", "currency": "USD"}, "period": "month", "quantity": "10"})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_consulting_preset_has_the_documented_plans() {
    let app = TestApp::start().await;
    let tx = app.server.app.begin(app.acme, Who::system("test"), Access::Write).await.expect("a transaction");
    plans::preset_consulting(&tx).await.expect("the preset");
    tx.commit().await.expect("a commit");
    let plans = app.olga().await.get("/plans").await.body;
    let seen: Vec<String> = plans["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|plan| {
            let terms = &plan["current"]["terms"];
            format!("{} {} h/{} {}", plan["name"], terms["quantity"], terms["period"], terms["price"]["amount"])
                .replace('"', "")
        })
        .collect();
    assert_eq!(
        seen,
        [
            "Basic 1.00 h/month 50.00",
            "Standard 10.00 h/month 450.00",
            "Pro 100.00 h/month 4000.00",
            "Daily 1.00 h/day 50.00"
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_terms_are_a_new_version_and_the_old_one_stays() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let plan = olga.post("/plans", json!({"name": "Standard", "terms": standard()})).await;
    assert_eq!(plan.status, 201, "{}", plan.body);
    let path = format!("/plans/{}", plan.body["id"].as_str().expect("an id"));
    let mut dearer = standard();
    dearer["price"]["amount"] = json!("500");
    let changed = olga.post(&format!("{path}/versions"), json!({"terms": dearer})).await;
    assert_eq!((changed.status, &changed.body["current"]["number"]), (201, &json!(2)));
    let versions = olga.get(&format!("{path}/versions")).await.body;
    let prices: Vec<_> =
        versions["items"].as_array().expect("a list").iter().map(|it| &it["terms"]["price"]["amount"]).collect();
    assert_eq!(prices, ["500.00", "450.00"]);
    let again = olga.post("/plans", json!({"name": "STANDARD", "terms": standard()})).await;
    assert_eq!((again.status, again.code()), (409, "plan.name_taken"));
    assert_eq!(olga.post(&format!("{path}/archiving"), json!({})).await.status, 200);
    assert_eq!(olga.get("/plans").await.body["items"], json!([]));
    let late = olga.post(&format!("{path}/versions"), json!({"terms": standard()})).await;
    assert_eq!((late.status, late.code()), (409, "plan.archived"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terms_that_contradict_themselves_are_refused_where_they_do() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let tries = [
        (json!({"quantity": "0"}), "plan.bad_quantity"),
        (json!({"quantity": "0.0001"}), "plan.bad_quantity"),
        (json!({"rollover": "cap"}), "plan.bad_rollover_cap"),
        (json!({"rollover_cap": "1"}), "plan.bad_rollover_cap"),
        (json!({"rollover_periods": 1}), "plan.bad_rollover_periods"),
        (json!({"expiry": "days"}), "plan.bad_expiry"),
        (json!({"expiry": "never", "expiry_count": 3}), "plan.bad_expiry"),
        (json!({"period": "once"}), "plan.once_has_no_periods"),
        (json!({"overage": "credit"}), "plan.bad_overage_limit"),
        (
            json!({"overage": "credit", "overage_limit": "2", "overage_rate": {"amount": "60", "currency": "EUR"}}),
            "plan.bad_overage_rate",
        ),
        (json!({"overage_limit": "2"}), "plan.bad_overage_rate"),
        (json!({"quantity": null, "rollover": "all"}), "plan.unlimited_is_plain"),
        (json!({"trial_days": 400}), "plan.bad_trial"),
        (json!({"price": {"amount": "0.001", "currency": "USD"}}), "request.invalid"),
    ];
    for (wrong, code) in tries {
        let mut terms = standard();
        for (key, value) in wrong.as_object().expect("an object") {
            terms[key] = value.clone();
        }
        let answer = olga.post("/plans", json!({"name": "X", "terms": terms})).await;
        assert_eq!((answer.status, answer.code()), (422, code), "{wrong}");
        assert!(
            answer.body["errors"][0]["pointer"].as_str().is_some_and(|at| at.starts_with("/terms/")),
            "{}",
            answer.body
        );
    }
}
