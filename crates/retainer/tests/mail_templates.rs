//! Templates of mails: an organization's own words, their versions, what is refused, and that no mail is lost to them.

use kernel::Role;
use serde_json::{Value, json};
use testkit::{Actor, TestApp};

const KIND: &str = "ticket.commented";
const HOME: &str = "/acme/settings/mail-templates/ticket.commented";

async fn save(actor: &Actor, subject: &str, body: &str) -> testkit::Answer {
    actor.post("/mail-template-versions", json!({"kind": KIND, "subject": subject, "body": body})).await
}

/// Acme with Cleo, a customer, who has a ticket.
async fn shop() -> (TestApp, Actor, String) {
    let app = TestApp::start().await;
    app.customer(app.acme, "Cleo Berg", "cleo@berg.example").await;
    let cleo = app.sign_in("acme", "cleo@berg.example").await;
    let ticket =
        cleo.post("/tickets", json!({"title": "Printer <1>"})).await.body["id"].as_str().expect("an id").to_owned();
    let olga = app.olga().await;
    (app, olga, ticket)
}

async fn say(olga: &Actor, ticket: &str, message: &str) {
    let said = olga.post(&format!("/tickets/{ticket}/comments"), json!({"message": message})).await;
    assert_eq!(said.status, 201, "{}", said.body);
}

