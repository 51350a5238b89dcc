//! Links that show a balance without signing in.

use jiff::ToSpan;
use kernel::Role;
use serde_json::json;
use testkit::{Actor, TestApp};

struct Shop {
    app: TestApp,
    olga: Actor,
    cleo: Actor,
    customer: String,
}

impl Shop {
    async fn start() -> Self {
        let app = TestApp::start().await;
        let customer = app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
        app.grant_hours(app.acme, customer, 10, "ten").await;
        let (olga, cleo) = (app.olga().await, app.sign_in("acme", "cleo@berg.example").await);
        Self { app, olga, cleo, customer: customer.to_string() }
    }

    /// The path of a link that somebody makes, and its id.
    async fn link(&self, who: &Actor, days: Option<u16>) -> (String, String) {
        let wanted = json!({"label": "For the bookkeeper", "days": days});
        let made = who.post(&format!("/customers/{}/balance-links", self.customer), wanted).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let address = made.body["address"].as_str().expect("an address");
        (
            address.strip_prefix(&self.app.url()).expect("ours").to_owned(),
            made.body["id"].as_str().expect("an id").to_owned(),
        )
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_shows_the_balance_and_no_word_of_any_ticket() {
    let shop = Shop::start().await;
    let secret = json!({"title": "Zanzibar merger", "details": "hush", "hours": "2"});
    let ticket = shop.cleo.post("/tickets", secret).await.body["id"].as_str().expect("a number").to_owned();
    let (path, _) = shop.link(&shop.cleo, None).await;
    let page = shop.app.reader().get(&path).await;
    assert_eq!(page.status, 200, "{}", page.html);
    for shown in ["Cleo Berg", "Acme", ticket.as_str(), "8.00", "Of 10:00 h that are running", "Held for", "Together"] {
        assert!(page.html.contains(shown), "{shown} is missing: {}", page.html);
    }
    for hidden in ["Zanzibar", "hush", "cleo@berg.example", "/acme/tickets"] {
        assert!(!page.html.contains(hidden), "{hidden} is shown");
    }
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    assert!(page.headers["x-robots-tag"].to_str().expect("text").contains("noindex"));
    assert_eq!(page.headers["cache-control"], "no-store");
    let listed = shop.olga.get(&format!("/customers/{}/balance-links", shop.customer)).await;
    assert_eq!(
        (&listed.body["items"][0]["uses"], listed.body["items"][0]["last_used_at"].is_string()),
        (&json!(1), true)
    );
    assert!(!listed.body.to_string().contains(path.rsplit('/').next().expect("a token")));
    let trail = shop.olga.get("/audit?limit=20").await.body.to_string();
    assert!(trail.contains("balance_link.made"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_ends_when_it_is_revoked_or_over_or_its_customer_is_put_away() {
    let shop = Shop::start().await;
    let reader = shop.app.reader();
    let (revoked, id) = shop.link(&shop.olga, None).await;
    let (over, _) = shop.link(&shop.olga, Some(2)).await;
    let (last, _) = shop.link(&shop.olga, None).await;
    for path in [&revoked, &over, &last] {
        assert_eq!(reader.get(path).await.status, 200);
    }
    assert_eq!(shop.cleo.delete(&format!("/balance-links/{id}")).await.status, 204);
    assert_eq!(shop.cleo.delete(&format!("/balance-links/{id}")).await.status, 204);
    assert_eq!(reader.get(&revoked).await.status, 404);
    shop.app.clock.set(shop.app.clock.now() + 48.hours());
    assert_eq!((reader.get(&over).await.status, reader.get(&last).await.status), (404, 200));
    let olga = shop.app.olga().await;
    let archived = olga.post(&format!("/customers/{}/archival", shop.customer), json!({})).await;
    let gone = if archived.status == 404 {
        let page = shop.app.signed_in("acme", "olga@acme.example").await;
        page.post(&format!("/acme/customers/{}/archive", shop.customer), &[("once", "a")]).await.status == 303
    } else {
        archived.status < 300
    };
    assert!(gone, "{}", archived.body);
    assert_eq!(reader.get(&last).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_makes_sees_or_revokes_links_to_balances_of_others() {
    let shop = Shop::start().await;
    let app = &shop.app;
    app.customer(app.acme, "Dora", "dora@d.example").await;
    app.member(app.acme, "Ana", "ana@acme.example", Role::Analyst).await;
    let other = app.server.app.ids.next();
    app.organization(other, "other", "Other").await;
    app.member(other, "Otto", "otto@other.example", Role::Owner).await;
    let (path, id) = shop.link(&shop.olga, None).await;
    let links = format!("/customers/{}/balance-links", shop.customer);
    for (organization, email) in [("acme", "dora@d.example"), ("other", "otto@other.example")] {
        let stranger = app.sign_in(organization, email).await;
        assert_eq!(stranger.post(&links, json!({"label": "Mine"})).await.status, 404, "{email}");
        assert_eq!(stranger.get(&links).await.status, 404, "{email}");
        assert_eq!(stranger.delete(&format!("/balance-links/{id}")).await.status, 404, "{email}");
    }
    let ana = app.sign_in("acme", "ana@acme.example").await;
    assert_eq!(ana.post(&links, json!({"label": "Mine"})).await.code(), "permission.missing");
    assert_eq!(ana.delete(&format!("/balance-links/{id}")).await.code(), "permission.missing");
    // What opens it in one organization opens nothing in another.
    let elsewhere = path.replace("/acme/", "/other/");
    assert_eq!(app.reader().get(&elsewhere).await.status, 404);
    assert_eq!(app.reader().get(&path).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_guesses_links_is_kept_waiting() {
    let shop = Shop::start().await;
    let reader = shop.app.reader();
    let mut last = 0;
    for guess in 0..40 {
        last = reader.get(&format!("/acme/shared-balance/bl_{guess:052}")).await.status;
    }
    assert_eq!(last, 429);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_made_on_its_page_and_shown_once() {
    let shop = Shop::start().await;
    let reader = shop.app.signed_in("acme", "cleo@berg.example").await;
    let page = format!("/acme/customers/{}/links", shop.customer);
    assert_eq!(reader.post(&page, &[("label", ""), ("days", "3")]).await.status, 422);
    let made = reader.post(&page, &[("label", "For our bookkeeper"), ("days", "30")]).await;
    assert_eq!(made.status, 200, "{}", made.html);
    let path =
        made.html.split("/acme/shared-balance/").nth(1).and_then(|rest| rest.split(['<', '"']).next()).expect("a link");
    assert_eq!(shop.app.reader().get(&format!("/acme/shared-balance/{path}")).await.status, 200);
    let again = reader.get(&page).await;
    assert!(again.html.contains("For our bookkeeper") && !again.html.contains(path), "{}", again.html);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn days_that_are_no_number_are_refused_in_words() {
    let shop = Shop::start().await;
    let olga = shop.app.signed_in("acme", "olga@acme.example").await;
    let path = format!("/acme/customers/{}/links", shop.customer);
    for (days, words) in
        [("-3", "Write a whole number of days"), ("many", "Write a whole number of days"), ("0", "1 to 3650 days")]
    {
        let once = olga.get(&path).await.once();
        let page = olga.post(&path, &[("label", "For whom"), ("days", days), ("once", &once)]).await;
        assert!(page.status == 422 && page.html.contains(words) && page.html.contains("For whom"), "{}", page.html);
    }
}
