//! Lists are put into another order by their heads, over all their pages, and narrowed down to what is looked for.

use kernel::Role;
use serde_json::{Value, json};
use testkit::{Actor, PageAnswer, TestApp};

use crate::money::Shop;
use crate::pages_sums::{in_order, opened, reads, sees};

/// The head of a column says that the list is in its order, and leads back to the usual one.
fn is_ordered_by(list: &PageAnswer, head: &str, direction: &str) {
    let heads = list.html.split("<thead").nth(1).and_then(|rest| rest.split("</thead").next()).expect("heads");
    let its = heads.split("<th").find(|it| it.contains(&format!(">{head}"))).expect("its head");
    assert!(its.contains(&format!("aria-sort=\"{direction}\"")) && !its.contains("?sort="), "{head}: {its}");
}

/// What stands in a list of the API, read two at a time.
async fn by_twos(api: &Actor, list: &str, field: &str) -> Vec<String> {
    let (mut all, mut after) = (Vec::new(), String::new());
    for _ in 0..10 {
        let page: Value = api.get(&format!("{list}&limit=2{after}")).await.body;
        let items = page["items"].as_array().unwrap_or_else(|| panic!("{list}: {page}"));
        all.extend(items.iter().filter_map(|item| item[field].as_str().map(str::to_owned)));
        let Some(next) = page["next"].as_str() else { return all };
        after = format!("&after={next}");
    }
    panic!("{list} does not end: {all:?}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_tickets_are_put_into_order_by_every_head_and_narrowed_down_to_what_nobody_has() {
    let app = TestApp::start().await;
    let cleo = app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
    let anna = app.customer(app.acme, "Anna Ask", "anna@ask.example").await;
    for customer in [cleo, anna] {
        app.grant_hours(app.acme, customer, 10, &format!("ten of {customer}")).await;
    }
    let first = opened(&app, cleo, "The first", "1", "Low").await;
    opened(&app, anna, "The second", "1", "Urgent").await;
    let third = opened(&app, cleo, "The third", "1", "High").await;
    let done = opened(&app, anna, "The finished one", "1", "High").await;
    let api = app.olga().await;
    app.member(app.acme, "Ravi Rao", "ravi@acme.example", Role::Developer).await;
    let team = api.get("/members").await.body;
    let member = |email: &str| {
        let all = team["items"].as_array().expect("members");
        all.iter().find(|it| it["email"] == email).and_then(|it| it["id"].as_str()).expect("a member").to_owned()
    };
    let (olga, ravi) = (member("olga@acme.example"), member("ravi@acme.example"));
    for (ticket, assignee) in [(&first, &ravi), (&third, &olga)] {
        let answer = api.post(&format!("/tickets/{ticket}/assignment"), json!({"assignee": assignee})).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    assert_eq!(api.post(&format!("/tickets/{first}/start"), json!({})).await.status, 200);
    assert_eq!(api.post(&format!("/tickets/{done}/completion"), json!({})).await.status, 200);
    let olga = app.signed_in("acme", "olga@acme.example").await;
    for (order, titles, head) in [
        ("oldest", ["The first", "The second", "The third"], "Opened"),
        ("customer", ["The second", "The first", "The third"], "Customer"),
        // What nobody has comes first.
        ("assignee", ["The second", "The third", "The first"], "Assigned to"),
        ("status", ["The second", "The third", "The first"], "Status"),
    ] {
        let list = olga.get(&format!("/acme/tickets?sort={order}")).await;
        in_order(&list, &titles);
        assert!(!list.html.contains("The finished one"), "{order}: {}", list.html);
        is_ordered_by(&list, head, "ascending");
        assert_eq!(by_twos(&api, &format!("/tickets?sort={order}"), "title").await, titles, "{order}");
    }
    sees(&olga.get("/acme/tickets").await, "href=\"/acme/tickets?sort=oldest\"");
    for narrowed in ["?status=open&assignee=none", "?status=open&q=assignee%3Anone"] {
        let free = olga.get(&format!("/acme/tickets{narrowed}")).await;
        reads(&free, "1 ticket, 1:00 h on hold together");
        sees(&free, "The second");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invoices_are_found_by_number_customer_day_and_what_is_overdue_and_the_unpaid_have_orders() {
    let shop = Shop::open().await;
    let (cleo, anna) = (shop.customer("Cleo Berg").await, shop.customer("Anna Ask").await);
    let bill = async |customer: &str, amount: &str| {
        let price = json!({"amount": amount, "currency": "USD"});
        let top_up = json!({"customer": customer, "quantity": "1", "price": price});
        let made = shop.olga.post("/top-ups", top_up).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.body["invoice"].as_str().expect("an invoice").to_owned()
    };
    let number = async |id: &str| {
        shop.get(&format!("/invoices/{id}")).await["invoice"]["number"].as_str().expect("a number").to_owned()
    };
    let (late, paid) = (bill(&cleo, "300.00").await, bill(&cleo, "70.00").await);
    shop.pay(&paid).await;
    shop.go_to("2027-02-01T10:00:00Z").await;
    let (large, small) = (bill(&anna, "900.00").await, bill(&cleo, "100.00").await);
    let [late, paid, large, small] =
        [number(&late).await, number(&paid).await, number(&large).await, number(&small).await];
    let olga = shop.app.signed_in("acme", "olga@acme.example").await;
    let all = olga.get("/acme/invoices").await;
    in_order(&all, &[&small, &large, &paid, &late]);
    reads(&all, "3 unpaid: $1,300.00 together");
    for (narrowed, fits) in [
        ("state=overdue", vec![&late]),
        ("q=anna", vec![&large]),
        (&format!("q={}", paid.to_lowercase()), vec![&paid]),
        ("from=2027-02-01", vec![&small, &large]),
        ("to=2027-01-31", vec![&paid, &late]),
        ("state=paid&sort=total", vec![&paid]),
    ] {
        let list = olga.get(&format!("/acme/invoices?{narrowed}")).await;
        let fits: Vec<&str> = fits.into_iter().map(String::as_str).collect();
        in_order(&list, &fits);
        for other in [&late, &paid, &large, &small].into_iter().filter(|it| !fits.contains(&it.as_str())) {
            assert!(!list.html.contains(other.as_str()), "{narrowed}: {other}");
        }
    }
    reads(&olga.get("/acme/invoices?state=overdue").await, "1 overdue: $300.00");
    for (order, numbers, head, direction) in [
        ("due", [&late, &large, &small], "Due", "ascending"),
        ("total", [&large, &late, &small], "Total", "descending"),
        ("customer", [&large, &late, &small], "Customer", "ascending"),
    ] {
        let list = olga.get(&format!("/acme/invoices?sort={order}")).await;
        in_order(&list, &numbers.map(String::as_str));
        is_ordered_by(&list, head, direction);
        reads(&list, "3 unpaid, shown alone: $1,300.00 together");
        assert_eq!(by_twos(&shop.olga, &format!("/invoices?sort={order}"), "number").await, numbers.map(Clone::clone));
    }
    sees(&olga.get("/acme/money").await, "href=\"/acme/invoices?state=overdue&amp;sort=due\"");
    let file = olga.get("/acme/invoices.csv?sort=total&q=cleo").await.html;
    assert!(file.find(&late) < file.find(&small) && !file.contains(&large), "{file}");
    // A customer's own list knows nothing of others, whatever it is asked for.
    shop.portal_user(&cleo, "cleo@berg.example").await;
    let patron = shop.app.sign_in("acme", "cleo@berg.example").await;
    assert_eq!(by_twos(&patron, "/invoices?sort=total", "number").await, [late, small]);
    assert_eq!(by_twos(&patron, "/invoices?q=anna", "number").await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscriptions_are_put_into_order_and_narrowed_down_to_a_plan() {
    let shop = Shop::open().await;
    let price = json!({"amount": "900.00", "currency": "USD"});
    let (basic, large) = (shop.plan("Basic", json!({})).await, shop.plan("Large", json!({"price": price})).await);
    for (day, name, plan) in [(1, "Cleo Berg", &basic), (2, "Anna Ask", &large), (3, "Dan Ek", &basic)] {
        shop.go_to(&format!("2026-12-0{day}T10:00:00Z")).await;
        let customer = shop.customer(name).await;
        shop.subscribe(&customer, plan).await;
    }
    let gone = shop.customer("Gone").await;
    let ended = shop.subscribe(&gone, &basic).await;
    let cancelled = shop.olga.post(&format!("/subscriptions/{ended}/cancellation"), json!({"at": "now"})).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    let olga = shop.app.signed_in("acme", "olga@acme.example").await;
    for (order, names, head, direction) in [
        ("next", ["Cleo Berg", "Anna Ask", "Dan Ek"], "Next period", "ascending"),
        ("customer", ["Anna Ask", "Cleo Berg", "Dan Ek"], "Customer", "ascending"),
        ("price", ["Anna Ask", "Cleo Berg", "Dan Ek"], "Price", "descending"),
    ] {
        let list = olga.get(&format!("/acme/subscriptions?sort={order}")).await;
        in_order(&list, &names);
        is_ordered_by(&list, head, direction);
        reads(&list, "Those that have not come to an end are shown.");
        let called = by_twos(&shop.olga, &format!("/subscriptions?sort={order}"), "customer_name").await;
        assert_eq!(called, names, "{order}");
    }
    in_order(&olga.get("/acme/subscriptions").await, &["Gone", "Dan Ek", "Anna Ask", "Cleo Berg"]);
    let of_plan = olga.get(&format!("/acme/subscriptions?plan={basic}&sort=customer")).await;
    in_order(&of_plan, &["Cleo Berg", "Dan Ek"]);
    assert!(!of_plan.html.contains("Anna Ask"), "{}", of_plan.html);
    // What has ended has no other order.
    in_order(&olga.get("/acme/subscriptions?state=cancelled&sort=next").await, &["Gone"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_goes_on_where_it_ended_whatever_has_become_of_its_last_row() {
    let app = TestApp::start().await;
    let cleo = app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
    app.grant_hours(app.acme, cleo, 100, "hundred").await;
    let mut tickets = Vec::new();
    for number in 0..6 {
        tickets.push(opened(&app, cleo, &format!("Number {number}"), "1", "High").await);
    }
    let api = app.olga().await;
    let page = async |list: &str| api.get(list).await.body;
    let titles = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap_or_else(|| panic!("{page}"));
        items.iter().filter_map(|it| it["title"].as_str().map(str::to_owned)).collect()
    };
    let next = |page: &Value| page["next"].as_str().expect("more").to_owned();
    // Whoever takes the oldest and is done with them goes on with those behind.
    let first = page("/tickets?sort=oldest&limit=2").await;
    assert_eq!(titles(&first), ["Number 0", "Number 1"]);
    for ticket in &tickets[..2] {
        let done = api.post(&format!("/tickets/{ticket}/rejection"), json!({"reason": "Not ours."})).await;
        assert_eq!(done.status, 200, "{}", done.body);
    }
    let second = page(&format!("/tickets?sort=oldest&limit=2&after={}", next(&first))).await;
    assert_eq!(titles(&second), ["Number 2", "Number 3"]);
    // One that moves down the list takes nothing with it.
    let first = page("/tickets?sort=priority&limit=2").await;
    assert_eq!(titles(&first), ["Number 2", "Number 3"]);
    let lower = api.patch(&format!("/tickets/{}", tickets[3]), json!({"priority": "Low"})).await;
    assert_eq!(lower.status, 200, "{}", lower.body);
    let second = page(&format!("/tickets?sort=priority&limit=9&after={}", next(&first))).await;
    assert_eq!(titles(&second), ["Number 4", "Number 5", "Number 3"]);
    // A place of one order says nothing in another, nor in another list.
    for list in ["/tickets?sort=held", "/customers?sort=name", "/invoices?sort=due", "/subscriptions?sort=next"] {
        let refused = api.get(&format!("{list}&after={}", next(&first))).await;
        assert_eq!((refused.status, refused.code()), (422, "request.other_order"), "{list}: {}", refused.body);
    }
    let plain = next(&page("/tickets?limit=1").await);
    assert_eq!(api.get(&format!("/tickets?sort=held&after={plain}")).await.code(), "request.other_order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_says_what_it_leaves_out() {
    let app = TestApp::start().await;
    let cleo = app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
    app.grant_hours(app.acme, cleo, 10, "ten").await;
    let done = opened(&app, cleo, "A finished one", "1", "High").await;
    opened(&app, cleo, "An open one", "1", "High").await;
    assert_eq!(app.olga().await.post(&format!("/tickets/{done}/completion"), json!({})).await.status, 200);
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let ordered = olga.get("/acme/tickets?sort=held").await;
    sees(&ordered, "<option value=\"open\" selected>");
    // A bare address would open with one's own view, so that the way back to the usual order says that nothing is narrowed.
    sees(&ordered, "href=\"/acme/tickets?status=\"");
    let nothing = olga.get("/acme/tickets?q=finished&sort=held").await;
    sees(&nothing, "only open ones are put into this order");
    sees(&nothing, "href=\"/acme/tickets?q=finished\"");
    let paid = olga.get("/acme/invoices?q=cleo&sort=total").await;
    sees(&paid, "only those are put into this order");
    sees(&olga.get("/acme/invoices?from=2026-11-20&to=2026-11-01").await, "The first day is after the last.");
    // A file cannot say that a filter was not understood, so it is not made.
    for file in [
        "/acme/tickets.csv?assignee=rubbish",
        "/acme/invoices.csv?from=2026-13-01",
        "/acme/invoices.csv?state=rubbish",
        "/acme/customers.csv?sort=rubbish",
    ] {
        let refused = olga.get(file).await;
        assert_eq!(refused.status, 422, "{file}: {}", refused.html);
        sees(&refused, "is not understood");
    }
}
