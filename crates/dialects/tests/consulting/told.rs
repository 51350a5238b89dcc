//! What an import did and decided is told to those who were not there: on the API and on a page.

use kernel::Role;
use serde_json::json;

use super::world::{SHOP, World, shop};

const AWKWARD: &str = "
insert into billing_consulting (user_id, invoice_number, amount, status, billing_type, created_at, paid_at)
select '00000000-0000-4000-8000-000000000002', 'INV-B' || n, -1 * n, 'paid', 'topup', '2026-11-01', '2026-11-02'
  from generate_series(1, 60) n;
insert into users_consulting (id, name, email, role, created_at) values
  ('00000000-0000-4000-8000-000000000003', '<b>Bold</b>', 'not an address', 'wizard', '2026-01-03 08:00');";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_and_decisions_are_listed_on_the_api_and_on_a_page() {
    let world = World::with(&format!("{}{AWKWARD}", SHOP.replace("'{bcrypt}'", "null"))).await;
    world.import().await;
    let leverai = world.leverai().await;
    world.app.member(leverai, "Olga", "olga@leverai.example", Role::Owner).await;
    let olga = world.app.sign_in("leverai", "olga@leverai.example").await;

    let runs = olga.get("/imports").await.body;
    let report = &runs["items"][0]["report"];
    assert_eq!(
        (&runs["items"][0]["source"], &runs["items"][0]["state"]),
        (&json!("consulting"), &json!("done")),
        "{runs}"
    );
    let decisions = report["decisions"].as_array().expect("decisions");
    let negative = decisions.iter().find(|it| it["decision"] == "negative_amount").expect("it was decided");
    assert_eq!(negative["rows"], 60);
    assert!(negative["means"].as_str().expect("words").starts_with("money back has no invoice"), "{negative}");
    let paid = report["figures"].as_array().expect("figures").iter().find(|it| it["figure"] == "paid").expect("paid");
    assert_eq!((&paid["source"], &paid["here"]), (&json!("-1380.00"), &json!("450.00")), "{paid}");

    let first = olga.get("/imported-rows?decision=negative_amount&limit=50").await.body;
    let next = first["next"].as_str().expect("there are more").to_owned();
    let second = olga.get(&format!("/imported-rows?decision=negative_amount&limit=50&after={next}")).await.body;
    let items = |page: &serde_json::Value| page["items"].as_array().expect("rows").clone();
    assert_eq!((items(&first).len(), items(&second).len(), &second["next"]), (50, 10, &json!(null)));
    assert_eq!(items(&first)[0]["row"]["status"], "paid", "as the source had it");
    assert_eq!(items(&first)[0]["became"], json!(null), "it is only kept");
    let bold = &olga.get("/imported-rows?decision=unknown_role").await.body["items"][0];
    assert_eq!(
        (&bold["became"]["kind"], &bold["became"]["name"]),
        (&json!("customer"), &json!("<b>Bold</b>")),
        "{bold}"
    );
    let customer = bold["became"]["id"].as_str().expect("an id").to_owned();
    let damaged = olga.get("/imported-rows?after=nowhere").await;
    assert_eq!((damaged.status, &damaged.body["errors"][0]["pointer"]), (422, &json!("/after")), "{}", damaged.body);

    let browser = world.app.signed_in("leverai", "olga@leverai.example").await;
    let page = browser.get("/leverai/settings/imports").await.html;
    assert!(page.contains("2 subscriptions run and do not renew here yet"), "{page}");
    for shown in ["negative amount", "money back has no invoice", "-1380.00", "+1830.00", "decision=unknown_role"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let rows = browser.get("/leverai/settings/imports/rows?decision=unknown_role").await.html;
    assert!(rows.contains("&lt;b&gt;Bold&lt;/b&gt;") && !rows.contains("<b>Bold"), "{rows}");
    assert!(rows.contains(&format!("href=\"/leverai/customers/{customer}\"")), "{rows}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_in_no_document_is_named() {
    let world = World::with(&shop()).await;
    world
        .source("alter table users_consulting add phone text default '555'; create table loyalty_points (n integer)")
        .await;
    let (report, _) = world.import().await;
    assert_eq!(report.beyond.columns, ["users_consulting.phone"]);
    assert_eq!(report.beyond.tables, ["loyalty_points"]);
    let kept = "select distinct hidden ->> 'phone' from external_refs where kind = 'users_consulting'";
    assert_eq!(world.ours(kept).await, ["555"], "and a column is kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_that_the_document_does_not_allow_is_named_with_its_place() {
    let world = World::with(&shop()).await;
    world.source("alter table subscriptions_consulting alter hours_remaining type text using 'abc'").await;
    let refused = format!("{:#}", world.import_as(false, 7).await.expect_err("no number"));
    assert!(
        refused.contains("subscriptions_consulting") && refused.contains("column hours_remaining: \"abc\""),
        "{refused}"
    );
}
