//! Finding anything by what one remembers of it.

use kernel::Role;
use serde_json::{Value, json};
use testkit::{Actor, TestApp};

/// Acme with a customer, two tickets and what was said on them.
struct Scene {
    app: TestApp,
    olga: Actor,
    cleo: Actor,
    printer: String,
}

impl Scene {
    async fn start() -> Self {
        let app = TestApp::start().await;
        let id = app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
        app.grant_hours(app.acme, id, 10, "ten").await;
        let (olga, cleo) = (app.olga().await, app.sign_in("acme", "cleo@berg.example").await);
        let open = async |title: &str, details: &str, priority: &str| {
            let wanted = json!({"title": title, "details": details, "priority": priority, "hours": "1"});
            cleo.post("/tickets", wanted).await.body["id"].as_str().expect("a number").to_owned()
        };
        let printer = open("Printer", "Skrivaren vill inte", "High").await;
        open("Website", "A banner for the sale", "Low").await;
        let say = async |actor: &Actor, message: &str, internal: bool| {
            let said = json!({"message": message, "internal": internal});
            let answer = actor.post(&format!("/tickets/{printer}/comments"), said).await;
            assert_eq!(answer.status, 201, "{}", answer.body);
        };
        say(&cleo, "It says paper jam since Monday", false).await;
        say(&olga, "Billed twice before, be careful with warranties", true).await;
        Self { app, olga, cleo, printer }
    }
}

fn titles(body: &Value) -> Vec<&str> {
    body["items"].as_array().expect("items").iter().filter_map(|item| item["title"].as_str()).collect()
}

