//! The SQL contract of the consulting dialect, as a login of an organization sees it.

mod docs;
mod document;
mod estimates;
mod figures;
mod held;
mod logins;
mod lookups;
mod odd;
mod plans;
mod routes;
mod shape;
mod tricks;
mod upgrade;

use kernel::id::{CustomerId, Id, OrganizationId};
use kernel::{Actor as Who, Clock, Role};
use retainer::contracts::{self, Grant};
use serde_json::{Value, json};
use testkit::{Actor, PASSWORD, TestApp};
use tokio_postgres::{Client, SimpleQueryMessage};

/// A server whose clock shows the time of the database, because the contract's views ask that one.
pub(crate) async fn server() -> TestApp {
    let app = TestApp::start().await;
    app.clock.set(Clock::system().now());
    app
}

/// A connection as a fresh login of an organization.
pub(crate) async fn login(app: &TestApp, organization: OrganizationId, name: &str) -> Client {
    connect(&url(app, organization, name).await).await.expect("a session")
}

/// The connection string of a fresh login.
pub(crate) async fn url(app: &TestApp, organization: OrganizationId, name: &str) -> String {
    let wanted = Grant { dialect: "consulting", login: name.parse().expect("a name") };
    contracts::grant(&app.server.app, organization, Who::system("test"), wanted).await.expect("a login").url
}

pub(crate) async fn connect(url: &str) -> Result<Client, runtime::Error> {
    runtime::db::connect(&url.parse().expect("a connection string")).await
}

/// All rows of all statements as text, a line a row.
pub(crate) async fn text(client: &Client, statement: &str) -> Result<String, tokio_postgres::Error> {
    let mut lines = Vec::new();
    for message in client.simple_query(statement).await? {
        if let SimpleQueryMessage::Row(row) = message {
            let fields = (0..row.len()).map(|at| row.get(at).unwrap_or("∅"));
            lines.push(fields.collect::<Vec<_>>().join(" | "));
        }
    }
    Ok(lines.join("\n"))
}

/// The same, which must work.
pub(crate) async fn shown(client: &Client, statement: &str) -> String {
    text(client, statement).await.unwrap_or_else(|error| panic!("{statement}: {error:?}"))
}

/// A business with a customer, a plan, tickets, bills and kept rows; whatever can hold a word holds this business's.
pub(crate) struct Business {
    pub(crate) organization: OrganizationId,
    pub(crate) owner: Actor,
    pub(crate) customer: CustomerId,
    pub(crate) plan: String,
}

impl Business {
    pub(crate) async fn new(app: &TestApp, organization: OrganizationId, slug: &str, word: &str) -> Self {
        let address = format!("boss@{word}.example");
        app.member(organization, &format!("Boss {word}"), &address, Role::Owner).await;
        let owner = app.nobody();
        let wanted = json!({"organization": slug, "email": address, "password": PASSWORD});
        let owner = owner.with_token(made(&owner, "/session-tokens", wanted).await["token"].as_str().expect("a token"));
        let customer =
            app.customer(organization, &format!("Customer {word}"), &format!("customer@{word}.example")).await;
        let terms = json!({"price": {"amount": "450.00", "currency": "USD"}, "period": "month", "quantity": "10"});
        let plan = made(&owner, "/plans", json!({"name": format!("Plan {word}"), "terms": terms})).await["id"].clone();
        let plan = plan.as_str().expect("an id").to_owned();
        Self { organization, owner, customer, plan }
    }

    /// A subscription that is paid, a top-up, an open and a completed ticket with comments, and rows kept from an import.
    pub(crate) async fn lively(app: &TestApp, organization: OrganizationId, slug: &str, word: &str) -> Self {
        let business = Self::new(app, organization, slug, word).await;
        business.subscribe().await;
        let customer = business.customer.to_string();
        let price = json!({"amount": "90.00", "currency": "USD"});
        let top_up = json!({"customer": customer, "quantity": "2", "price": price, "pay_now": true});
        made(&business.owner, "/top-ups", top_up).await;
        let portal = app.sign_in(slug, &format!("customer@{word}.example")).await;
        for (title, hours) in [("open", "1.5"), ("done", "3")] {
            let wanted =
                json!({"title": format!("{title} {word}"), "details": format!("details {word}"), "hours": hours});
            let ticket = made(&portal, "/tickets", wanted).await["id"].as_str().expect("an id").to_owned();
            let said = json!({"message": format!("said {word}")});
            made(&business.owner, &format!("/tickets/{ticket}/comments"), said.clone()).await;
            made(&portal, &format!("/tickets/{ticket}/comments"), said).await;
            let note = json!({"message": format!("note {word}"), "internal": true});
            made(&business.owner, &format!("/tickets/{ticket}/comments"), note).await;
            if title == "done" {
                made(&business.owner, &format!("/tickets/{ticket}/completion"), json!({"hours": "2"})).await;
            }
        }
        business.keep(app, word).await;
        business
    }

