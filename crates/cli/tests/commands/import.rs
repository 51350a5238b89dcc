//! `retainer import`: a documented database moves in beside a running server.

use runtime::postgres::{Cluster, ClusterOptions};
use serde_json::{Value, json};
use tokio_postgres::config::Host;

use crate::place::{Ended, Place};

const SCHEMA: &str = include_str!("../../../dialects/tests/consulting/schema.sql");

/// A shop of one administrator and two customers, one of whom owns nothing that can be an object here.
const ROWS: &str = "
insert into users_consulting (id, name, email, password_hash, role, created_at) values
  ('00000000-0000-4000-8000-00000000000a', 'Ada Min', 'ada@leverai.example',
   '$2b$04$abcdefghijklmnopqrstuuPbNtpRMXPOZ3Xkdc4s814J6prrbEERC', 'admin', '2025-01-01 08:00'),
  ('00000000-0000-4000-8000-000000000001', 'Cleo', 'cleo@customer.example', null, 'customer', '2026-01-01 08:00');
insert into subscriptions_consulting (user_id, plan_name, hours_allocated, hours_remaining, status, start_date, end_date) values
  ('00000000-0000-4000-8000-000000000001', 'standard', 20, 5.25, 'active', now() at time zone 'UTC' - interval '5 days',
   now() at time zone 'UTC' + interval '25 days');
insert into billing_consulting (user_id, invoice_number, amount, status, billing_type, created_at, paid_at) values
  ('00000000-0000-4000-8000-000000000001', 'INV-1', 399.00, 'paid', 'new subscription', '2026-11-01', '2026-11-01 09:00'),
  ('00000000-0000-4000-8000-000000000001', 'INV-2', -50.00, 'paid', 'topup', '2026-11-01', '2026-11-01');";

/// The old database, and how it is reached.
struct Old {
    cluster: Cluster,
    from: String,
}

impl Old {
    async fn start(place: &Place) -> Self {
        let options = ClusterOptions::durable(place.path().join("postgres"));
        let cluster = Cluster::start(options).await.expect("PostgreSQL");
        let root = runtime::db::connect(&cluster.config("postgres")).await.expect("a connection");
        root.batch_execute("create database leverai_old template template0").await.expect("a database");
        let config = cluster.config("leverai_old");
        let Some(Host::Unix(socket)) = config.get_hosts().first() else { panic!("a socket") };
        let password = String::from_utf8_lossy(config.get_password().expect("a password")).into_owned();
        let user = config.get_user().expect("a user");
        let from = format!(
            "host={} port={} user={user} password={password} dbname=leverai_old",
            socket.display(),
            config.get_ports().first().expect("a port")
        );
        let old = Self { cluster, from };
        old.sql(SCHEMA).await;
        old.sql(ROWS).await;
        old
    }

    async fn sql(&self, text: &str) {
        let client = runtime::db::connect(&self.cluster.config("leverai_old")).await.expect("a connection");
        client.batch_execute(text).await.expect("done");
    }

    fn import(&self, place: &Place, more: &[&str]) -> Ended {
        let words = ["import", "consulting", "--from", &self.from, "--organization", "leverai"];
        let ended = place.run(&[&words, more].concat());
        assert!(ended.good, "{more:?}: {}", ended.err);
        ended
    }
}

async fn signs_in(url: &str, email: &str) -> u16 {
    let wanted = json!({"organization": "leverai", "email": email, "password": "a long pass phrase"});
    let sent = reqwest::Client::new().post(format!("{url}/api/v1/session-tokens")).json(&wanted).send();
    sent.await.expect("an answer").status().as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_documented_database_moves_in_beside_a_running_server() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let place = Place::new("import");
    let old = Old::start(&place).await;
    let serving = place.start(&["serve", "--json", "--listen", "127.0.0.1:0"]);
    let url = serving.told()["url"].as_str().expect("a URL").to_owned();
    assert_eq!(signs_in(&url, "ada@leverai.example").await, 401, "nobody knows her yet");

    let dry = old.import(&place, &["--dry-run", "--take-over"]);
    for line in [
        "billing_consulting 2 \"INV-2\": negative_amount  (kept, but not an object here)",
        "\"Cleo\" goes on here: Standard, 450.00 USD (before 399.00) for 10.00 (before 20.00) a month, first on ",
        "Hours left of subscriptions that run: 5.25 in the source, 5.25 here",
        "Paid, as the old reports count it: 349.00 in the source, 399.00 here",
        "  +50.00 here: negative_amount (1)",
        "leverai: 5 rows would have been imported; nothing was written",
    ] {
        assert!(dry.out.contains(line), "{line}\n{}", dry.out);
    }
    let told = old.import(&place, &["--json"]).json();
    assert_eq!((&told["changes"], &told["created"], &told["waiting"]), (&json!(5), &json!(true), &json!(1)), "{told}");
    assert_eq!((&told["rows"][0]["id"], &told["upcoming"]), (&json!("2"), &json!([])), "{told}");
    assert_eq!(signs_in(&url, "ada@leverai.example").await, 201, "with the old password");
    let again = old.import(&place, &["--json"]).json();
    assert_eq!((&again["changes"], &again["created"]), (&json!(0), &json!(false)), "{again}");
    let nothing = old.import(&place, &[]);
    assert!(nothing.out.contains("leverai: nothing changed since the last import"), "{}", nothing.out);

    let over = old.import(&place, &["--take-over", "--json"]).json();
    let upcoming: &Value = &over["upcoming"][0];
    assert_eq!((&over["taken_over"], &upcoming["differs"]), (&json!(1), &json!(["allowance", "price"])), "{over}");
    let none = old.import(&place, &["--take-over", "--json"]).json();
    assert_eq!((&none["taken_over"], &none["upcoming"]), (&json!(0), &json!([])), "{none}");
    assert_eq!(place.run(&["ledger", "verify", "--json"]).json()["clean"], json!(true));

    let words = ["import", "consulting", "--organization", "leverai", "--from"];
    for (from, said) in [
        ("leverai", "--from must be the address of a PostgreSQL database"),
        ("host=/nowhere user=nobody dbname=none", "the source cannot be reached"),
    ] {
        let refused = place.run(&[&words[..], &[from]].concat());
        assert!(!refused.good && refused.err.contains(said), "{from}: {}", refused.err);
    }
    serving.end();
    old.cluster.stop().await.expect("stopped");
}