/// The newest mail of a kind in the outbox, whole.
async fn newest(app: &TestApp, olga: &Actor, kind: &str) -> Value {
    app.rest().await;
    let list = olga.get("/mails").await.body;
    let line = list["items"].as_array().expect("items").iter().find(|mail| mail["kind"] == kind).expect(kind);
    olga.get(&format!("/mails/{}", line["id"].as_str().expect("an id"))).await.body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mails_say_what_the_owner_wrote_and_the_outbox_says_by_which_version() {
    let (app, olga, ticket) = shop().await;
    say(&olga, &ticket, "First").await;
    let before = newest(&app, &olga, KIND).await;
    assert_eq!(
        (&before["template_version"], &before["subject"]),
        (&json!(null), &json!("Olga Ek: comment on Printer <1>"))
    );
    let body = "Dear {{ person }},\n\n{{ author }} of {{ organization }} says <i>about {{ title }}</i>:\n{{ message }}\n\n{{ link|button(\"See \", number) }}";
    let saved = save(&olga, "{{ title|upper }}", body).await;
    assert_eq!(
        (saved.status, &saved.body["version"], &saved.body["made_by"]),
        (201, &json!(1), &json!("Olga Ek")),
        "{}",
        saved.body
    );
    say(&olga, &ticket, "Second {{ link }}\n<b>bold</b>").await;
    let mail = newest(&app, &olga, KIND).await;
    assert_eq!((&mail["template_version"], &mail["template_failure"]), (&json!(1), &json!(null)));
    assert_eq!(mail["subject"], "PRINTER <1>");
    let (text, html) = (mail["text"].as_str().expect("a text"), mail["html"].as_str().expect("HTML"));
    let address = format!("{}/acme/tickets/{ticket}", app.url());
    let said = format!(
        "Dear Cleo Berg,\n\nOlga Ek of Acme says <i>about Printer <1></i>:\nSecond {{{{ link }}}}\n<b>bold</b>\n\nSee {ticket}:\n{address}\n\n-- \nAcme\nYou get this because it is your ticket."
    );
    assert!(text.starts_with(&said), "{text}");
    assert!(
        html.contains("Dear Cleo Berg,")
            && html.contains("&lt;i&gt;about Printer &lt;1&gt;&lt;/i&gt;")
            && !html.contains("<b>bold"),
        "{html}"
    );
    assert!(html.contains(&format!("href=\"{address}\"")), "{html}");
    let page = app
        .signed_in("acme", "olga@acme.example")
        .await
        .get(&format!("/acme/outbox/{}", mail["id"].as_str().expect("an id")))
        .await;
    assert!(page.html.contains("Yours, version 1"), "{}", page.html);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_are_kept_brought_back_and_what_comes_with_the_program_too() {
    let (_app, olga, _) = shop().await;
    let first = save(&olga, "One", "The first {{ message }}").await.body;
    assert_eq!(save(&olga, "One", "The first {{ message }}\n").await.code(), "mail_template.same");
    save(&olga, "Two", "The second {{ message }}").await;
    let stale =
        olga.post("/mail-template-versions", json!({"kind": KIND, "subject": "Three", "body": "x", "seen": 1})).await;
    assert_eq!((stale.status, stale.code()), (412, "mail_template.stale"), "{}", stale.body);
    let reset = olga.post("/mail-templates/reset", json!({"kind": KIND})).await;
    assert_eq!(
        (reset.status, &reset.body["own"], &reset.body["newest"]["version"]),
        (200, &json!(false), &json!(3)),
        "{}",
        reset.body
    );
    assert_eq!(reset.body["subject"], "{{ author }}: {{ what }} on {{ title }}");
    // Once is enough.
    assert_eq!(olga.post("/mail-templates/reset", json!({"kind": KIND})).await.body, reset.body);
    let path = format!("/mail-template-versions/{}/restoration", first["id"].as_str().expect("an id"));
    let back = olga.post(&path, json!({})).await;
    assert_eq!(
        (&back.body["version"], &back.body["from_version"], &back.body["subject"]),
        (&json!(4), &json!(1), &json!("One")),
        "{}",
        back.body
    );
    let as_it_comes = olga.get(&format!("/mail-template-versions?kind={KIND}&limit=2")).await.body;
    let numbers = |page: &Value| {
        page["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|it| it["version"].as_i64().unwrap_or(0))
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers(&as_it_comes), [4, 3]);
    let older = olga
        .get(&format!("/mail-template-versions?kind={KIND}&after={}", as_it_comes["next"].as_str().expect("more")))
        .await
        .body;
    assert_eq!((numbers(&older), &older["items"][1]["body"]), (vec![2, 1], &first["body"]));
    let third = as_it_comes["items"][1]["id"].as_str().expect("an id");
    assert_eq!(
        olga.post(&format!("/mail-template-versions/{third}/restoration"), json!({})).await.code(),
        "mail_template.as_it_comes"
    );
    let trail = olga.get("/audit?action=mail_template").await.body;
    let actions: Vec<_> =
        trail["items"].as_array().expect("items").iter().map(|it| it["action"].as_str().unwrap_or_default()).collect();
    assert_eq!(
        actions,
        ["mail_template.brought_back", "mail_template.as_it_comes", "mail_template.saved", "mail_template.saved"]
    );
    assert_eq!(trail["items"][2]["before"]["subject"], "One");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_template_is_refused_in_words_with_its_line() {
    let (_app, olga, _) = shop().await;
    let bodies = [
        ("Hello\n{{ mesage }}", "Line 2, letter 4: There is no mesage in this mail; there are number, title,"),
        ("{% for x in title %}{% endfor %}", "Line 1, letter 4: Only {{ … }} and {% if … %} stand in a mail"),
        ("{% include 'x' %}", "Line 1"),
        ("a {{ 'a' * 100000000 }}", "Nothing is joined or calculated"),
        ("https://evil.example/?{{ link }}", "An address stands in a button"),
    ];
    for (body, why) in bodies {
        let begun = std::time::Instant::now();
        let refused = save(&olga, "Hello", body).await;
        assert_eq!((refused.status, refused.code()), (422, "mail_template.wrong_body"), "{body}: {}", refused.body);
        assert_eq!(refused.body["errors"][0]["pointer"], "/body");
        assert!(refused.body["detail"].as_str().is_some_and(|said| said.contains(why)), "{body}: {}", refused.body);
        assert!(begun.elapsed() < std::time::Duration::from_secs(2));
    }
    let long = "a".repeat(1_001);
    for (subject, why) in [
        (&*long, "at most 1000 letters"),
        ("{{ link|button('a') }}", "words alone"),
        ("a\nb", "one line"),
        ("{% if not title %}x{% endif %}", "came to nothing"),
    ] {
        let refused = save(&olga, subject, "x").await;
        assert_eq!(refused.code(), "mail_template.wrong_subject", "{}", refused.body);
        assert!(refused.body["detail"].as_str().is_some_and(|said| said.contains(why)), "{}", refused.body);
    }
    assert_eq!(save(&olga, "Hello", &"x".repeat(17_000)).await.status, 422);
    let reset = json!({"kind": "reset_password", "subject": "Hello", "body": "Come in."});
    assert_eq!(olga.post("/mail-template-versions", reset).await.code(), "mail_template.wrong_body");
    assert_eq!(olga.get(&format!("/mail-template-versions?kind={KIND}")).await.body["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_whose_template_fails_is_sent_as_it_comes_and_the_owner_is_told_once() {
    let (app, olga, ticket) = shop().await;
    // Fine with the examples, and too much with what is said.
    assert_eq!(save(&olga, "Mine", &"{{ message }}\n".repeat(60)).await.status, 201);
    say(&olga, &ticket, "Short").await;
    assert_eq!(newest(&app, &olga, KIND).await["subject"], "Mine");
    for _ in 0..2 {
        say(&olga, &ticket, &"long ".repeat(3_900)).await;
        let mail = newest(&app, &olga, KIND).await;
        assert_eq!(
            (&mail["subject"], &mail["template_version"]),
            (&json!("Olga Ek: comment on Printer <1>"), &json!(1))
        );
        assert!(
            mail["template_failure"].as_str().is_some_and(|why| why.contains("longer than")),
            "{}",
            mail["template_failure"]
        );
        assert!(mail["text"].as_str().is_some_and(|text| text.contains("long long long")));
    }
    let told = newest(&app, &olga, "mail_template.failed").await;
    assert_eq!(told["to"], "olga@acme.example");
    assert!(
        told["text"].as_str().is_some_and(|text| text
            .contains("Version 1 of your template for “A comment on a ticket”")
            && text.contains(HOME)),
        "{}",
        told["text"]
    );
    assert_eq!(app.letters("mail_template.failed", "olga@acme.example").await.len(), 1);
    let trail = olga.get("/audit?action=mail_template.failed").await.body;
    assert_eq!(trail["items"].as_array().map(Vec::len), Some(1));
    let page = app.signed_in("acme", "olga@acme.example").await.get(HOME).await;
    assert!(page.html.contains("could not be filled in"), "{}", page.html);
    // A new version has not failed.
    save(&olga, "Mine", "{{ message }}").await;
    say(&olga, &ticket, &"long ".repeat(3_900)).await;
    assert_eq!(newest(&app, &olga, KIND).await["template_failure"], json!(null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_that_is_none_any_more_loses_no_mail() {
    let (app, olga, ticket) = shop().await;
    save(&olga, "Mine", "{{ message }}").await;
    // As a program would find it in which the variable is called otherwise.
    app.root()
        .await
        .execute("update mail_templates set body = '{{ said }}{%', subject = '{{ gone }}'", &[])
        .await
        .expect("broken");
    say(&olga, &ticket, "Hello").await;
    let mail = newest(&app, &olga, KIND).await;
    assert!(mail["text"].as_str().is_some_and(|text| text.contains("Hello")), "{mail}");
    assert_eq!(mail["subject"], "Olga Ek: comment on Printer <1>");
    assert_eq!(app.letters("mail_template.failed", "olga@acme.example").await.len(), 1);
    // The page shows what is wrong with it.
    let page = app.signed_in("acme", "olga@acme.example").await.get(HOME).await;
    assert!(page.html.contains("There is no gone in this mail"), "{}", page.html);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_organization_writes_by_anothers_template_or_sees_it() {
    let (app, olga, _) = shop().await;
    let ours = save(&olga, "Acme's own", "{{ message }}").await.body["id"].as_str().expect("an id").to_owned();
    let brink = app.server.app.ids.next();
    app.organization(brink, "brink", "Brink").await;
    app.member(brink, "Bo", "bo@brink.example", Role::Owner).await;
    app.customer(brink, "Dana", "dana@brink.example").await;
    let bo = app.sign_in("brink", "bo@brink.example").await;
    let ticket = app.sign_in("brink", "dana@brink.example").await.post("/tickets", json!({"title": "Roof"})).await;
    say(&bo, ticket.body["id"].as_str().expect("an id"), "Hello").await;
    let mail = newest(&app, &bo, KIND).await;
    assert_eq!((&mail["subject"], &mail["template_version"]), (&json!("Bo: comment on Roof"), &json!(null)));
    assert_eq!(bo.get(&format!("/mail-template-versions/{ours}")).await.status, 404);
    assert_eq!(bo.post(&format!("/mail-template-versions/{ours}/restoration"), json!({})).await.status, 404);
    let theirs = bo.get("/mail-templates").await.body;
    assert!(theirs["items"].as_array().expect("items").iter().all(|template| template["own"] == false), "{theirs}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_who_may_change_the_settings_writes_templates() {
    let (app, _, _) = shop().await;
    app.member(app.acme, "Ada", "ada@acme.example", Role::Admin).await;
    for who in ["ada@acme.example", "cleo@berg.example"] {
        let actor = app.sign_in("acme", who).await;
        let preview = json!({"kind": KIND, "subject": "Hello", "body": "x"});
        for answer in [
            save(&actor, "Hello", "x").await,
            actor.get("/mail-templates").await,
            actor.get(&format!("/mail-template-versions?kind={KIND}")).await,
            actor.post("/mail-templates/preview", preview).await,
        ] {
            assert_eq!((answer.status, answer.code()), (403, "permission.missing"), "{who}");
        }
        let reader = app.signed_in("acme", who).await;
        assert_eq!(reader.get(HOME).await.status, 403);
        assert_eq!(reader.post(HOME, &[("subject", "Hello"), ("body", "x"), ("do", "preview")]).await.status, 403);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_shows_a_mail_before_it_is_saved_and_keeps_what_is_being_written() {
    let (app, olga, _) = shop().await;
    let reader = app.signed_in("acme", "olga@acme.example").await;
    let list = reader.get("/acme/settings/mail-templates").await;
    assert!(list.html.contains("A comment on a ticket") && list.html.contains("As it comes"), "{}", list.html);
    let fields =
        [("version", "0"), ("subject", "Look"), ("body", "Dear {{ person }}\r\n\r\n{{ message }}"), ("do", "preview")];
    let looked = reader.post(HOME, &fields).await;
    assert_eq!((looked.status, looked.location()), (303, "/acme/settings/mail-templates/ticket.commented#preview"));
    let page = reader.get(HOME).await;
    for seen in [
        "You have not saved this yet",
        "value=\"Look\"",
        "Dear {{ person }}",
        "How it would look",
        "I have ordered a new drum.",
    ] {
        assert!(page.html.contains(seen), "{seen}: {}", page.html);
    }
    let framed = reader.get(&format!("{HOME}/mail")).await;
    assert!(
        framed.html.contains("Dear Cleo Berg")
            && framed.html.contains("I have ordered a new drum.<br>It comes on Monday."),
        "{}",
        framed.html
    );
    let policy =
        framed.headers.get("content-security-policy").and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"), "{policy}");
    // Nothing is said by it yet, and nobody else sees it.
    assert_eq!(olga.get("/mail-templates").await.body["items"][2]["own"], json!(false));
    app.member(app.acme, "Otto", "otto@acme.example", Role::Owner).await;
    let other = app.signed_in("acme", "otto@acme.example").await;
    assert!(!other.get(HOME).await.html.contains("You have not saved this yet"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_the_page_what_is_wrong_stands_beside_its_field_and_who_is_late_loses_nothing() {
    let (app, _, _) = shop().await;
    let reader = app.signed_in("acme", "olga@acme.example").await;
    app.member(app.acme, "Otto", "otto@acme.example", Role::Owner).await;
    let other = app.signed_in("acme", "otto@acme.example").await;
    let wrong = [("version", "0"), ("subject", "Look"), ("body", "Dear\n{{ persn }}"), ("do", "preview")];
    reader.post(HOME, &wrong).await;
    let page = reader.get(HOME).await;
    assert!(
        page.html.contains("id=\"body-note\">Line 2, letter 4: There is no persn")
            && !page.html.contains("How it would look"),
        "{}",
        page.html
    );
    let refused =
        reader.post(HOME, &[("version", "0"), ("subject", "Look"), ("body", "{{ persn }}"), ("do", "save")]).await;
    assert!(
        refused.status == 422 && refused.html.contains("id=\"body-note\">Line 1, letter 4: There is no persn"),
        "{}",
        refused.html
    );
    let saved = reader
        .post(HOME, &[("version", "0"), ("subject", "Look"), ("body", "Dear {{ person }}"), ("do", "save")])
        .await;
    assert_eq!((saved.status, saved.location()), (303, HOME), "{}", saved.html);
    let page = reader.get(HOME).await;
    assert!(
        page.html.contains("Yours, version 1") && !page.html.contains("You have not saved this yet"),
        "{}",
        page.html
    );
    // Who had the page open meanwhile is told, and loses nothing.
    let late =
        other.post(HOME, &[("version", "0"), ("subject", "Mine"), ("body", "Late {{ person }}"), ("do", "save")]).await;
    assert!(
        late.status == 422
            && late.html.contains("Somebody saved version 1 meanwhile")
            && late.html.contains("Late {{ person }}"),
        "{}",
        late.html
    );
    let gone = reader.post(&format!("{HOME}/as-it-comes"), &[("version", "1")]).await;
    assert_eq!(gone.status, 303, "{}", gone.html);
    let page = reader.get(HOME).await.html;
    assert!(page.contains("Bring back") && page.contains("As it comes") && page.contains("by Olga Ek"), "{page}");
}