async fn found(actor: &Actor, line: &str) -> Value {
    let request = actor.request(reqwest::Method::GET, "/search").query(&[("q", line)]);
    let answer = actor.send(request).await;
    assert_eq!(answer.status, 200, "{line}: {}", answer.body);
    answer.body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_are_found_wherever_they_were_written() {
    let scene = Scene::start().await;
    for line in [
        "printer",
        "skriv",
        "\"paper jam\"",
        "jam printer",
        "PRINTER monday",
        &scene.printer,
        &scene.printer.to_lowercase(),
        "printer -banner",
    ] {
        assert_eq!(titles(&found(&scene.olga, line).await), ["Printer"], "{line}");
    }
    for line in ["\"jam paper\"", "printer -jam", "toner", "printer website"] {
        assert!(titles(&found(&scene.olga, line).await).is_empty(), "{line}");
    }
    let berg = found(&scene.olga, "berg").await;
    // Whoever says a customer's name finds what is theirs as well.
    assert_eq!(titles(&berg), ["Website", "Printer", "Cleo Berg"]);
    assert_eq!(
        (&berg["items"][2]["kind"], &berg["items"][2]["detail"]),
        (&json!("customer"), &json!("cleo@berg.example"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_narrow_down_and_what_is_not_understood_is_said() {
    let scene = Scene::start().await;
    assert_eq!(titles(&found(&scene.olga, "status:pending").await), ["Website", "Printer"]);
    assert_eq!(titles(&found(&scene.olga, "status:pending priority:high customer:cleo").await), ["Printer"]);
    assert!(titles(&found(&scene.olga, "assignee:me").await).is_empty());
    let started = scene.olga.post(&format!("/tickets/{}/start", scene.printer), json!({})).await;
    assert!(started.status < 300, "{}", started.body);
    assert_eq!(titles(&found(&scene.olga, "assignee:me").await), ["Printer"]);
    let nobody = found(&scene.olga, "customer:zoe status:pending").await;
    assert_eq!((titles(&nobody).len(), &nobody["misread"]), (0, &json!(["No customer is called \"zoe\"."])));
    assert_eq!(titles(&found(&scene.olga, "status:open").await), ["Website", "Printer"]);
    let misread = found(&scene.olga, "status:done website").await;
    assert_eq!(misread["misread"][0], "status:done is none of open, pending, in_progress, completed, rejected.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_finds_what_they_may_not_read() {
    let scene = Scene::start().await;
    assert_eq!(titles(&found(&scene.olga, "warranties").await), ["Printer"], "staff find internal notes");
    assert!(titles(&found(&scene.cleo, "warranties").await).is_empty(), "customers do not");
    assert_eq!(titles(&found(&scene.cleo, "jam").await), ["Printer"]);
    assert!(titles(&found(&scene.cleo, "berg").await).is_empty(), "customers are staff's to find");
    let zoe = scene.app.customer(scene.app.acme, "Zoe", "zoe@zed.example").await;
    let zoe_in = scene.app.sign_in("acme", "zoe@zed.example").await;
    assert!(titles(&found(&zoe_in, "printer").await).is_empty(), "{zoe}");
    assert!(titles(&found(&zoe_in, "status:pending").await).is_empty());
    let bolt = scene.app.server.app.ids.next();
    scene.app.organization(bolt, "bolt", "Bolt").await;
    scene.app.member(bolt, "Bella", "bella@bolt.example", Role::Owner).await;
    let bella = scene.app.sign_in("bolt", "bella@bolt.example").await;
    for line in ["printer", "cleo", &scene.printer] {
        assert!(titles(&found(&bella, line).await).is_empty(), "{line}");
    }
    assert_eq!(scene.app.nobody().get("/search?q=printer").await.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invoices_are_found_by_their_number_by_whom_they_concern() {
    let scene = Scene::start().await;
    let terms = json!({"price": {"amount": "450.00", "currency": "USD"}, "period": "month", "quantity": "10"});
    let plan = scene.olga.post("/plans", json!({"name": "Ten", "terms": terms})).await;
    let customers = found(&scene.olga, "cleo@berg").await;
    let items = customers["items"].as_array().expect("hits");
    let cleo = items.iter().find(|item| item["kind"] == "customer").expect("a customer");
    let wanted = json!({"customer": cleo["id"], "plan": plan.body["id"]});
    let started = scene.olga.post("/subscriptions", wanted).await;
    assert_eq!(started.status, 201, "{} {}", plan.body, started.body);
    assert_eq!(titles(&found(&scene.olga, "inv-").await), ["INV-2026-0001"]);
    assert_eq!(titles(&found(&scene.cleo, "0001").await).iter().filter(|title| title.starts_with("INV")).count(), 1);
    scene.app.customer(scene.app.acme, "Zoe", "zoe@zed.example").await;
    let zoe = scene.app.sign_in("acme", "zoe@zed.example").await;
    assert!(titles(&found(&zoe, "inv-").await).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_line_is_too_odd_to_be_looked_for() {
    let scene = Scene::start().await;
    for line in [
        "'",
        "''",
        "\\",
        "\\'",
        "& | ! ( ) :* <->",
        ":*",
        "a:b:c",
        "!printer",
        "printer:*",
        "\"",
        "\"\"",
        "-",
        "--",
        "-\"",
        "日本語",
        "%_",
        "' or 1=1 --",
        "x & !x",
        "(((",
        "status:",
        "customer:\"",
        "\u{1F5A8}",
        "C:\\temp\\a'b",
    ] {
        found(&scene.olga, line).await;
        found(&scene.cleo, line).await;
        let listed = scene.olga.request(reqwest::Method::GET, "/tickets").query(&[("q", line)]);
        assert_eq!(scene.olga.send(listed).await.status, 200, "{line}");
    }
    let many = "word ".repeat(39);
    found(&scene.olga, many.trim()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn merged_words_are_found_on_the_ticket_that_stays() {
    let scene = Scene::start().await;
    let tickets = found(&scene.olga, "website").await;
    let website = tickets["items"][0]["id"].as_str().expect("a number").to_owned();
    let merged = scene.olga.post(&format!("/tickets/{}/merging", scene.printer), json!({"into": website})).await;
    assert!(merged.status < 300, "{}", merged.body);
    assert_eq!(titles(&found(&scene.olga, "\"paper jam\"").await), ["Website"]);
    assert!(titles(&found(&scene.cleo, "warranties").await).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_words_around_a_hit_are_shown_to_whom_they_may_be_read_by() {
    let scene = Scene::start().await;
    let olga = scene.app.signed_in("acme", "olga@acme.example").await;
    let cleo = scene.app.signed_in("acme", "cleo@berg.example").await;
    let said = "It says <mark>paper</mark> <mark>jam</mark> since Monday";
    for reader in [&olga, &cleo] {
        let page = reader.get("/acme/search?q=jam+pap").await;
        assert!(page.html.contains(said), "{}", page.html);
    }
    let asked = "<mark>Skrivaren</mark> vill inte";
    assert!(cleo.get("/acme/search?q=skriv").await.html.contains(asked), "what was asked for is looked through too");
    let note = olga.get("/acme/search?q=warrant").await;
    assert!(note.html.contains("be careful with <mark>warranties</mark>"), "{}", note.html);
    let marked = note.html.split("class=\"excerpt\"").nth(1).and_then(|rest| rest.split("</p>").next());
    assert!(marked.is_some_and(|piece| piece.contains(">internal<")), "it says that it is a note: {}", note.html);
    // One word of theirs, one of a note: the note is not cut out for them either.
    let theirs = cleo.get("/acme/search?q=printer").await;
    assert!(theirs.html.contains("Printer") && !theirs.html.contains("warranties"), "{}", theirs.html);
    // What somebody wrote is text.
    let evil = json!({"message": "<b>toner</b> is not here"});
    assert_eq!(scene.cleo.post(&format!("/tickets/{}/comments", scene.printer), evil).await.status, 201);
    let page = olga.get("/acme/search?q=toner").await;
    assert!(page.html.contains("<mark>toner</mark>"), "{}", page.html);
    assert!(!page.html.contains("<b><mark>"), "{}", page.html);
    for odd in ["%27", "%5C%27", "-jam", "x+%26+%21x", "%22%22", "C%3A%5Ctemp%5Ca%27b+jam"] {
        assert_eq!(olga.get(&format!("/acme/search?q={odd}")).await.status, 200, "{odd}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_shows_what_was_found_without_scripts() {
    let scene = Scene::start().await;
    let reader = scene.app.signed_in("acme", "olga@acme.example").await;
    let page = reader.get("/acme/search?q=jam+status%3Adone").await;
    assert_eq!(page.status, 200);
    assert!(page.html.contains("Printer") && page.html.contains("status:done is none of"), "{}", page.html);
    let nothing = reader.get("/acme/search?q=%3Cscript%3E").await;
    assert!(nothing.html.contains("Nothing found") && !nothing.html.contains("<script>\""), "{}", nothing.html);
    for odd in ["%00".to_owned(), "x".repeat(500)] {
        let page = reader.get(&format!("/acme/search?q={odd}")).await;
        assert!(page.html.contains("What is looked for must") && !page.html.contains("Printer"), "{}", page.html);
    }
    let cleo = scene.app.signed_in("acme", "cleo@berg.example").await;
    assert!(cleo.get("/acme/search?q=jam").await.html.contains("Printer"));
}
