//! `retainer archive`: out of one installation and into another.

use std::path::Path;

use serde_json::{Value, json};

use crate::place::Place;

async fn sign_in(url: &str, account: &Value) -> reqwest::Response {
    let wanted =
        json!({"organization": account["organization"], "email": account["email"], "password": account["password"]});
    reqwest::Client::new().post(format!("{url}/api/v1/session-tokens")).json(&wanted).send().await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demos_business_moves_into_another_installation_while_both_serve() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (old, new) = (Place::new("archive-old"), Place::new("archive-new"));
    let served = old.start(&["demo", "--json", "--listen", "127.0.0.1:0"]);
    let owner = served.told()["accounts"][0].clone();
    let file = old.path().join("leverai.tar.gz");
    let file = file.to_str().expect("a path");
    let arguments = ["archive", "export", "--organization", "leverai", "--to", file, "--json"];
    let written = old.run(&arguments);
    assert!(written.good, "{}", written.err);
    assert!(written.err.contains("Keep it like a password"), "{}", written.err);
    let told = written.json();
    assert!(told["rows"].as_u64().expect("rows") > 5_000, "{told}");
    let again = old.run(&arguments);
    assert!(!again.good && again.err.contains("exists already"), "{}", again.err);
    served.end();

    let serving = new.start(&["serve", "--json", "--listen", "127.0.0.1:0"]);
    let dry = new.run(&["archive", "import", "--from", file, "--dry-run"]);
    assert!(dry.good && dry.out.contains("nothing was written"), "{} {}", dry.out, dry.err);
    let taken = new.run(&["archive", "import", "--from", file, "--json"]);
    assert!(taken.good, "{}", taken.err);
    let report = taken.json();
    assert_eq!((&report["rows"], &report["own"]), (&told["rows"], &json!(false)), "another installation, another key");
    let url = serving.told()["url"].as_str().expect("a URL").to_owned();
    assert_eq!(sign_in(&url, &owner).await.status(), 201, "people sign in with their passwords at once");
    let twice = new.run(&["archive", "import", "--from", file, "--slug", "other"]);
    assert!(!twice.good && twice.err.contains("in this installation already"), "{}", twice.err);
    assert!(!Path::new(file).with_extension("unfinished").exists());
    let verified = new.run(&["ledger", "verify", "--json"]);
    assert_eq!(verified.json()["clean"], json!(true));
    let delete = new.run(&["organization", "delete", "--organization", "leverai", "--json"]);
    assert!(delete.json()["closes_at"].is_string(), "{}", delete.err);
    let kept = new.run(&["organization", "keep", "--organization", "leverai", "--json"]);
    assert_eq!(kept.json(), json!({"organization": "leverai", "closes_at": null}), "{}", kept.err);
    serving.end();
}
