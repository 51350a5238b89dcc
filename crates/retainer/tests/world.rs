//! A whole world for the ratchets: Acme with one of everything, people of every kind, and a neighbour.

use std::collections::BTreeMap;

use kernel::Role;
use kernel::id::{Id, MembershipId};
use serde_json::{Value, json};
use testkit::{Actor, TestApp};

/// An operation of the OpenAPI document.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    /// GET, POST …
    pub(crate) method: reqwest::Method,
    /// The address with its placeholders.
    pub(crate) path: String,
    /// What the document says of it.
    pub(crate) spec: Value,
}

impl Operation {
    /// How the operation is named in lists.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Whether it needs no token.
    pub(crate) fn is_public(&self) -> bool {
        self.spec["security"] == json!([{}]) || self.spec["security"] == json!([])
    }

    /// Whether it changes something.
    pub(crate) fn writes(&self) -> bool {
        self.method != reqwest::Method::GET
    }

    /// The schema of its JSON body, if it takes one.
    pub(crate) fn body_schema(&self) -> Option<&Value> {
        self.spec["requestBody"]["content"]["application/json"].get("schema")
    }
}

/// The OpenAPI document as JSON.
pub(crate) fn document() -> Value {
    serde_json::to_value(retainer::web::document()).expect("JSON")
}

/// All operations of the document.
pub(crate) fn operations() -> Vec<Operation> {
    let document = document();
    let paths = document["paths"].as_object().expect("paths");
    let mut found = Vec::new();
    for (path, item) in paths {
        for (method, spec) in item.as_object().expect("a path") {
            let Ok(method) = method.to_uppercase().parse() else { continue };
            found.push(Operation { method, path: path.clone(), spec: spec.clone() });
        }
    }
    assert!(found.len() > 5, "only {} operations", found.len());
    found
}

/// Acme with one of everything.
pub(crate) struct World {
    /// The server.
    pub(crate) app: TestApp,
    /// Ids of Acme's things, by the first word of their addresses: `customers`, `tickets` …
    pub(crate) things: BTreeMap<String, String>,
    /// Values for names in bodies: `customer`, `plan` …
    pub(crate) values: BTreeMap<String, Value>,
    /// The document's schemas.
    schemas: Value,
}

impl World {
    /// Acme with Cleo, her plan, her tickets; Dana, another customer; Ana, who may only read; and Bolt with Bella.
    pub(crate) async fn start() -> Self {
        let app = TestApp::start().await;
        app.member(app.acme, "Ana Lund", "ana@acme.example", Role::Analyst).await;
        let bolt = app.server.app.ids.next();
        app.organization(bolt, "bolt", "Bolt").await;
        app.member(bolt, "Bella", "bella@bolt.example", Role::Owner).await;
        let schemas = document()["components"]["schemas"].clone();
        let mut world = Self { app, things: BTreeMap::new(), values: BTreeMap::new(), schemas };
        world.fill().await;
        world
    }

