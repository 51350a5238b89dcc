//! Clients that write and remember what they were promised.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Somebody with a token.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    token: String,
}

/// What they were told.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) body: Value,
}

impl Client {
    pub(crate) fn new(url: &str, token: &str) -> Self {
        Self { http: reqwest::Client::new(), url: url.to_owned(), token: token.to_owned() }
    }

    pub(crate) async fn post(&self, path: &str, key: &str, body: &Value) -> Result<Answer, reqwest::Error> {
        let request = self.http.post(format!("{}{path}", self.url)).header("idempotency-key", key).json(body);
        self.send(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.http.get(format!("{}{path}", self.url))).await.expect("an answer")
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Answer, reqwest::Error> {
        let request = if self.token.is_empty() { request } else { request.bearer_auth(&self.token) };
        let response = request.send().await?;
        let location = response.headers().get("location").and_then(|to| to.to_str().ok()).map(str::to_owned);
        let status = response.status().as_u16();
        let text = response.text().await?;
        Ok(Answer { status, location, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) })
    }
}

/// One thing to write, under a key of its own.
#[derive(Clone, Debug)]
struct Wish {
    path: String,
    key: String,
    body: Value,
}

/// An acknowledged wish.
struct Promise {
    wish: Wish,
    status: u16,
    /// Where what came of it can be seen.
    place: String,
    shown: Value,
}

/// What was promised, and what may or may not have happened.
#[derive(Default)]
pub(crate) struct Written {
    promised: Vec<Promise>,
    unanswered: Vec<Wish>,
}

/// What clients do.
#[derive(Clone)]
pub(crate) enum Work {
    /// New customers, tickets, comments.
    Desk,
    /// Hours sold, held and used, of these customers; the number tells one shift's wishes from another's.
    Shop(Arc<Vec<String>>, usize),
}

/// Clients at work.
pub(crate) struct Writers {
    tasks: JoinSet<Written>,
    stop: CancellationToken,
    count: Arc<(AtomicUsize, Notify)>,
}

impl Writers {
    /// Starts so many clients.
    pub(crate) fn start(client: &Client, clients: usize) -> Self {
        Self::start_at(client, clients, &Work::Desk)
    }

    /// Starts so many clients who do this.
    pub(crate) fn start_at(client: &Client, clients: usize, work: &Work) -> Self {
        let (stop, count) = (CancellationToken::new(), Arc::new((AtomicUsize::new(0), Notify::new())));
        let mut tasks = JoinSet::new();
        for number in 0..clients {
            tasks.spawn(write(client.clone(), (number, work.clone()), stop.clone(), Arc::clone(&count)));
        }
        Self { tasks, stop, count }
    }

    /// Waits until so many more writes have been acknowledged.
    pub(crate) async fn acknowledged_more(&self, more: usize) {
        let wanted = self.count.0.load(Ordering::SeqCst) + more;
        while self.count.0.load(Ordering::SeqCst) < wanted {
            self.count.1.notified().await;
        }
    }

    /// Ends them and takes their notes.
    pub(crate) async fn stop(self) -> Written {
        self.stop.cancel();
        let mut all = Written::default();
        for written in self.tasks.join_all().await {
            all.promised.extend(written.promised);
            all.unanswered.extend(written.unanswered);
        }
        all
    }
}

