//! The pages of tickets, notifications and the audit trail.

use kernel::Role;
use testkit::{PageAnswer, Reader};

use super::{HOUR, Shop, items, opened, step};
use serde_json::json;

/// What is typed into a form.
type Fields<'a> = &'a [(&'a str, &'a str)];

async fn sent(reader: &Reader, page: &str, to: &str, fields: Fields<'_>) -> PageAnswer {
    let once = reader.get(page).await.once();
    let mut all = vec![("once", once.as_str())];
    all.extend_from_slice(fields);
    reader.post(to, &all).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_opens_a_ticket_on_the_page_and_staff_complete_it() {
    let shop = Shop::start().await;
    let cleo = shop.app.signed_in("acme", "cleo@berg.example").await;
    let new = cleo.get("/acme/tickets/new").await;
    assert_eq!(new.status, 200, "{}", new.html);
    assert!(new.html.contains("10:00") && !new.html.contains("name=\"customer\""), "{}", new.html);
    let fields = [("title", "Läckan & <b>taket</b>"), ("details", ""), ("priority", "High"), ("hours", "11")];
    let refused = sent(&cleo, "/acme/tickets/new", "/acme/tickets", &fields).await;
    assert_eq!(refused.status, 422);
    assert!(refused.html.contains("only 10:00 h are left") && refused.html.contains("Läckan &amp; &lt;b&gt;taket"));
    let fields = [("title", "Läckan & <b>taket</b>"), ("details", ""), ("priority", "High"), ("hours", "3")];
    let done = sent(&cleo, "/acme/tickets/new", "/acme/tickets", &fields).await;
    assert_eq!((done.status, done.location()), (303, "/acme/tickets/TKT-20261120-090000-0001"), "{}", done.html);
    let path = done.location().to_owned();
    assert_eq!(shop.balance().await, (7 * HOUR, 3 * HOUR));
    let amir = shop.app.signed_in("acme", "amir@acme.example").await;
    assert!(amir.get("/acme/tickets").await.html.contains("Läckan &amp; &lt;b&gt;taket&lt;/b&gt;"));
    assert_eq!(sent(&amir, &path, &format!("{path}/start"), &[]).await.status, 303);
    let note = [("message", "They never pay on time"), ("to", "staff")];
    assert_eq!(sent(&amir, &path, &format!("{path}/comments"), &note).await.status, 303);
    let said = [("message", "We come tomorrow"), ("to", "everybody")];
    assert_eq!(sent(&amir, &path, &format!("{path}/comments"), &said).await.status, 303);
    let (seen, own) = (amir.get(&path).await.html, cleo.get(&path).await.html);
    assert!(seen.contains("They never pay") && seen.contains("the customer cannot see this"));
    assert!(own.contains("We come tomorrow") && !own.contains("They never pay"));
    assert!(!own.contains("Reject") && !own.contains("/rejection"));
    assert!(!cleo.get("/acme/notifications").await.html.contains("They never pay"));
    let bad = sent(&amir, &path, &format!("{path}/completion"), &[("used", "1.0000001")]).await;
    assert_eq!(bad.status, 422);
    assert!(bad.html.contains("1.0000001") && bad.html.contains("finer than"));
    let done = sent(&amir, &path, &format!("{path}/completion"), &[("used", "2.5")]).await;
    assert_eq!(done.status, 303, "{}", done.html);
    assert_eq!(shop.balance().await, (75 * HOUR / 10, 0));
    // The same form sent twice does its work once.
    let reopening = [("once", "a-key-of-its-own"), ("again", "1"), ("again_reason", "")];
    for _ in 0..2 {
        assert_eq!(amir.post(&format!("{path}/reopening"), &reopening).await.status, 303);
    }
    assert_eq!(shop.balance().await, (65 * HOUR / 10, HOUR));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_form_of_a_ticket_works_and_keeps_what_was_typed() {
    let shop = Shop::start().await;
    let (api, amir) = (shop.cleo().await, shop.app.signed_in("acme", "amir@acme.example").await);
    let (one, two) = (opened(&api, "One", "1").await, opened(&api, "Two", "2").await);
    let path = format!("/acme/tickets/{one}");
    let good: [(&str, Fields<'_>); 7] = [
        ("hours", &[("wanted", "2"), ("hours_reason", "More")]),
        ("assignment", &[("assignee", "")]),
        ("tags", &[("tags", "roof, vip")]),
        ("changes", &[("title", "One more"), ("details", "Words"), ("priority", "Urgent")]),
        ("time-entries", &[("worked", "0.25"), ("note", ""), ("billable", "true")]),
        ("timer", &[]),
        ("timer-stop", &[]),
    ];
    for (noun, fields) in good {
        let answer = sent(&amir, &path, &format!("{path}/{noun}"), fields).await;
        assert_eq!((answer.status, answer.location()), (303, path.as_str()), "{noun}: {}", answer.html);
    }
    let page = amir.get(&path).await.html;
    for seen in ["One more", "Words", "Urgent", "roof", "vip", "0:15"] {
        assert!(page.contains(seen), "{seen}");
    }
    let bad: [(&str, Fields<'_>, &str); 6] = [
        ("hours", &[("wanted", "many")], "Must be hours and minutes such as 2:30,"),
        ("rejection", &[("reject_reason", " ")], "Must not be empty."),
        ("tags", &[("tags", &"x".repeat(41))], "Each tag must have at most 40 characters."),
        ("merging", &[("into", "TKT-nowhere")], "There is no ticket with this number"),
        ("time-entries", &[("worked", "0")], "Write down a minute (0:01 h) at least"),
        (
            "changes",
            &[("version", "1"), ("title", "Late"), ("priority", "Low")],
            "Somebody changed this ticket meanwhile",
        ),
    ];
    for (noun, fields, said) in bad {
        let answer = sent(&amir, &path, &format!("{path}/{noun}"), fields).await;
        assert_eq!(answer.status, 422, "{noun}");
        assert!(answer.html.contains(said), "{noun}: {}", answer.html);
        assert!(answer.html.contains(fields[fields.len() - 1].1), "{noun} keeps what was typed");
    }
    // The end of the number is enough. It is checked, then asked with the other's title, and nothing is done before.
    let end = two.rsplit('-').next().expect("its end").trim_start_matches('0');
    let asked = sent(&amir, &path, &format!("{path}/merging"), &[("into", end)]).await;
    assert_eq!(asked.status, 422, "{}", asked.html);
    assert!(asked.html.contains("That cannot be taken back.") && asked.html.contains(&two), "{}", asked.html);
    assert!(!amir.get(&path).await.html.contains("was merged into"));
    let itself = [("into", path.rsplit('-').next().expect("its end"))];
    let itself = sent(&amir, &path, &format!("{path}/merging"), &itself).await;
    assert!(itself.html.contains("cannot be merged into itself"), "{}", itself.html);
    let merged = sent(&amir, &path, &format!("{path}/merging"), &[("into", end), ("sure", &two)]).await;
    assert_eq!((merged.status, merged.location()), (303, format!("/acme/tickets/{two}").as_str()), "{}", merged.html);
    assert!(amir.get(&path).await.html.contains("was merged into"));
    assert_eq!(amir.get(&format!("{path}/hours")).await.status, 303);
    assert_eq!(amir.get(&format!("{path}/nonsense")).await.status, 404);
    assert_eq!(amir.get("/acme/tickets/TKT-0").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_across_a_border_show_nothing() {
    let shop = Shop::start().await;
    let id = opened(&shop.cleo().await, "Ours alone", "1").await;
    shop.app.customer(shop.app.acme, "Dora", "dora@d.example").await;
    let dora = shop.app.signed_in("acme", "dora@d.example").await;
    let path = format!("/acme/tickets/{id}");
    assert_eq!(dora.get(&path).await.status, 404);
    for (noun, fields) in
        [("comments", [("message", "Hi")]), ("hours", [("wanted", "2")]), ("changes", [("title", "x")])]
    {
        let answer = dora.post(&format!("{path}/{noun}"), &[fields[0], ("priority", "Low"), ("once", noun)]).await;
        assert_eq!(answer.status, 404, "{noun}");
    }
    assert!(!dora.get("/acme/tickets").await.html.contains("Ours alone"));
    for page in ["/acme/audit", "/acme/tickets/new"] {
        let expected = if page == "/acme/audit" { 403 } else { 200 };
        assert_eq!(dora.get(page).await.status, expected, "{page}");
    }
    assert_eq!(shop.app.reader().get(&path).await.status, 303);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notifications_are_read_and_chosen_on_their_pages() {
    let shop = Shop::start().await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Bell", "1").await;
    step(&cleo, &id, "comments", json!({"message": "Hello?"})).await;
    let reader = shop.app.signed_in("acme", "amir@acme.example").await;
    let page = reader.get("/acme/notifications").await;
    assert!(page.html.contains("New: Bell") && page.html.contains("because you work on tickets"), "{}", page.html);
    let first = amir.get("/notifications").await;
    let first = items(&first)[0]["id"].as_str().expect("an id").to_owned();
    let one = sent(&reader, "/acme/notifications", &format!("/acme/notifications/{first}/read"), &[]).await;
    assert_eq!((one.status, amir.get("/notifications").await.body["unread"].clone()), (303, json!(1)));
    assert_eq!(sent(&reader, "/acme/notifications", "/acme/notifications/read", &[]).await.status, 303);
    assert_eq!(amir.get("/notifications").await.body["unread"], 0);
    let wanted = [("request.in_app", "true"), ("comment.mail", "true")];
    let to = "/acme/notifications/preferences";
    assert_eq!(sent(&reader, to, to, &wanted).await.status, 303);
    let kept = amir.get("/notification-preferences").await.body;
    // Staff are never told of invoices, so their page does not ask about them.
    let asked = kept["preferences"].as_array().expect("preferences").iter().filter(|one| one["kind"] != "invoice");
    assert_eq!(asked.filter(|one| one["enabled"] == json!(true)).count(), 2);
    assert_eq!(reader.get(to).await.html.matches(" checked").count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_page_shows_before_and_after() {
    let shop = Shop::start().await;
    shop.app.member(shop.app.acme, "Dev", "dev@acme.example", Role::Developer).await;
    let (cleo, amir) = (shop.cleo().await, shop.amir().await);
    let id = opened(&cleo, "Traced", "1").await;
    step(&amir, &id, "start", json!({})).await;
    let dev = shop.app.signed_in("acme", "dev@acme.example").await;
    let page = dev.get("/acme/audit?action=ticket&from=2026-11-20&to=2026-11-20&subject=&actor=").await;
    assert_eq!(page.status, 200);
    for seen in ["ticket.started", "in progress", "pending", "Amir", "127.0.0.1"] {
        assert!(page.html.contains(seen), "{seen}: {}", page.html);
    }
    assert!(!page.html.contains("session.opened"));
    assert_eq!(dev.get("/acme/audit?from=nonsense&after=x").await.status, 200);
    let inner =
        page.html.split_once("/acme/audit?subject=tkt_").map(|(_, rest)| &rest[..26]).expect("a link").to_owned();
    assert_eq!(dev.get(&format!("/acme/tickets/tkt_{inner}")).await.location(), format!("/acme/tickets/{id}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_is_found_for_a_new_ticket_among_more_than_a_list_holds() {
    let shop = Shop::start().await;
    let amir = shop.app.signed_in("acme", "amir@acme.example").await;
    let few = amir.get("/acme/tickets/new").await.html;
    assert!(!few.contains("Find the customer"), "with few customers there is nothing to look for");
    let owner = runtime::db::connect(&shop.app.root_config).await.expect("the owner");
    let many = "insert into customers (organization_id, id, name, tags, created_at)
        select $1, gen_random_uuid(), 'Kund ' || lpad(n::text, 4, '0'), '{}', '2026-11-19T00:00:00Z'::timestamptz + n * interval '1 s'
        from generate_series(1, 2500) n";
    use kernel::id::Id;
    owner.execute(many, &[shop.app.acme.as_uuid()]).await.expect("many customers");
    let page = amir.get("/acme/tickets/new").await.html;
    assert!(page.contains("Find the customer") && page.contains("Kund 2500") && !page.contains("Kund 0007"), "{page}");
    let some = amir.get("/acme/tickets/new?find=kund+00").await.html;
    assert!(some.contains("Kund 0007") && some.contains("99 fit"), "{some}");
    let one = amir.get("/acme/tickets/new?find=KUND+0007").await;
    assert!(
        one.html.contains("One fits") && one.html.contains("The customer&#39;s hours")
            || one.html.contains("The customer's hours"),
        "{}",
        one.html
    );
    let chosen = one.html.split("selected>").filter_map(|rest| rest.split('<').next()).collect::<Vec<_>>();
    assert!(chosen.contains(&"Kund 0007"), "{chosen:?}");
    let none = amir.get("/acme/tickets/new?find=nobody+like+this").await.html;
    assert!(none.contains("Nobody fits"), "{none}");
    let value = one.html.split("<option value=\"").find(|rest| rest.contains(">Kund 0007")).expect("an option");
    let id = value.split('"').next().expect("an id").to_owned();
    let once = one.once();
    let fields = [
        ("once", once.as_str()),
        ("customer", &id),
        ("title", "Regn"),
        ("details", ""),
        ("priority", "Low"),
        ("hours", ""),
    ];
    let opened = amir.post("/acme/tickets", &fields).await;
    assert_eq!(opened.status, 303, "{}", opened.html);
    assert!(amir.get(opened.location()).await.html.contains("Kund 0007"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_of_another_day_is_written_down_for_that_day_in_the_persons_zone() {
    let shop = Shop::start().await;
    let id = opened(&shop.cleo().await, "Days", "1").await;
    shop.app.clock.set(testkit::at("2026-11-22T22:30:00Z"));
    let api = shop.amir().await;
    assert_eq!(api.patch("/me", json!({"time_zone": "Pacific/Auckland"})).await.status, 200);
    let amir = shop.app.signed_in("acme", "amir@acme.example").await;
    let (page, to) = (format!("/acme/tickets/{id}"), format!("/acme/tickets/{id}/time-entries"));
    let shown = amir.get(&page).await.html;
    assert!(shown.contains(r#"name="started_at" type="date" value="2026-11-23""#), "today, there: {shown}");
    let write = async |day: &str| sent(&amir, &page, &to, &[("worked", "1:30"), ("started_at", day)]).await;
    for day in ["2026-11-21", "2026-11-23", ""] {
        assert_eq!(write(day).await.status, 303, "{day}");
    }
    let written = api.get(&format!("/tickets/{id}/time-entries")).await;
    let starts: Vec<_> = items(&written).iter().map(|entry| entry["started_at"].clone()).collect();
    assert_eq!(starts, ["2026-11-20T11:00:00Z", "2026-11-22T21:00:00Z", "2026-11-22T21:00:00Z"]);
    for day in ["2026-11-24", "2026-11-01", "yesterday"] {
        let refused = write(day).await;
        assert_eq!(refused.status, 422, "{day}");
        assert!(refused.html.contains("aria-describedby=\"started_at-note\""), "{day}: {}", refused.html);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_is_said_where_one_looks() {
    let shop = Shop::start().await;
    let cleo = shop.cleo().await;
    let (first, second) = (opened(&cleo, "First", "1").await, opened(&cleo, "Second", "1").await);
    let amir = shop.app.signed_in("acme", "amir@acme.example").await;
    let (first, second) = (format!("/acme/tickets/{first}"), format!("/acme/tickets/{second}"));
    assert_eq!(sent(&amir, &first, &format!("{first}/timer"), &[]).await.status, 303);
    let refused = sent(&amir, &second, &format!("{second}/timer"), &[]).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.html.contains("Your timer runs on"),
        "a button without a form says it at the top: {}",
        refused.html
    );
    let refused = sent(&amir, &second, &format!("{second}/completion"), &[("used", "abc")]).await;
    assert!(refused.html.contains("autofocus"), "the browser goes to the field that is wrong: {}", refused.html);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_to_sign_in_first_comes_to_where_they_were_going() {
    let shop = Shop::start().await;
    let stranger = shop.app.reader();
    let asked = stranger.get("/acme/tickets?status=pending&tag=bug").await;
    let door = asked.location().to_owned();
    assert_eq!(door, "/acme/sign-in?to=%2Facme%2Ftickets%3Fstatus%3Dpending%26tag%3Dbug");
    let page = stranger.get(&door).await.html;
    assert!(page.contains("value=\"/acme/tickets?status=pending&amp;tag=bug\""), "{page}");
    let fields = [
        ("email", "amir@acme.example"),
        ("password", testkit::PASSWORD),
        ("to", "/acme/tickets?status=pending&tag=bug"),
    ];
    let entered = stranger.post("/acme/sign-in", &fields).await;
    assert_eq!(entered.location(), "/acme/tickets?status=pending&tag=bug");
    // A form whose session has ended leads back to its page.
    let sent = shop.app.reader().post_from("/acme/tickets/new", "/acme/tickets", &[("title", "Typed")]).await;
    assert_eq!(sent.location(), "/acme/sign-in?to=%2Facme%2Ftickets%2Fnew&late=true", "and says that it is not sent");
    let sent = shop.app.reader().post_from("/bolt/tickets", "/acme/tickets", &[("title", "Typed")]).await;
    assert_eq!(sent.location(), "/acme/sign-in?to=&late=true", "and never to another house");
}
