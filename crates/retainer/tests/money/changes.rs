//! Going over to another plan: what it comes to is known beforehand, and the customer is told.

use serde_json::json;

use super::Shop;

/// Cleo on Standard since 20 November, a month for 10 h; Pro is dearer.
async fn shop() -> (Shop, String, String, [String; 2]) {
    let shop = Shop::open().await;
    let cleo = shop.customer("Cleo").await;
    let standard = shop.plan("Standard", json!({})).await;
    let pro = shop.plan("Pro", json!({"quantity": "100", "price": {"amount": "4000", "currency": "USD"}})).await;
    let id = shop.subscribe(&cleo, &standard).await;
    shop.portal_user(&cleo, "cleo@berg.example").await;
    (shop, cleo, id, [standard, pro])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preview_says_what_is_billed_what_comes_and_when_it_ends_and_is_right() {
    let (shop, cleo, id, [_, pro]) = shop().await;
    shop.use_hours(&cleo, 4).await;
    let path = format!("/subscriptions/{id}/plan-change");
    let seen = shop.get(&format!("{path}?plan={pro}")).await;
    let now = json!({"amount": {"amount": "3550.00", "currency": "USD"}, "comes": "90.00", "ends_at": "2026-12-20T09:00:00Z"});
    assert_eq!((&seen["now"], &seen["default"], &seen["drops"]), (&now, &json!("now"), &json!(false)), "{seen}");
    let next =
        json!({"from": "2026-12-20T09:00:00Z", "price": {"amount": "4000.00", "currency": "USD"}, "brings": "100.00"});
    assert_eq!(seen["next_period"], next);
    assert_eq!(shop.get("/invoices?state=open").await["items"], json!([]), "looking does nothing");
    let wish = shop.olga.post(&path, json!({"plan": pro, "when": "now"})).await;
    let before = shop.left(&cleo).await;
    shop.pay(wish.body["invoice"].as_str().expect("an invoice")).await;
    assert_eq!((before.as_str(), shop.left(&cleo).await.as_str()), ("6.00", "96.00"), "90 h came");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dearer_plan_may_wait_for_the_next_period_and_nothing_is_billed_before() {
    let (shop, _, id, [standard, pro]) = shop().await;
    let path = format!("/subscriptions/{id}/plan-change");
    let later = shop.olga.post(&path, json!({"plan": pro, "when": "next_period"})).await;
    assert_eq!((&later.body["taken"], &later.body["invoice"]), (&json!("at_period_end"), &json!(null)));
    assert_eq!(shop.get("/invoices?state=open").await["items"], json!([]));
    shop.go_to("2026-12-20T09:00:00Z").await;
    let bills = shop.get("/invoices?state=open").await;
    assert_eq!(bills["items"][0]["total"]["amount"], "4000.00", "{bills}");
    shop.pay_open(&id).await;
    let cheaper = shop.olga.post(&path, json!({"plan": standard, "when": "now"})).await;
    assert_eq!((cheaper.status, cheaper.code()), (409, "subscription.not_now"));
    let seen = shop.get(&format!("{path}?plan={standard}")).await;
    assert_eq!((&seen["now"], &seen["default"]), (&json!(null), &json!("next_period")), "{seen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_shows_what_a_change_comes_to_before_anything_is_done() {
    let (shop, cleo, id, [_, pro]) = shop().await;
    let olga = shop.app.signed_in("acme", "olga@acme.example").await;
    let page = format!("/acme/customers/{cleo}/subscription");
    let look = olga.get(&format!("{page}/change?subscription={id}&plan={pro}")).await;
    for words in ["$3,550.00", "90:00", "20 Dec", "Bill $3,550.00 now", "Change with the next period"] {
        assert!(look.html.contains(words), "{words}: {}", look.html);
    }
    assert_eq!(shop.get("/invoices?state=open").await["items"], json!([]), "looking does nothing");
    let fields = [("subscription", id.as_str()), ("plan", pro.as_str())];
    let unsaid = olga.post(&format!("{page}/change"), &[fields[0], fields[1], ("once", &look.once())]).await;
    assert!(unsaid.location().contains("/change?subscription="), "{}", unsaid.location());
    let now = [fields[0], fields[1], ("when", "now"), ("once", &look.once())];
    let done = olga.post(&format!("{page}/change"), &now).await;
    assert!(done.location().contains("/invoices/"), "{}", done.html);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_offered_is_told_from_what_is_owed() {
    let (shop, _, id, [_, pro]) = shop().await;
    shop.olga.post(&format!("/subscriptions/{id}/plan-change"), json!({"plan": pro})).await;
    assert_eq!(shop.get("/invoices?state=open").await["items"][0]["is_offer"], true);
    let home = shop.app.signed_in("acme", "cleo@berg.example").await.get("/acme").await.html;
    assert!(
        home.contains("Offered") && home.contains("is offered until") && !home.contains("is to be paid by"),
        "{home}"
    );
    shop.pay_open(&id).await;
    let bills = shop.get("/invoices").await["items"].clone();
    let offered: Vec<_> = bills.as_array().expect("bills").iter().map(|bill| bill["is_offer"].clone()).collect();
    assert_eq!(offered, [false, false], "{bills}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_plan_and_money_given_back_tell_the_customer() {
    let (shop, cleo, id, [standard, pro]) = shop().await;
    let path = format!("/subscriptions/{id}/plan-change");
    let wish = shop.olga.post(&path, json!({"plan": pro})).await;
    let offered = shop.app.letters("invoice.issued", "cleo@berg.example").await;
    let until =
        "It is offered until 20 December 2026, 09:00: if it is not paid by then, nothing changes and nothing is owed.";
    assert!(offered.iter().any(|letter| letter.contains(until)), "{offered:?}");
    let page = shop.app.signed_in("acme", "cleo@berg.example").await.get("/acme/invoices/INV-2026-0002").await;
    assert!(page.html.contains("before the period of the plan ends"), "{}", page.html);
    let payment = shop.pay(wish.body["invoice"].as_str().expect("an invoice")).await;
    let jane = shop.app.sign_in("acme", "cleo@berg.example").await;
    let told = async || {
        let items = jane.get("/notifications").await.body["items"].clone();
        items.as_array().expect("items").iter().map(|it| [it["title"].clone(), it["text"].clone()]).collect::<Vec<_>>()
    };
    let is = |told: &[serde_json::Value; 2], title: &str, text: &str| {
        assert_eq!(told[0], title);
        assert!(told[1].as_str().is_some_and(|said| said.contains(text)), "{text}: {}", told[1]);
    };
    // The receipt comes last, when all that was paid for is there.
    is(&told().await[1], "Your plan is now Pro", "Until now it was Standard");
    shop.use_hours(&cleo, 20).await;
    shop.olga.post(&format!("/payments/{payment}/refunds"), json!({"reason": "Unhappy."})).await;
    let newest = told().await;
    is(&newest[0], "Given back: $3,550.00 of invoice INV-2026-0002", "Unhappy.");
    let letters = shop.app.letters("invoice.refunded", "cleo@berg.example").await;
    for words in ["80:00 h that it bought", "Standard again instead of Pro"] {
        assert!(letters[0].contains(words), "{words}: {letters:?}");
    }
    shop.olga.post(&path, json!({"plan": pro, "when": "next_period"})).await;
    is(
        &told().await[0],
        "Your plan becomes Pro with the next period on 20 December 2026",
        "Until then it stays Standard",
    );
    shop.olga.post(&path, json!({"plan": standard})).await;
    is(&told().await[0], "Your plan stays Standard", "dropped");
    let page = shop.app.signed_in("acme", "cleo@berg.example").await;
    assert!(page.get("/acme/notifications").await.html.contains("href=\"/acme/plan\""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_used_of_the_period_stays_used_when_a_better_plan_takes_the_place_and_the_rows_add_up() {
    let (shop, cleo, id, [_, pro]) = shop().await;
    shop.use_hours(&cleo, 4).await;
    shop.hold_hours(&cleo, 3).await;
    let figures = async || {
        let seen = shop.get(&format!("/customers/{cleo}/allowances")).await["items"][0].clone();
        ["granted", "used", "held", "left"].map(|name| seen[name].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(figures().await, ["10.00", "4.00", "3.00", "3.00"]);
    let wish = shop.olga.post(&format!("/subscriptions/{id}/plan-change"), json!({"plan": pro})).await;
    shop.pay(wish.body["invoice"].as_str().expect("an invoice")).await;
    assert_eq!(figures().await, ["100.00", "4.00", "3.00", "93.00"], "used does not jump back");
    let why = shop.get(&format!("/allowances/why?customer={cleo}")).await;
    let ended: Vec<_> = why["lots"].as_array().expect("lots").iter().filter(|lot| !lot["note"].is_null()).collect();
    assert_eq!((ended.len(), &ended[0]["used"], &ended[0]["held"]), (1, &json!("4.00"), &json!("3.00")), "{why}");
    let note = ended[0]["note"].as_str().expect("a sentence");
    assert!(note.contains("A better plan took its place") && note.contains("stays held"), "{note}");
    let page = shop.app.signed_in("acme", "cleo@berg.example").await.get("/acme/balance").await;
    assert!(page.html.contains("A better plan took its place") && page.html.contains("Together"), "{}", page.html);
    shop.go_to("2026-12-20T09:00:00Z").await;
    assert_eq!(figures().await, ["3.00", "0.00", "3.00", "0.00"], "of a period that is over only what is held counts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_comes_to_something_else_than_what_was_shown_is_shown_again() {
    let (shop, cleo, id, [_, pro]) = shop().await;
    let path = format!("/subscriptions/{id}/plan-change");
    let seen = shop.get(&format!("{path}?plan={pro}")).await["seen"].clone();
    let olga = shop.app.signed_in("acme", "olga@acme.example").await;
    let page = format!("/acme/customers/{cleo}/subscription/change");
    let look = olga.get(&format!("{page}?subscription={id}&plan={pro}")).await;
    let shown = |html: &str| {
        html.split("name=\"seen\" value=\"").nth(1).and_then(|rest| rest.split('"').next().map(str::to_owned))
    };
    let first = shown(&look.html).expect("what was seen");
    assert_eq!(json!(first), seen);
    let terms = json!({"price": {"amount": "4100", "currency": "USD"}, "period": "month", "quantity": "100"});
    let dearer = shop.olga.post(&format!("/plans/{pro}/versions"), json!({"terms": terms})).await;
    assert!(dearer.status < 300, "{}", dearer.body);
    let stale = shop.olga.post(&path, json!({"plan": pro, "when": "now", "seen": seen})).await;
    assert_eq!((stale.status, stale.code()), (412, "subscription.change_stale"), "{}", stale.body);
    let fields = |seen: &str, once: &str| {
        [("subscription", id.as_str()), ("plan", pro.as_str()), ("when", "now"), ("seen", seen), ("once", once)]
            .map(|(name, value)| (name, value.to_owned()))
    };
    let post = async |fields: [(&str, String); 5]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        olga.post(&page, &fields).await
    };
    let again = post(fields(&first, &look.once())).await;
    for words in ["no longer what was shown", "Bill $3,650.00 now", "$4,100.00"] {
        assert!(again.status == 422 && again.html.contains(words), "{words}: {}", again.html);
    }
    assert_eq!(shop.get("/invoices?state=open").await["items"], json!([]), "nothing was billed");
    let done = post(fields(&shown(&again.html).expect("what is seen now"), &again.once())).await;
    assert!(done.location().contains("/invoices/"), "{}", done.html);
    assert_eq!(shop.get("/invoices?state=open").await["items"][0]["total"]["amount"], "3650.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_reads_what_the_plan_costs_and_asks_for_another_for_hours_or_for_its_end() {
    let (shop, cleo, _, _) = shop().await;
    let jane = shop.app.signed_in("acme", "cleo@berg.example").await;
    let page = jane.get("/acme/plan").await;
    for words in [
        "<dt>Price</dt><dd><data class=\"money\" value=\"450.00\">$450.00</data> a month",
        "More hours",
        "End the plan",
        "Another plan",
        "Pro",
    ] {
        assert!(page.html.contains(words), "{words}: {}", page.html);
    }
    assert!(!page.html.contains("I+would+like+the+plan+Standard"), "one has it: {}", page.html);
    let wish = page.html.split("href=\"").find(|rest| rest.contains("I+would+like+the+plan+Pro")).expect("a wish");
    let address = wish.split('"').next().expect("an address").replace("&amp;", "&");
    let form = jane.get(&address).await;
    assert!(form.html.contains("I would like the plan Pro") && form.html.contains("$4,000.00"), "{}", form.html);
    let staff = shop.app.signed_in("acme", "olga@acme.example").await;
    let one = staff.get(&format!("/acme/customers/{cleo}")).await;
    assert!(one.html.contains("<dt>Price</dt>") && one.html.contains("$450.00"), "{}", one.html);
}
