//! A shop for the tests of money: customers, plans, payments, and what is left.

mod archiving;
mod billing;
mod changes;
mod credit;
mod invoices;
mod orders;
mod pauses;
mod refunds;
mod subscriptions;
mod upgrades;

use jiff::Timestamp;
use retainer::jobs;
use serde_json::{Value, json};
use testkit::{Actor, TestApp};

/// Acme with its owner, and short words for what a shop does.
pub(crate) struct Shop {
    pub(crate) app: TestApp,
    pub(crate) olga: Actor,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let app = TestApp::start().await;
        let olga = app.olga().await;
        // Here years pass, and nobody wants to sign in anew every ninety days.
        let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
        let longer = "update sessions set expires_at = expires_at + interval '20 years'";
        owner.batch_execute(longer).await.expect("a longer session");
        Self { app, olga }
    }

    /// A shop whose days begin elsewhere.
    pub(crate) async fn open_in(zone: &str) -> Self {
        let shop = Self::open().await;
        let owner = runtime::db::connect(&shop.app.root_config).await.expect("the owner");
        owner.execute("update organizations set time_zone = $1", &[&zone]).await.expect("a zone");
        shop
    }

    pub(crate) async fn customer(&self, name: &str) -> String {
        self.made("/customers", json!({"name": name})).await
    }

    /// A plan; `terms` are laid over 10 h a month for $450.
    pub(crate) async fn plan(&self, name: &str, terms: Value) -> String {
        let mut all = json!({"price": {"amount": "450.00", "currency": "USD"}, "period": "month", "quantity": "10"});
        for (key, value) in terms.as_object().expect("terms") {
            all[key] = value.clone();
        }
        self.made("/plans", json!({"name": name, "terms": all})).await
    }

    /// POSTs and returns the new thing's id.
    pub(crate) async fn made(&self, path: &str, body: Value) -> String {
        let answer = self.olga.post(path, body).await;
        assert_eq!(answer.status, 201, "{path}: {}", answer.body);
        answer.body["id"].as_str().expect("an id").to_owned()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.olga.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    /// Starts a plan, and pays for it if it costs something.
    pub(crate) async fn subscribe(&self, customer: &str, plan: &str) -> String {
        let id = self.made("/subscriptions", json!({"customer": customer, "plan": plan})).await;
        self.pay_open(&id).await;
        id
    }

    /// Pays the oldest open invoice of a subscription; the payment's id, if there was one.
    pub(crate) async fn pay_open(&self, subscription: &str) -> Option<String> {
        let seen = self.get(&format!("/subscriptions/{subscription}")).await;
        let invoice = seen["open_invoice"].as_str()?;
        Some(self.pay(invoice).await)
    }

    pub(crate) async fn pay(&self, invoice: &str) -> String {
        let amount = self.get(&format!("/invoices/{invoice}")).await["invoice"]["total"].clone();
        self.made("/payments", json!({"invoice": invoice, "amount": amount})).await
    }

    /// Moves the clock and does what is due.
    pub(crate) async fn go_to(&self, at: &str) {
        let at: Timestamp = at.parse().expect("an instant");
        self.app.clock.set(at);
        jobs::tick(&self.app.server.app).await.expect("the duties");
    }

    /// What a customer has left of hours, `10.00`; `none` where nothing was ever granted.
    pub(crate) async fn left(&self, customer: &str) -> String {
        let balance = self.balance(customer).await;
        balance.account.map_or_else(|| "none".to_owned(), |_| balance.prepaid_left().decimal())
    }

    pub(crate) async fn balance(&self, customer: &str) -> retainer::ledger::Balance {
        use retainer::ledger::{Owner, find};
        let who = kernel::Actor::system("test");
        let app = &self.app.server.app;
        let tx = app.begin(self.app.acme, who, runtime::tx::Access::Read).await.expect("a transaction");
        let owner = Owner::Customer(customer.parse().expect("a customer"));
        find::balance(&tx, owner, kernel::Unit::Hour).await.expect("a balance")
    }

    pub(crate) async fn subscription(&self, id: &str) -> Value {
        self.get(&format!("/subscriptions/{id}")).await
    }

    /// Uses hours of a customer, as a finished ticket would.
    pub(crate) async fn use_hours(&self, customer: &str, hours: i64) {
        use kernel::{Actor as Who, Quantity};
        use retainer::ledger::{self, Consume, Key, Owner, Subject};
        let app = &self.app.server.app;
        let tx =
            app.begin(self.app.acme, Who::system("test"), runtime::tx::Access::Write).await.expect("a transaction");
        let input = Consume {
            owner: Owner::Customer(customer.parse().expect("a customer")),
            amount: Quantity::hours(hours),
            subject: Subject::new("test", app.ids.next::<kernel::id::TicketId>()),
            key: Key::new(app.ids.next::<kernel::id::TicketId>().to_string()),
        };
        ledger::consume(&tx, input).await.expect("enough hours");
        tx.commit().await.expect("a commit");
    }

    /// Holds hours of a customer, as an open ticket would.
    pub(crate) async fn hold_hours(&self, customer: &str, hours: i64) -> kernel::id::HoldId {
        use retainer::ledger::{self, Hold, Key, Owner, Subject};
        let app = &self.app.server.app;
        let who = kernel::Actor::system("test");
        let tx = app.begin(self.app.acme, who, runtime::tx::Access::Write).await.expect("a transaction");
        let input = Hold {
            owner: Owner::Customer(customer.parse().expect("a customer")),
            amount: kernel::Quantity::hours(hours),
            subject: Subject::new("test", "held"),
            expires_at: None,
            policy: Value::Null,
            key: Key::new("held"),
        };
        let held = ledger::hold(&tx, input).await.expect("enough hours");
        tx.commit().await.expect("a commit");
        held.hold
    }

    /// Uses held hours, and releases the rest.
    pub(crate) async fn capture_hours(&self, hold: kernel::id::HoldId, hours: i64) {
        use retainer::ledger::{self, Capture, Finality, Key};
        let app = &self.app.server.app;
        let who = kernel::Actor::system("test");
        let tx = app.begin(self.app.acme, who, runtime::tx::Access::Write).await.expect("a transaction");
        let amount = kernel::Quantity::hours(hours);
        let input = Capture { hold, amount, finality: Finality::Final, key: Key::new("captured") };
        ledger::capture(&tx, input).await.expect("a capture");
        tx.commit().await.expect("a commit");
    }

    /// A user of a customer, with the password of everybody.
    pub(crate) async fn portal_user(&self, customer: &str, email: &str) {
        use retainer::people::{AddMember, add_member, password};
        let hashed = password::hash(testkit::PASSWORD.parse().expect("a password")).await.expect("a hash");
        let who = kernel::Actor::system("test");
        let app = &self.app.server.app;
        let tx = app.begin(self.app.acme, who, runtime::tx::Access::Write).await.expect("a transaction");
        let input = AddMember {
            email: email.parse().expect("an address"),
            name: "Cleo".parse().expect("a name"),
            role: kernel::Role::Customer,
            customer: Some(customer.parse().expect("a customer")),
            password: Some(hashed),
        };
        add_member(&tx, input).await.expect("a member");
        tx.commit().await.expect("a commit");
    }

    /// The states of a subscription's periods, the oldest first.
    pub(crate) async fn periods(&self, subscription: &str) -> Vec<String> {
        let seen = self.get(&format!("/subscriptions/{subscription}/history")).await;
        let mut periods: Vec<String> = seen["periods"]
            .as_array()
            .expect("periods")
            .iter()
            .map(|period| {
                format!(
                    "{} {}",
                    period["starts_at"].as_str().expect("a start"),
                    period["state"].as_str().expect("a state")
                )
            })
            .collect();
        periods.reverse();
        periods
    }
}
