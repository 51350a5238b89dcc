//! The pages of customers, plans, subscriptions and money, read and sent as a browser without scripts would.

use kernel::id::CustomerId;
use kernel::{Actor as Who, Role};
use retainer::people::{AddMember, add_member, password};
use runtime::tx::Access;
use testkit::{PASSWORD, Reader, TestApp};

async fn sent(reader: &Reader, page: &str, to: &str, fields: &[(&str, &str)]) -> testkit::PageAnswer {
    let once = reader.get(page).await.once();
    let mut fields = fields.to_vec();
    fields.push(("once", &once));
    reader.post(to, &fields).await
}

/// Adds a customer on the page; its address.
async fn customer(reader: &Reader, name: &str, email: &str) -> String {
    let new = "/acme/customers/new";
    let fields = [("name", name), ("email", email), ("tags", "vip, Oslo"), ("notes", "Pays late.")];
    let added = sent(reader, new, new, &fields).await;
    assert_eq!(added.status, 303, "{}", added.html);
    added.location().to_owned()
}

/// Signs in somebody of a customer's.
async fn portal(app: &TestApp, path: &str, name: &str, email: &str) -> Reader {
    let id: CustomerId = path.rsplit('/').next().expect("an id").parse().expect("an id");
    let hashed = password::hash(PASSWORD.parse().expect("a password")).await.expect("a hash");
    let tx = app.server.app.begin(app.acme, Who::system("test"), Access::Write).await.expect("a transaction");
    let input = AddMember {
        email: email.parse().expect("an address"),
        name: name.parse().expect("a name"),
        role: Role::Customer,
        customer: Some(id),
        password: Some(hashed),
    };
    add_member(&tx, input).await.expect("a member");
    tx.commit().await.expect("a commit");
    app.signed_in("acme", email).await
}

