//! Somebody who listens to a stream of events.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use testkit::Actor;

/// What a stream said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) id: i64,
    pub(super) what: String,
    pub(super) subject: String,
}

/// Somebody who listens.
pub(super) struct Ear {
    pub(super) response: Response,
    text: String,
}

/// Longer than anything takes that is on its way; shorter than the heartbeat.
const SOON: Duration = Duration::from_secs(6);

impl Ear {
    pub(super) async fn open(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert!(response.headers().get("content-encoding").is_none());
        Self { response, text: String::new() }
    }

    pub(super) async fn of(actor: &Actor) -> Self {
        let mut ear = Self::open(actor.request(Method::GET, "/events")).await;
        assert_eq!(ear.next().await.expect("a greeting").what, "ready");
        ear
    }

    /// Goes on after a number, as a client does whose connection was lost.
    pub(super) async fn after(actor: &Actor, id: &str) -> (Self, Heard) {
        let mut ear = Self::open(actor.request(Method::GET, "/events").header("last-event-id", id)).await;
        let greeting = ear.next().await.expect("a greeting");
        (ear, greeting)
    }

    /// The next event; none when the stream has ended.
    pub(super) async fn next(&mut self) -> Option<Heard> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
                    line.map(|value| value.trim().to_owned())
                };
                let (id, what, data) = (field("id"), field("event"), field("data"));
                self.text = rest.to_owned();
                let Some(what) = what else { continue };
                let data: Value = serde_json::from_str(&data.expect("data")).expect("JSON");
                let id = id.expect("an id").parse().expect("a number");
                return Some(Heard { id, what, subject: data["subject"].as_str().unwrap_or_default().to_owned() });
            }
            let chunk = tokio::time::timeout(SOON, self.response.chunk()).await.expect("something within the time");
            self.text.push_str(&String::from_utf8_lossy(&chunk.ok()??));
        }
    }

    pub(super) async fn expect(&mut self, what: &str, subject: &str) -> i64 {
        let heard = self.next().await.expect("an event");
        assert_eq!((heard.what.as_str(), heard.subject.as_str()), (what, subject));
        heard.id
    }
}