async fn write(
    client: Client,
    (number, work): (usize, Work),
    stop: CancellationToken,
    count: Arc<(AtomicUsize, Notify)>,
) -> Written {
    let (mut written, mut known) = (Written::default(), Known::default());
    let mut turn = 0;
    while !stop.is_cancelled() {
        turn += 1;
        let wish = match &work {
            Work::Desk => wish(number, turn, &mut known),
            Work::Shop(customers, shift) => sale((shift * 10 + number, turn), customers, &mut known),
        };
        match client.post(&wish.path, &wish.key, &wish.body).await {
            Ok(Answer { status: status @ (200 | 201), location, body }) => {
                known.learn(&wish, &body);
                // A change of state is seen on the thing itself.
                let step = |path: &str| path.trim_end_matches("/rejection").trim_end_matches("/completion").to_owned();
                let place = location.unwrap_or_else(|| step(&wish.path));
                written.promised.push(Promise { wish, status, place, shown: body });
                count.0.fetch_add(1, Ordering::SeqCst);
                count.1.notify_one();
            }
            // Nothing else is an honest answer to a good wish: no 500, no refusal.
            Ok(Answer { status, body, .. }) => {
                assert_eq!(status, 503, "{wish:?}: {body}");
                written.unanswered.push(wish);
            }
            Err(_) => {
                written.unanswered.push(wish);
                // The server is away; a client that cannot connect pauses before it tries again.
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        }
    }
    written
}

/// Kinds of writes, in turns: a customer, hours bought and paid at once, a ticket that holds some of them, what is said
/// on it, its end (every other one uses hours, the others give them back), hours bought on a bill, the payment of it.
fn wish(number: usize, turn: usize, known: &mut Known) -> Wish {
    let key = format!("crash-{number}-{turn}");
    let wish = |path: &str, body: Value| Wish { path: format!("/api/v1{path}"), key, body };
    let price = json!({ "amount": "90.00", "currency": "USD" });
    let top_up = json!({ "customer": known.customer, "quantity": "5.00", "price": price });
    match (turn % 7, &known.customer, known.has_hours, &known.ticket, &known.invoice) {
        (2, Some(_), ..) => {
            let mut paid = top_up;
            paid["pay_now"] = json!(true);
            wish("/top-ups", paid)
        }
        (3, Some(customer), true, ..) => {
            let title = format!("Ticket {number}-{turn} 株式会社");
            wish("/tickets", json!({ "customer": customer, "title": title, "priority": "High", "hours": "2.00" }))
        }
        (4, _, _, Some(ticket), _) => {
            wish(&format!("/tickets/{ticket}/comments"), json!({ "message": format!("Said in turn {turn}") }))
        }
        (5, _, _, Some(ticket), _) => {
            let (path, body) = match turn % 2 {
                0 => (format!("/tickets/{ticket}/completion"), json!({ "hours": "1.50" })),
                _ => (format!("/tickets/{ticket}/rejection"), json!({ "reason": format!("Turn {turn} decided so") })),
            };
            known.ticket = None;
            wish(&path, body)
        }
        (6, Some(_), ..) => wish("/top-ups", top_up),
        (0, _, _, _, Some(invoice)) => {
            let body = json!({ "invoice": invoice, "amount": price });
            known.invoice = None;
            wish("/payments", body)
        }
        _ => wish("/customers", json!({ "name": format!("Customer {number}-{turn} Ærø") })),
    }
}

/// Money and hours, in turns: an hour is bought and paid, two are held, one of them is used.
fn sale((number, turn): (usize, usize), customers: &[String], known: &mut Known) -> Wish {
    let customer = &customers[(number * 7 + turn) % customers.len()];
    let key = format!("sale-{number}-{turn}");
    let wish = |path: String, body: Value| Wish { path, key, body };
    match (turn % 3, known.ticket.take()) {
        (0, Some(ticket)) => wish(format!("/api/v1/tickets/{ticket}/completion"), json!({ "hours": "1.00" })),
        (2, _) => wish("/api/v1/tickets".to_owned(), json!({ "customer": customer, "title": "Work", "hours": "2.00" })),
        _ => {
            let price = json!({ "amount": "50.00", "currency": "USD" });
            let body = json!({ "customer": customer, "quantity": "1.00", "price": price, "pay_now": true });
            wish("/api/v1/top-ups".to_owned(), body)
        }
    }
}

/// What a client can go on with.
#[derive(Default)]
struct Known {
    customer: Option<String>,
    has_hours: bool,
    ticket: Option<String>,
    invoice: Option<String>,
}

impl Known {
    fn learn(&mut self, wish: &Wish, shown: &Value) {
        let id = shown["id"].as_str().map(str::to_owned);
        match wish.path.as_str() {
            "/api/v1/customers" => *self = Self { customer: id, ..Self::default() },
            "/api/v1/top-ups" if wish.body["pay_now"] == true => self.has_hours = true,
            "/api/v1/top-ups" => self.invoice = shown["invoice"].as_str().map(str::to_owned),
            "/api/v1/tickets" => self.ticket = id,
            _ => {}
        }
    }
}

impl Written {
    /// Everything that was promised can be read and is as it was shown.
    pub(crate) async fn is_there(&self, client: &Client) {
        assert!(!self.promised.is_empty());
        for Promise { wish, place, shown, .. } in &self.promised {
            let found = client.get(place).await;
            assert_eq!(found.status, 200, "{wish:?} was promised at {place}: {}", found.body);
            let found = match found.body["items"].as_array() {
                Some(items) => items.iter().find(|item| item["id"] == shown["id"]).cloned().unwrap_or_default(),
                None => found.body,
            };
            assert_eq!(found["id"], shown["id"], "{wish:?} was promised at {place}");
            if wish.path.ends_with("/rejection") {
                assert_eq!(found["status"], "rejected", "{wish:?}");
            } else if wish.path.ends_with("/completion") {
                let ended = (&found["status"], &found["hours_used"]);
                assert_eq!(ended, (&json!("completed"), &wish.body["hours"]), "{wish:?}");
            } else {
                // How a top-up is paid is seen on its invoice, not on itself.
                let own = wish.body.as_object().expect("fields").iter();
                for (field, value) in own.filter(|(field, _)| !["price", "pay_now"].contains(&field.as_str())) {
                    assert_eq!(&found[field], value, "{wish:?}");
                }
                if wish.body["pay_now"] == true {
                    assert!(found["granted_at"].is_string(), "what was paid is granted: {found}");
                }
            }
        }
    }

    /// Of what was written, each kind is there: a test of hours that wrote none would prove nothing.
    pub(crate) fn is_mixed(&self) {
        for kind in ["/customers", "/top-ups", "/tickets", "/comments", "/completion", "/rejection", "/payments"] {
            assert!(self.promised.iter().any(|promise| promise.wish.path.ends_with(kind)), "no {kind} was written");
        }
    }

    /// How many hours were bought for a customer, counting each wish once.
    pub(crate) fn bought(&self, customer: &str) -> usize {
        let wishes = self.promised.iter().map(|promise| &promise.wish).chain(&self.unanswered);
        wishes.filter(|wish| wish.path.ends_with("/top-ups") && wish.body["customer"] == customer).count()
    }

    /// Takes another's notes too.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.promised.extend(other.promised);
        self.unanswered.extend(other.unanswered);
        self
    }

    /// Whoever got no answer asks again under the same key, twice, and has one thing; and what was promised is
    /// promised again, not done again.
    pub(crate) async fn repeating_it_does_it_once(&self, client: &Client) {
        for wish in &self.unanswered {
            let first = client.post(&wish.path, &wish.key, &wish.body).await.expect("an answer");
            let second = client.post(&wish.path, &wish.key, &wish.body).await.expect("an answer");
            assert!(matches!(first.status, 200 | 201), "{wish:?}: {} {}", first.status, first.body);
            assert_eq!((first.status, &first.body["id"]), (second.status, &second.body["id"]), "{wish:?}");
        }
        for Promise { wish, status, shown, .. } in &self.promised {
            let again = client.post(&wish.path, &wish.key, &wish.body).await.expect("an answer");
            assert_eq!((again.status, &again.body["id"]), (*status, &shown["id"]), "{wish:?}");
        }
    }
}
