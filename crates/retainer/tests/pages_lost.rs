//! Addresses that name nothing because their bytes are no words: they are answered as any other that there is not.

use testkit::TestApp;

use crate::door_pages::routes;

/// What is no UTF-8 where a name stands.
const NO_WORD: &str = "%ff";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_are_no_words_in_the_address_of_a_page_are_its_one_error_page() {
    let app = TestApp::start().await;
    let olga = app.signed_in("acme", "olga@acme.example").await;
    let mut tried = 0;
    for route in routes() {
        let named = route.address.replacen("{organization}", "acme", 1);
        let segments = named.split('/').map(|segment| if segment.starts_with('{') { NO_WORD } else { segment });
        let path = segments.collect::<Vec<_>>().join("/");
        if path == named {
            continue;
        }
        tried += 1;
        let answer = if route.posts { olga.post(&path, &[("once", "k1")]).await } else { olga.get(&path).await };
        assert_eq!(answer.status, 404, "{route:?}: {}", answer.html);
        assert!(
            answer.html.starts_with("<!DOCTYPE html>") && answer.html.contains("Sign out"),
            "{route:?}: {}",
            answer.html
        );
    }
    assert!(tried > 40, "only {tried} pages name a thing");
    for path in ["/%ff", "/%ff/tickets", "/%ff/sign-in", "/setup/%ff", "/acme/shared-balance/%ff", "/acme/reset/%ff"] {
        let answer = app.reader().get(path).await;
        assert!(answer.status == 404 && answer.html.starts_with("<!DOCTYPE html>"), "{path}: {}", answer.html);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rubbish_behind_an_address_is_answered_with_a_page() {
    let app = TestApp::start().await;
    let (olga, guest) = (app.signed_in("acme", "olga@acme.example").await, app.reader());
    let rubbish =
        "?to=%ff&late=maybe&after=%ff&q=%00&sort=%ff&status=%ff&state=%ff&from=x&to=y&customer=%ff&assignee=%ff&=&&%";
    for route in routes().into_iter().filter(|route| !route.posts) {
        let path = route.address.replacen("{organization}", "acme", 1);
        if path.contains('{') {
            continue;
        }
        for reader in [&olga, &guest] {
            let answer = reader.get(&format!("{path}{rubbish}")).await;
            assert!(answer.status < 500, "{path}: {} {}", answer.status, answer.html);
            let refused = answer.status >= 400;
            assert!(
                !refused || answer.html.starts_with("<!DOCTYPE html>"),
                "{path}: {} {}",
                answer.status,
                answer.html
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_are_told_as_programs_that_such_an_address_names_nothing() {
    let app = TestApp::start().await;
    let olga = app.olga().await;
    for path in
        ["/tickets/%ff", "/tickets/%ff/comments", "/customers/%ff", "/invoices/%ff", "/attachments/%ff", "/mails/%ff"]
    {
        let answer = olga.get(path).await;
        assert_eq!((answer.status, answer.code()), (404, "request.not_found"), "{path}: {}", answer.body);
    }
    let entry = olga.delete("/tickets/%ff/time-entries/%ff").await;
    assert_eq!((entry.status, entry.code()), (404, "ticket.not_found"), "{}", entry.body);
}
