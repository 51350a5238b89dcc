//! The list of tickets understands what the search understands.

use kernel::Role;
use serde_json::json;

use crate::pages_at_hand::{opened, sees, sees_not, shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_of_tickets_finds_what_the_search_finds_by_the_same_words() {
    let (app, cleo) = shop().await;
    let north = app.customer(app.acme, "Lumière Nord", "nord@lumiere.example").await;
    app.grant_hours(app.acme, north, 9, "nine").await;
    let leaks = opened(&app, cleo, "The roof leaks", "Low").await;
    let down = opened(&app, north, "The fence is down", "Urgent").await;
    let running = down.rsplit('-').next().expect("a running number").to_owned();
    let short = running.trim_start_matches('0').to_owned();
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let api = app.olga().await;
    assert!(api.post(&format!("/tickets/{leaks}/start"), json!({})).await.status < 300);
    let lines = [running.clone(), short, format!("%23{running}"), "Lumière".to_owned(), "lumiere".to_owned()];
    let narrowed =
        ["customer:nord", "status:pending", "priority:urgent fence", "status:open%20fence"].map(str::to_owned);
    for line in lines.iter().chain(&narrowed) {
        for order in ["", "&sort=priority"] {
            let page = olga.get(&format!("/acme/tickets?q={line}{order}")).await;
            sees(&page, "The fence is down");
            sees_not(&page, "The roof leaks");
            sees(&page, "1 ticket,");
        }
        sees(&olga.get(&format!("/acme/search?q={line}")).await, "The fence is down");
        let read = api.get(&format!("/tickets?q={line}")).await;
        assert_eq!(read.body["items"].as_array().map(Vec::len), Some(1), "{line}: {}", read.body);
        assert_eq!(read.body["items"][0]["id"], down.as_str());
    }
    // What is not understood is said, as in a search.
    for (line, said) in [("customer:nobody", "No customer is called"), ("status:done", "status:done is none of")] {
        sees(&olga.get(&format!("/acme/tickets?q={line}")).await, said);
        sees(&olga.get(&format!("/acme/search?q={line}")).await, said);
    }
    // One's own are found by assignee:me, and a customer finds nothing of another one's.
    app.member(app.acme, "Dev", "dev@acme.example", Role::Developer).await;
    let dev = app.signed_in("acme", "dev@acme.example").await;
    sees(&dev.get("/acme/tickets?q=assignee:me").await, "No ticket fits");
    let theirs = app.signed_in("acme", "cleo@berg.example").await;
    for line in [running.as_str(), "Nord", "customer:nord"] {
        sees_not(&theirs.get(&format!("/acme/tickets?q={line}")).await, "The fence is down");
    }
}