    async fn fill(&mut self) {
        let olga = self.app.olga().await;
        let cleo = self.app.customer(self.app.acme, "Cleo Berg", "cleo@berg.example").await;
        self.app.grant_hours(self.app.acme, cleo, 50, "first").await;
        self.app.customer(self.app.acme, "Dana Falk", "dana@falk.example").await;
        let cleo = cleo.to_string();
        self.things.insert("customers".into(), cleo.clone());
        self.values.insert("customer".into(), json!(cleo));
        self.values.insert("hours".into(), json!("0.50"));
        let member = self.app.root().await;
        let query = "select id from memberships where organization_id = $1 and role = 'owner'";
        let row = member.query_one(query, &[self.app.acme.as_uuid()]).await.expect("Olga's membership");
        self.values.insert("assignee".into(), json!(MembershipId::from_uuid(row.get(0))));
        let wanted = self.body("/plans");
        let plan = self.made(&olga, "/plans", wanted).await;
        self.values.insert("plan".into(), json!(plan));
        let wanted = self.body("/subscriptions");
        let subscription = self.made(&olga, "/subscriptions", wanted).await;
        self.values.insert("subscription".into(), json!(subscription));
        let price = json!({"amount": "100.00", "currency": "USD"});
        let wanted = json!({"customer": cleo, "quantity": "50", "price": price, "pay_now": true});
        self.made(&olga, "/top-ups", wanted).await;
        for collection in ["invoices", "payments"] {
            let listed = olga.get(&format!("/{collection}")).await;
            let id = listed.body["items"][0]["id"].as_str();
            let id = id.unwrap_or_else(|| panic!("no {collection}: {}", listed.body));
            self.things.insert(collection.into(), id.into());
        }
        self.values.insert("invoice".into(), json!(self.things["invoices"]));
        let wanted =
            json!({"customer": cleo, "title": "The printer is out of words", "hours": "2", "priority": "High"});
        let ticket = self.made(&olga, "/tickets", wanted).await;
        let other = olga.post("/tickets", json!({"customer": cleo, "title": "Another", "hours": "1"})).await;
        if let Some(id) = other.body["id"].as_str() {
            self.values.insert("into".into(), json!(id));
        }
        let comment = olga
            .post(&format!("/tickets/{ticket}/comments"), json!({"message": "Not for Dana.", "internal": true}))
            .await;
        assert!(matches!(comment.status, 201 | 404), "{}", comment.body);
        let entry = olga.post(&format!("/tickets/{ticket}/time-entries"), json!({"hours": "0.5"})).await;
        self.things
            .insert("entry".into(), entry.body["id"].as_str().unwrap_or("tim_01jd3q5m8kf4r9x2v7w6n0t1ac").to_owned());
        let accounts = olga.get(&format!("/allowances?customer={cleo}")).await;
        self.things.insert("allowances".into(), accounts.body["items"][0]["id"].as_str().expect("an account").into());
        self.things.insert("members".into(), self.values["assignee"].as_str().expect("an id").into());
        let invitation = json!({"email": "invited@acme.example", "role": "member"});
        self.made(&olga, "/invitations", invitation).await;
        self.customers_things(&ticket).await;
        let wanted = self.body("/mail-template-versions");
        let template = self.made(&olga, "/mail-template-versions", wanted).await;
        self.things.insert("templates".into(), template);
        self.olgas_view(&olga).await;
        for collection in ["notifications", "mails", "sessions"] {
            let listed = olga.get(&format!("/{collection}")).await;
            let id = listed.body["items"][0]["id"].as_str();
            let id = id.unwrap_or_else(|| panic!("no {collection}: {}", listed.body));
            self.things.insert(collection.into(), id.into());
        }
    }

    /// What Cleo says is told to Olga; a file and a link are hers.
    async fn customers_things(&mut self, ticket: &str) {
        let cleo = self.app.sign_in("acme", "cleo@berg.example").await;
        let said = cleo.post(&format!("/tickets/{ticket}/comments"), json!({"message": "Not for Dana either."})).await;
        assert_eq!(said.status, 201, "{}", said.body);
        let file = cleo.request(reqwest::Method::POST, &format!("/tickets/{ticket}/attachments?name=plan.txt"));
        let file = cleo.send(file.body("a plan")).await;
        self.things.insert("attachments".into(), file.body["id"].as_str().expect("a file").into());
        let wanted = json!({"label": "For our bookkeeper"});
        let link = cleo.post(&format!("/customers/{}/balance-links", self.things["customers"]), wanted).await;
        for name in ["links", "balance-links"] {
            self.things.insert(name.into(), link.body["id"].as_str().expect("a link").into());
        }
    }

    /// A view that Olga saved.
    async fn olgas_view(&mut self, olga: &Actor) {
        let wanted = json!({"name": "Open", "filter": {"status": "open"}, "default": false});
        let view = self.made(olga, "/ticket-views", wanted).await;
        self.things.insert("views".into(), view);
    }

    /// Makes a thing through the API and remembers its id.
    async fn made(&mut self, actor: &Actor, path: &str, wanted: Value) -> String {
        let answer = actor.post(path, wanted.clone()).await;
        assert!(matches!(answer.status, 200 | 201), "POST {path} {wanted}: {} {}", answer.status, answer.body);
        let id =
            answer.body["id"].as_str().unwrap_or_else(|| panic!("POST {path}: no id in {}", answer.body)).to_owned();
        self.things.insert(path.trim_start_matches('/').to_owned(), id.clone());
        id
    }