    pub(crate) async fn subscribe(&self) -> Value {
        let wanted = json!({"customer": self.customer.to_string(), "plan": self.plan});
        let subscription = made(&self.owner, "/subscriptions", wanted).await;
        let invoice = subscription["open_invoice"].as_str().expect("a bill");
        let amount = self.owner.get(&format!("/invoices/{invoice}")).await.body["invoice"]["total"].clone();
        made(&self.owner, "/payments", json!({"invoice": invoice, "amount": amount})).await;
        subscription
    }

    /// Rows of every documented table that were imported and became nothing.
    async fn keep(&self, app: &TestApp, word: &str) {
        let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
        let run = app.server.app.ids.next::<CustomerId>().uuid();
        let organization = self.organization.as_uuid();
        let begin = "insert into import_runs (organization_id, id, source, state, started_at) values ($1, $2, 'consulting', 'running', now())";
        owner.execute(begin, &[organization, &run]).await.expect("a run");
        for (kind, id, row) in kept(word, &app.server.app.ids.next::<CustomerId>().uuid().to_string()) {
            let write =
                "insert into external_refs (organization_id, source, kind, source_id, row, hidden, digest, run_id, imported_at)
                 values ($1, 'consulting', $2, $3, $4::jsonb - 'password_hash',
                    $4 - array(select jsonb_object_keys($4 - 'password_hash')), '', $5, now())";
            owner.execute(write, &[organization, &kind, &id, &row, &run]).await.expect("a kept row");
        }
    }
}

/// A row of each documented table.
fn kept(word: &str, user: &str) -> Vec<(&'static str, String, Value)> {
    let at = "2025-03-01T10:00:00";
    vec![
        (
            "users_consulting",
            user.to_owned(),
            json!({"id": user, "name": format!("Kept {word}"), "email": format!("kept@{word}.example"),
                "password_hash": format!("$2b$10${word}"), "role": "customer", "created_at": at}),
        ),
        (
            "subscriptions_consulting",
            "7".into(),
            json!({"id": 7, "user_id": user, "plan_name": format!("plan {word}"), "hours_allocated": 10.00,
                "hours_remaining": -2.50, "status": "frozen", "start_date": at, "end_date": at}),
        ),
        (
            "billing_consulting",
            "8".into(),
            json!({"id": 8, "user_id": null, "invoice_number": format!("INV {word}"), "amount": 12.34, "status": "paid",
                "stripe_charge_id": format!("ch_{word}"), "billing_type": "topup", "created_at": at, "paid_at": at}),
        ),
        (
            "tickets_consulting",
            "9".into(),
            json!({"id": 9, "ticket_id": format!("TKT-{word}"), "user_id": null, "title": format!("kept {word}"),
                "details": null, "status": "Waiting", "request_priority": "ASAP", "dedicate_hours": 1.25, "created_at": at}),
        ),
        (
            "ticket_comments_consulting",
            "10".into(),
            json!({"id": 10, "ticket_id": 9, "user_id": user, "usertype": "robot", "message": format!("kept {word}"),
                "created_at": null}),
        ),
        (
            "notifications_consulting",
            "11".into(),
            json!({"id": 11, "sender_id": user, "recipient_id": user, "ticket_id": 404, "type": "status",
                "message": format!("kept {word}"), "role": "admin", "is_read": null, "created_at": at}),
        ),
        (
            "webhook_events",
            "12".into(),
            json!({"id": 12, "event_id": format!("evt_{word}"), "status": "processing", "created_at": at,
                "processed_at": null, "updated_at": null}),
        ),
    ]
}

/// POSTs what must succeed.
pub(crate) async fn made(actor: &Actor, path: &str, body: Value) -> Value {
    let answer = actor.post(path, body.clone()).await;
    assert!(matches!(answer.status, 200 | 201), "POST {path} {body}: {} {}", answer.status, answer.body);
    answer.body
}

/// The documented relations.
pub(crate) const TABLES: [&str; 7] = [
    "users_consulting",
    "subscriptions_consulting",
    "billing_consulting",
    "tickets_consulting",
    "ticket_comments_consulting",
    "notifications_consulting",
    "webhook_events",
];

/// A fixture of the documented system.
pub(crate) fn fixture(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/consulting").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