fn sees(page: &testkit::PageAnswer, words: &str) {
    assert!(page.html.contains(words), "{words:?} is not on the page ({}):\n{}", page.status, page.html);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_is_added_found_changed_and_put_away_on_pages() {
    let app = TestApp::start().await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    sees(&olga.get("/acme/customers").await, "Add the first customer");
    let cleo = customer(&olga, "Cleo Berg", "cleo@berg.example").await;
    customer(&olga, "Søren Å", "soren@a.example").await;
    let found = olga.get("/acme/customers?q=cleo").await;
    sees(&found, "Cleo Berg");
    assert!(!found.html.contains("Søren"), "{}", found.html);
    sees(&olga.get("/acme/customers?tag=Oslo").await, "Søren Å");
    let page = olga.get(&cleo).await;
    sees(&page, "Pays late.");
    let change = format!("{cleo}/change");
    let seen = olga.get(&change).await;
    sees(&seen, "value=\"Oslo, vip\"");
    let fields = [("name", "Cleo Borg"), ("email", ""), ("version", "1")];
    assert_eq!(sent(&olga, &change, &change, &fields).await.location(), cleo);
    let stale = sent(&olga, &change, &change, &[("name", "Cleo Burg"), ("version", "1")]).await;
    assert_eq!(stale.status, 422);
    sees(&stale, "Somebody changed this customer meanwhile");
    sees(&stale, "Cleo Burg");
    assert_eq!(sent(&olga, &cleo, &format!("{cleo}/archive"), &[]).await.status, 303);
    assert!(!olga.get("/acme/customers").await.html.contains("Borg"));
    sees(&olga.get("/acme/customers?show=archived").await, "Cleo Borg");
    assert_eq!(sent(&olga, &cleo, &format!("{cleo}/restore"), &[]).await.status, 303);
    sees(&olga.get("/acme/customers").await, "Cleo Borg");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_typed_about_a_customer_stays_beside_what_is_wrong_with_it() {
    let app = TestApp::start().await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let new = "/acme/customers/new";
    let answer = sent(&olga, new, new, &[("name", ""), ("email", "nowhere"), ("notes", "Keep me")]).await;
    assert_eq!(answer.status, 422);
    sees(&answer, "Must not be empty.");
    sees(&answer, "nowhere");
    sees(&answer, "Keep me");
    customer(&olga, "Cleo", "cleo@berg.example").await;
    let taken = sent(&olga, new, new, &[("name", "Other"), ("email", "CLEO@berg.example")]).await;
    assert_eq!(taken.status, 422);
    sees(&taken, "There already is a customer with the address");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plans_are_offered_given_new_terms_and_taken_off_on_pages() {
    let app = TestApp::start().await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let empty = olga.get("/acme/plans").await;
    sees(&empty, "Add the four consulting plans");
    assert_eq!(sent(&olga, "/acme/plans", "/acme/plans/consulting", &[]).await.status, 303);
    sees(&olga.get("/acme/plans").await, "$4,000.00");
    let mut fields = vec![
        ("name", "Retainer"),
        ("price", "900"),
        ("currency", "USD"),
        ("period", "month"),
        ("unit", "hour"),
        ("quantity", "20"),
        ("rollover", "cap"),
        ("rollover_cap", ""),
        ("expiry", "period_end"),
        ("overage", "block"),
        ("upgrade", "replace"),
        ("trial_days", "0"),
    ];
    let new = "/acme/plans/new";
    let wrong = sent(&olga, new, new, &fields).await;
    assert_eq!(wrong.status, 422);
    sees(&wrong, "Say how much at most.");
    sees(&wrong, "value=\"900\"");
    fields[7].1 = "5";
    let made = sent(&olga, new, new, &fields).await;
    assert_eq!(made.status, 303, "{}", made.html);
    let plan = made.location().to_owned();
    sees(&olga.get(&plan).await, "moves on");
    let terms = format!("{plan}/terms");
    sees(&olga.get(&terms).await, "value=\"900.00\"");
    fields[1].1 = "950";
    fields.push(("version", "1"));
    assert_eq!(sent(&olga, &terms, &terms, &fields).await.location(), plan);
    let both = olga.get(&plan).await;
    sees(&both, "$950.00");
    sees(&both, "$900.00");
    let stale = sent(&olga, &terms, &terms, &fields).await;
    assert_eq!(stale.status, 422);
    sees(&stale, "Somebody changed this plan meanwhile");
    assert_eq!(sent(&olga, &plan, &format!("{plan}/archive"), &[]).await.status, 303);
    assert!(!olga.get("/acme/plans").await.html.contains("Retainer</a></td>"));
    sees(&olga.get("/acme/plans?show=archived").await, "$950.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_staff_are_not_there_for_the_portal_and_shut_for_who_may_not() {
    let app = TestApp::start().await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let cleo = customer(&olga, "Cleo", "cleo@berg.example").await;
    let jane = portal(&app, &cleo, "Jane", "jane@berg.example").await;
    for path in ["/acme/customers", "/acme/customers/new", "/acme/plans/new", &cleo, &format!("{cleo}/change")] {
        assert_eq!(jane.get(path).await.status, 404, "{path}");
    }
    for path in ["/acme/plans/consulting", "/acme/customers/new", &format!("{cleo}/archive")] {
        assert_eq!(jane.post(path, &[("name", "X")]).await.status, 404, "{path}");
    }
    assert_eq!(jane.get("/acme/plans").await.location(), "/acme/plan");
    app.member(app.acme, "Anna", "anna@acme.example", Role::Analyst).await;
    let anna = app.signed_in("acme", "anna@acme.example").await;
    let page = anna.get(&cleo).await;
    sees(&page, "Jane");
    assert!(!page.html.contains("Archive"), "{}", page.html);
    assert_eq!(anna.get("/acme/customers/new").await.status, 403);
    assert_eq!(anna.post("/acme/plans/consulting", &[]).await.status, 403);
    assert_eq!(anna.post(&format!("{cleo}/archive"), &[]).await.status, 403);
}

/// The four consulting plans; the id of the one that is called so.
async fn plan(app: &TestApp, olga: &Reader, name: &str) -> String {
    if olga.get("/acme/plans").await.html.contains("No plans yet") {
        assert_eq!(sent(olga, "/acme/plans", "/acme/plans/consulting", &[]).await.status, 303);
    }
    let plans = app.olga().await.get("/plans").await.body;
    let plans = plans["items"].as_array().expect("a list").clone();
    let plan = plans.into_iter().find(|plan| plan["name"] == name).expect("the plan");
    plan["id"].as_str().expect("an id").to_owned()
}

/// The id that a page's forms name the subscription by.
fn subscription(page: &testkit::PageAnswer) -> String {
    let rest = page.html.split_once("name=\"subscription\" value=\"").expect("a subscription").1;
    rest.split_once('"').expect("its end").0.to_owned()
}

/// The present plan is chosen and changes nothing; the others stand below it by price.
async fn offers_what_is_taken(olga: &Reader, page: &str) {
    let choice = olga.get(page).await;
    sees(&choice, "<option value=\"\" selected>Standard, as it is</option>");
    let place = |words: &str| choice.html.find(words).unwrap_or_else(|| panic!("{words}: {}", choice.html));
    assert!(place("Standard, as it is") < place(">Basic: ") && place(">Basic: ") < place(">Pro: "));
    assert!(!choice.html.contains(">Standard: "), "what is refused is not offered");
    let id = subscription(&choice);
    let same = sent(olga, page, &format!("{page}/change"), &[("plan", ""), ("subscription", &id)]).await;
    assert_eq!(same.status, 422);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_is_started_paid_changed_paused_and_cancelled_on_pages() {
    let app = TestApp::start().await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let cleo = customer(&olga, "Cleo Berg", "cleo@berg.example").await;
    sees(&olga.get("/acme/money").await, "No money yet");
    let (standard, basic) = (plan(&app, &olga, "Standard").await, plan(&app, &olga, "Basic").await);
    let page = format!("{cleo}/subscription");
    let started = sent(&olga, &page, &format!("{page}/start"), &[("plan", &standard)]).await;
    assert_eq!(started.status, 303, "{}", started.html);
    let invoice = started.location().to_owned();
    let twice = sent(&olga, &cleo, &format!("{page}/start"), &[("plan", &standard)]).await;
    assert_eq!(twice.status, 422);
    sees(&twice, "has a subscription already");
    sees(&olga.get("/acme/customers").await, "unpaid");
    sees(&olga.get("/acme/money").await, "2026-");
    let bill = olga.get(&invoice).await;
    sees(&bill, "$450.00");
    let future = sent(&olga, &invoice, &format!("{invoice}/pay"), &[("received_at", "2026-12-24")]).await;
    assert_eq!(future.status, 422);
    sees(&future, "A payment is received between the year 2000 and now.");
    let garbled = sent(&olga, &invoice, &format!("{invoice}/pay"), &[("received_at", "yesterday")]).await;
    sees(&garbled, "Write the day as 2026-11-20.");
    let fields = [("received_at", "2026-11-19"), ("reference", "Giro 7")];
    let paid = sent(&olga, &invoice, &format!("{invoice}/pay"), &fields).await;
    assert_eq!(paid.status, 303, "{}", paid.html);
    let by_number = olga.get(paid.location()).await;
    sees(&by_number, "Giro 7");
    let home = olga.get(&cleo).await;
    sees(&home, "active");
    sees(&home, "10:00");
    sees(&olga.get("/acme/customers").await, "10:00");
    sees(&olga.get("/acme/subscriptions?state=active").await, "Cleo Berg");
    assert!(!olga.get("/acme/subscriptions?state=paused").await.html.contains("Cleo Berg"));
    let id = subscription(&olga.get(&page).await);
    offers_what_is_taken(&olga, &page).await;
    let change = [("plan", basic.as_str()), ("subscription", &id), ("when", "next_period")];
    assert_eq!(sent(&olga, &page, &format!("{page}/change"), &change).await.status, 303);
    sees(&olga.get(&page).await, "Basic");
    let named = [("subscription", id.as_str()), ("pause_reason", "Holiday")];
    assert_eq!(sent(&olga, &page, &format!("{page}/pause"), &named).await.status, 303);
    let stands = olga.get(&format!("{cleo}/balance")).await;
    sees(&stands, "The clock stands still since");
    assert!(!stands.html.contains("unless they are used or held by then"), "{}", stands.html);
    let paused = olga.get(&page).await;
    assert!(!paused.html.contains("Next period"), "{}", paused.html);
    sees(&paused, "paused");
    sees(&paused, "Holiday");
    assert_eq!(sent(&olga, &page, &format!("{page}/pause"), &named).await.status, 422);
    assert_eq!(sent(&olga, &page, &format!("{page}/resume"), &named).await.status, 303);
    let cancel = [("subscription", id.as_str()), ("at", "period_end")];
    assert_eq!(sent(&olga, &page, &format!("{page}/cancel"), &cancel).await.status, 303);
    sees(&olga.get(&page).await, "</span>ending<");
    assert_eq!(sent(&olga, &page, &format!("{page}/reactivate"), &named).await.status, 303);
    let archive = sent(&olga, &cleo, &format!("{cleo}/archive"), &[]).await;
    assert_eq!(archive.status, 422);
    sees(&archive, "Cancel the subscription first.");
    let cancel = [("subscription", id.as_str()), ("at", "now")];
    assert_eq!(sent(&olga, &page, &format!("{page}/cancel"), &cancel).await.status, 303);
    sees(&olga.get(&page).await, "cancelled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_top_up_is_sold_taken_back_paid_and_refunded_on_pages() {
    let app = TestApp::start().await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let cleo = customer(&olga, "Cleo Berg", "cleo@berg.example").await;
    let top_up = format!("{cleo}/top-up");
    let no_price = sent(&olga, &top_up, &top_up, &[("unit", "hour"), ("quantity", "2.5")]).await;
    assert_eq!(no_price.status, 422);
    sees(&no_price, "Say what it costs.");
    sees(&no_price, "value=\"2.5\"");
    let none = sent(&olga, &top_up, &top_up, &[("unit", "hour"), ("quantity", "0"), ("price", "1")]).await;
    sees(&none, "Must be more than zero.");
    let wrong = sent(&olga, &top_up, &top_up, &[("unit", "hour"), ("quantity", "1:75"), ("price", "1")]).await;
    sees(&wrong, "Must be hours and minutes such as");
    let fields = [("unit", "hour"), ("quantity", "2.5"), ("price", "125"), ("expires_at", "2027-01-01")];
    let sold = sent(&olga, &top_up, &top_up, &fields).await;
    assert_eq!(sold.status, 303, "{}", sold.html);
    let invoice = sold.location().to_owned();
    let back = sent(&olga, &invoice, &format!("{invoice}/void"), &[("reason", "A mistake")]).await;
    assert_eq!(back.status, 303, "{}", back.html);
    sees(&olga.get(&invoice).await, "A mistake");
    let late = sent(&olga, &cleo, &format!("{invoice}/pay"), &[]).await;
    assert_eq!(late.status, 422);
    sees(&late, "was taken back");
    let now = [("unit", "hour"), ("quantity", "2:30"), ("price", "125"), ("paid", "true")];
    let sold = sent(&olga, &top_up, &top_up, &now).await;
    assert_eq!(sold.location(), cleo, "{}", sold.html);
    sees(&olga.get(&cleo).await, "2:30");
    let list = olga.get("/acme/invoices?state=paid").await;
    let number =
        list.html.split_once("/acme/invoices/").expect("a link").1.split_once('"').expect("its end").0.to_owned();
    let paid = format!("/acme/invoices/{number}");
    let much = sent(&olga, &paid, &format!("{paid}/refund"), &[("amount", "126"), ("reason", "Sorry")]).await;
    assert_eq!(much.status, 422);
    sees(&much, "Only $125.00 of this payment can still be given back.");
    let part = sent(&olga, &paid, &format!("{paid}/refund"), &[("amount", "25"), ("reason", "Sorry")]).await;
    assert_eq!(part.status, 303, "{}", part.html);
    let partly = olga.get(&paid).await;
    sees(&partly, "−$25.00");
    sees(&partly, "Partly refunded");
    sees(&partly, "$100.00");
    let rest = sent(&olga, &paid, &format!("{paid}/refund"), &[("amount", ""), ("reason", "All of it")]).await;
    assert_eq!(rest.status, 303, "{}", rest.html);
    sees(&olga.get(&paid).await, "refunded");
    assert_eq!(olga.get("/acme/invoices/2026-99999").await.status, 404);
    assert_eq!(olga.get("/acme/invoices/%00").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_portal_shows_ones_own_invoices_and_plan_and_nobody_elses() {
    let app = TestApp::start().await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let mut bills = Vec::new();
    for (name, email) in [("Cleo Berg", "cleo@berg.example"), ("Ming", "ming@b.example")] {
        let path = customer(&olga, name, email).await;
        let page = format!("{path}/subscription");
        let standard = plan(&app, &olga, "Standard").await;
        let started = sent(&olga, &page, &format!("{page}/start"), &[("plan", &standard)]).await;
        bills.push((path, started.location().to_owned()));
    }
    let [(cleo, own), (_, other)] = bills.as_slice() else { panic!("two bills") };
    let jane = portal(&app, cleo, "Jane", "jane@berg.example").await;
    let list = jane.get("/acme/invoices").await;
    sees(&list, "$450.00");
    assert!(!list.html.contains("Ming"), "{}", list.html);
    let bill = jane.get(own).await;
    sees(&bill, "Standard");
    assert!(!bill.html.contains("Record the payment"), "{}", bill.html);
    assert_eq!(jane.get(other).await.status, 404);
    let home = jane.get("/acme").await;
    assert!(!home.html.contains("is overdue"), "{}", home.html);
    app.clock.set(testkit::at("2027-01-20T09:00:00Z"));
    let jane = app.signed_in("acme", "jane@berg.example").await;
    let home = jane.get("/acme").await;
    sees(&home, "is overdue since");
    sees(&home, "$450.00");
    for path in ["/acme/customers", "/acme/plans/none"] {
        let lost = jane.get(path).await;
        assert!(
            lost.status == 404 && !lost.html.contains("All customers") && !lost.html.contains("All plans"),
            "{path}"
        );
    }
    let plan = jane.get("/acme/plan").await;
    sees(&plan, "</span>unpaid<");
    assert_eq!(jane.get("/acme/money").await.location(), "/acme/invoices");
    let subscription = format!("{cleo}/subscription");
    for path in ["/acme/subscriptions", &subscription, &format!("{cleo}/top-up")] {
        assert_eq!(jane.get(path).await.status, 404, "{path}");
    }
    for verb in ["start", "change", "pause", "resume", "cancel", "reactivate"] {
        assert_eq!(jane.post(&format!("{subscription}/{verb}"), &[]).await.status, 404, "{verb}");
    }
    for verb in ["pay", "void", "refund"] {
        assert_eq!(jane.post(&format!("{own}/{verb}"), &[("reason", "x")]).await.status, 404, "{verb}");
    }
    app.member(app.acme, "Mo", "mo@acme.example", Role::Member).await;
    let mo = app.signed_in("acme", "mo@acme.example").await;
    for path in ["/acme/money", "/acme/invoices", "/acme/subscriptions", own, &format!("{cleo}/top-up")] {
        assert_eq!(mo.get(path).await.status, 403, "{path}");
    }
    assert_eq!(mo.post(&format!("{own}/pay"), &[]).await.status, 403);
    let home = mo.get(cleo).await;
    assert_eq!(home.status, 200);
    assert!(!home.html.contains("Invoices"), "{}", home.html);
}
