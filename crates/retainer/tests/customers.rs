//! Customers: adding, finding, changing, putting away, forgetting.

use kernel::Role;
use serde_json::json;
use testkit::{Actor, TestApp};

async fn added(olga: &Actor, name: &str, email: &str) -> serde_json::Value {
    let answer = olga.post("/customers", json!({"name": name, "email": email, "tags": ["vip", "Oslo", "VIP"]})).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_is_found_by_name_address_and_tag_page_by_page() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    for (name, email) in
        [("Cleo Berg", "cleo@berg.example"), ("Søren Å", "soren@a.example"), ("Ming", "ming@b.example")]
    {
        added(&olga, name, email).await;
    }
    for (search, found) in [("cleo", "Cleo Berg"), ("søren", "Søren Å"), ("B.EXAMPLE", "Ming")] {
        let answer = olga.get(&format!("/customers?q={search}")).await;
        assert_eq!(answer.body["items"][0]["name"], found, "{search}");
        assert_eq!(answer.body["items"].as_array().map(Vec::len), Some(1), "{search}");
    }
    let tagged = olga.get("/customers?q=vip&tag=Oslo").await;
    assert_eq!(tagged.body["items"].as_array().map(Vec::len), Some(3));
    assert_eq!(tagged.body["items"][0]["tags"], json!(["Oslo", "vip"]));
    let first = olga.get("/customers?limit=2").await.body;
    assert_eq!((&first["items"][0]["name"], &first["items"][1]["name"]), (&json!("Ming"), &json!("Søren Å")));
    let rest = olga.get(&format!("/customers?limit=2&after={}", first["next"].as_str().expect("a cursor"))).await.body;
    assert_eq!((&rest["items"][0]["name"], &rest["next"]), (&json!("Cleo Berg"), &json!(null)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_change_a_customer_at_once_the_second_is_told() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let cleo = added(&olga, "Cleo", "cleo@berg.example").await;
    let path = format!("/customers/{}", cleo["id"].as_str().expect("an id"));
    let change = |version: &str, body| {
        olga.send(olga.request("PATCH".parse().expect("PATCH"), &path).header("if-match", version).json(&body))
    };
    let first = change("\"1\"", json!({"name": "Cleo Berg", "email": null})).await;
    assert_eq!((first.status, &first.body["name"], &first.body["email"]), (200, &json!("Cleo Berg"), &json!(null)));
    let second = change("\"1\"", json!({"name": "Cleo Borg"})).await;
    assert_eq!((second.status, second.code()), (412, "customer.stale"));
    let third = change("\"2\"", json!({"notes": "Pays late."})).await;
    assert_eq!((&third.body["name"], &third.body["notes"]), (&json!("Cleo Berg"), &json!("Pays late.")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_belongs_to_one_living_customer() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let cleo = added(&olga, "Cleo", "cleo@berg.example").await;
    let path = format!("/customers/{}", cleo["id"].as_str().expect("an id"));
    let again = olga.post("/customers", json!({"name": "Other", "email": "CLEO@berg.example"})).await;
    assert_eq!((again.status, again.code()), (409, "customer.email_taken"));
    assert_eq!(olga.post(&format!("{path}/archiving"), json!({})).await.status, 200);
    assert_eq!(olga.get("/customers").await.body["items"], json!([]));
    added(&olga, "Other", "CLEO@berg.example").await;
    let back = olga.delete(&format!("{path}/archiving")).await;
    assert_eq!((back.status, back.code()), (409, "customer.email_taken"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_anonymised_customer_is_nobody_and_stays_so() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let cleo = added(&olga, "Cleo", "cleo@berg.example").await;
    let path = format!("/customers/{}", cleo["id"].as_str().expect("an id"));
    let forgotten = olga.post(&format!("{path}/anonymisation"), json!({"reason": "She asked."})).await;
    assert_eq!(forgotten.status, 200, "{}", forgotten.body);
    assert!(forgotten.body["name"].as_str().is_some_and(|name| name.starts_with("Former customer ")));
    assert_eq!((&forgotten.body["email"], &forgotten.body["tags"]), (&json!(null), &json!([])));
    let changed = olga.patch(&path, json!({"name": "Cleo"})).await;
    assert_eq!((changed.status, changed.code()), (409, "customer.anonymised"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_may_not_change_and_another_organization_sees_nothing() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let cleo = added(&olga, "Cleo", "cleo@berg.example").await;
    let path = format!("/customers/{}", cleo["id"].as_str().expect("an id"));
    app.member(app.acme, "Anna", "anna@acme.example", Role::Analyst).await;
    let anna = app.sign_in("acme", "anna@acme.example").await;
    assert_eq!(anna.get(&path).await.status, 200);
    assert_eq!(anna.post("/customers", json!({"name": "X"})).await.code(), "permission.missing");
    assert_eq!(anna.patch(&path, json!({"name": "X"})).await.code(), "permission.missing");
    let other = app.server.app.ids.next();
    app.organization(other, "other", "Other").await;
    app.member(other, "Otto", "otto@other.example", Role::Owner).await;
    let otto = app.sign_in("other", "otto@other.example").await;
    assert_eq!(otto.get("/customers").await.body["items"], json!([]));
    for answer in [
        otto.get(&path).await,
        otto.patch(&path, json!({"name": "X"})).await,
        otto.post(&format!("{path}/archiving"), json!({})).await,
        otto.delete(&format!("{path}/archiving")).await,
        otto.post(&format!("{path}/anonymisation"), json!({"reason": "x"})).await,
    ] {
        assert_eq!((answer.status, answer.code()), (404, "customer.not_found"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_see_invite_and_remove_a_customers_portal_users_on_its_page() {
    let app = TestApp::start().await;
    let cleo = app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
    let dana = app.customer(app.acme, "Dana Falk", "dana@falk.example").await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let path = format!("/acme/customers/{cleo}");
    let page = olga.get(&path).await;
    assert!(page.html.contains("cleo@berg.example") && page.html.contains("Invite to the portal"), "{}", page.html);
    let bad = olga.post(&format!("{path}/users"), &[("once", &page.once()), ("user_email", "nonsense")]).await;
    assert!(bad.status == 422 && bad.html.contains("nonsense"), "{}", bad.html);
    let fields = [("once", page.once()), ("user_email", "carl@berg.example".into()), ("user_name", "Carl".into())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(olga.post(&format!("{path}/users"), &fields).await.status, 303);
    assert_eq!(app.letters("invitation", "carl@berg.example").await.len(), 1);
    let page = olga.get(&path).await;
    assert!(page.html.contains("carl@berg.example") && page.html.contains("invited, until"), "{}", page.html);
    let once = page.once();
    let twice = olga.post(&format!("{path}/users"), &[("once", "another"), ("user_email", "carl@berg.example")]).await;
    assert!(twice.status == 422 && twice.html.contains("is invited already"), "{}", twice.html);

    let address = |page: &str, ending: &str| {
        let from = page.find(&format!("{ending}\"")).expect("a form");
        let start = page[..from].rfind('"').expect("an address") + 1;
        page[start..from + ending.len()].to_owned()
    };
    let (remove, revoke) = (address(&page.html, "/remove"), address(&page.html, "/revoke"));
    // Another customer's page does not reach them.
    let foreign = remove.replace(&cleo.to_string(), &dana.to_string());
    assert_eq!(olga.post(&foreign, &[("once", "f")]).await.status, 404);
    let foreign = revoke.replace(&cleo.to_string(), &dana.to_string());
    assert_eq!(olga.post(&foreign, &[("once", "g")]).await.status, 404);
    app.member(app.acme, "Ana", "ana@acme.example", kernel::Role::Analyst).await;
    let ana = app.signed_in("acme", "ana@acme.example").await;
    let seen = ana.get(&path).await.html;
    assert!(seen.contains("cleo@berg.example") && !seen.contains("/remove") && !seen.contains("Invite to the portal"));
    assert_eq!(ana.post(&remove, &[("once", "h")]).await.status, 403);
    let portal = app.signed_in("acme", "cleo@berg.example").await;
    assert_eq!(portal.post(&remove, &[("once", "i")]).await.status, 404);
    assert_eq!(portal.get("/acme/profile").await.status, 200);

    assert_eq!(olga.post(&revoke, &[("once", &once)]).await.status, 303);
    assert_eq!(olga.post(&remove, &[("once", "j")]).await.status, 303);
    let page = olga.get(&path).await.html;
    assert!(page.contains("Nobody can sign in for this customer yet"), "{page}");
    assert_eq!(portal.get("/acme/profile").await.status, 303, "who was removed is signed out");
    assert!(page.contains(&format!("/acme/tickets?customer={cleo}")), "the page leads to the customer's tickets");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_known_of_an_anonymised_customers_users_is_forgotten_everywhere() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let cleo = added(&olga, "Cleo Berg", "cleo@berg.example").await;
    let path = format!("/customers/{}", cleo["id"].as_str().expect("an id"));
    for email in ["cleo@berg.example", "late@berg.example"] {
        let invited = olga.post(&format!("{path}/users"), json!({"email": email, "name": "Cleo Berg"})).await;
        assert_eq!(invited.status, 201, "{}", invited.body);
    }
    let accept = async |email: &str| {
        let token = app.link_token("invitation", email, 0).await;
        let wanted =
            json!({"organization": "acme", "token": token, "name": "Cleo Berg", "password": testkit::PASSWORD});
        app.nobody().post("/invitation-acceptances", wanted).await
    };
    let late = app.link_token("invitation", "late@berg.example", 0).await;
    assert_eq!(accept("cleo@berg.example").await.status, 201);
    app.rest().await;
    assert_eq!(olga.post(&format!("{path}/anonymisation"), json!({"reason": "Asked to."})).await.status, 200);
    let wanted = json!({"organization": "acme", "token": late, "name": "Cleo Berg", "password": testkit::PASSWORD});
    assert_eq!(app.nobody().post("/invitation-acceptances", wanted).await.code(), "link.useless");
    let again = json!({"organization": "acme", "email": "cleo@berg.example", "password": testkit::PASSWORD});
    assert_eq!(app.nobody().post("/session-tokens", again).await.code(), "sign_in.wrong");
    let owner = runtime::db::connect(&app.root_config).await.expect("a connection");
    for table in ["customers", "users", "invitations", "mails", "notifications", "audit_entries", "sessions"] {
        let query = format!("select t::text from {table} t where t::text ~* 'cleo|berg'");
        let left: Vec<String> = owner.query(&query, &[]).await.expect("a look").iter().map(|row| row.get(0)).collect();
        assert!(left.is_empty(), "{table}: {left:#?}");
    }
    let gone: i64 = owner
        .query_one("select count(*) from users where anonymised_at is not null", &[])
        .await
        .expect("a count")
        .get(0);
    assert_eq!(gone, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_belongs_elsewhere_too_stays_who_they_are_there() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let customer = app.customer(app.acme, "Bo", "bo@brink.example").await;
    let brink = app.server.app.ids.next();
    app.organization(brink, "brink", "Brink").await;
    app.member(brink, "Bo", "bo@brink.example", Role::Owner).await;
    let forgotten = olga.post(&format!("/customers/{customer}/anonymisation"), json!({"reason": "Asked to."})).await;
    assert_eq!(forgotten.status, 200, "{}", forgotten.body);
    let bo = app.sign_in("brink", "bo@brink.example").await;
    assert_eq!(bo.get("/me").await.body["name"], json!("Bo"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archived_customer_gets_no_users() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    let cleo = added(&olga, "Cleo", "cleo@berg.example").await;
    let path = format!("/customers/{}", cleo["id"].as_str().expect("an id"));
    let user = json!({"email": "cleo@berg.example", "name": "Cleo"});
    assert_eq!(olga.post(&format!("{path}/users"), user.clone()).await.status, 201);
    let token = app.link_token("invitation", "cleo@berg.example", 0).await;
    assert_eq!(olga.post(&format!("{path}/archiving"), json!({})).await.status, 200);
    let wanted = json!({"organization": "acme", "token": token, "name": "Cleo", "password": testkit::PASSWORD});
    assert_eq!(app.nobody().post("/invitation-acceptances", wanted).await.code(), "link.useless");
    let refused = olga.post(&format!("{path}/users"), user).await;
    assert_eq!((refused.status, refused.code()), (409, "invitation.customer_archived"));
}