    /// The address of an operation on Acme's own things.
    pub(crate) fn address(&self, operation: &Operation) -> String {
        let collection = operation.path.split('/').nth(1).unwrap_or_default();
        let segments = operation.path.split('/').map(|segment| {
            let Some(name) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else { return segment };
            let known = self.things.get(name).or_else(|| self.things.get(collection));
            known.map_or("nothing", String::as_str)
        });
        segments.collect::<Vec<_>>().join("/")
    }

    /// A body that fits the schema of `POST path`.
    pub(crate) fn body(&self, path: &str) -> Value {
        let operation =
            operations().into_iter().find(|known| known.path == path && known.method == reqwest::Method::POST);
        let operation = operation.unwrap_or_else(|| panic!("no POST {path}"));
        self.fitting(operation.body_schema().unwrap_or(&Value::Null))
    }

    /// A value that fits a schema, with Acme's own things where they are asked for.
    pub(crate) fn fitting(&self, schema: &Value) -> Value {
        let schema = self.resolved(schema);
        if let Some(parts) = schema["allOf"].as_array() {
            let mut whole = serde_json::Map::new();
            for part in parts {
                if let Value::Object(part) = self.fitting(part) {
                    whole.extend(part);
                }
            }
            return Value::Object(whole);
        }
        if let Some(choices) = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()) {
            let real = choices.iter().find(|choice| choice["type"] != "null");
            return real.map_or(Value::Null, |choice| self.fitting(choice));
        }
        if let Some(example) = schema["examples"].get(0).or_else(|| schema.get("example")) {
            return example.clone();
        }
        if let Some(word) = schema["enum"].get(0) {
            return word.clone();
        }
        let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or("object");
        match kind {
            "string" if schema["format"] == "date-time" => json!("2026-11-20T08:00:00Z"),
            "string" => json!("Something longer"),
            "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(1)),
            "boolean" => json!(false),
            "array" => json!([]),
            _ => self.object(schema),
        }
    }

    fn object(&self, schema: &Value) -> Value {
        let mut object = serde_json::Map::new();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (name, part) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(value) = self.values.get(name) {
                object.insert(name.clone(), value.clone());
            } else if required.contains(&json!(name)) {
                object.insert(name.clone(), self.fitting(part));
            }
        }
        // A payment is for an invoice or on account, never both.
        if object.contains_key("invoice") {
            object.remove("customer");
        }
        Value::Object(object)
    }

    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(reference) => self.resolved(&self.schemas[reference.rsplit('/').next().unwrap_or_default()]),
            None => schema,
        }
    }

    /// Sends an operation as somebody, with a body that fits.
    pub(crate) async fn call(&self, actor: &Actor, operation: &Operation) -> testkit::Answer {
        let parameters = operation.spec["parameters"].as_array().cloned().unwrap_or_default();
        let asks = |name: &str, must: bool| {
            let is = |one: &Value| one["in"] == "query" && one["name"] == name && (!must || one["required"] == true);
            parameters.iter().any(is)
        };
        let query = match () {
            () if asks("customer", false) => format!("?customer={}", self.things["customers"]),
            // What Acme's ticket is called.
            () if asks("q", true) => format!("?q={}", self.things["tickets"]),
            () if asks("kind", true) => "?kind=ticket.opened".to_owned(),
            () if asks("plan", true) => format!("?plan={}", self.things["plans"]),
            () => String::new(),
        };
        let request = actor.request(operation.method.clone(), &format!("{}{query}", self.address(operation)));
        let request = match operation.body_schema() {
            Some(schema) => request.json(&self.fitting(schema)),
            None => request,
        };
        actor.send(request).await
    }

    /// A fingerprint of all that an organization has, by table, but for the sessions, which move when somebody reads.
    /// Taken when nothing works in the background any more: a mail on its way would look like a change.
    pub(crate) async fn digest(&self, organization: uuid::Uuid) -> BTreeMap<String, String> {
        self.app.rest().await;
        let owner = self.app.root().await;
        let tables = "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id'
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname <> 'sessions'";
        let mut digest = BTreeMap::new();
        for row in owner.query(tables, &[]).await.expect("the tables") {
            let table: String = row.get(0);
            // What a form was answered with is kept for whoever sent it; it is of nobody else and of no thing.
            let kept = if table == "idempotency_keys" { " and request <> 'page'" } else { "" };
            let query = format!(
                "select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {table} t where organization_id = $1{kept}"
            );
            digest.insert(table, owner.query_one(&query, &[&organization]).await.expect("a digest").get(0));
        }
        digest
    }
}
