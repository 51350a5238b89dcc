//! `retainer demo`, and what a server says when it cannot listen.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::place::Place;

/// Signs in as one of the accounts that the first line names.
async fn token(told: &Value, at: usize) -> String {
    let account = &told["accounts"][at];
    let wanted =
        json!({"organization": account["organization"], "email": account["email"], "password": account["password"]});
    let url = format!("{}/api/v1/session-tokens", told["url"].as_str().expect("a URL"));
    let answer = reqwest::Client::new().post(url).json(&wanted).send().await.expect("an answer");
    assert_eq!(answer.status(), 201, "{account}");
    let answer: Value = answer.json().await.expect("JSON");
    answer["token"].as_str().expect("a token").to_owned()
}

async fn customers(told: &Value, search: &str) -> Vec<Value> {
    let token = token(told, 0).await;
    let url = format!("{}/api/v1/customers?q={search}", told["url"].as_str().expect("a URL"));
    let answer = reqwest::Client::new().get(url).bearer_auth(token).send().await.expect("an answer");
    let answer: Value = answer.json().await.expect("JSON");
    answer["items"].as_array().expect("customers").clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_says_one_line_of_json_and_finds_its_data_again() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let place = Place::new("demo");
    let arguments = ["demo", "--json", "--listen", "127.0.0.1:0"];
    let first = place.start(&arguments);
    let told = first.told();
    let keys: Vec<&String> = told.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["accounts", "url"]);
    let roles: Vec<&str> =
        told["accounts"].as_array().expect("accounts").iter().filter_map(|account| account["role"].as_str()).collect();
    assert_eq!(roles, ["owner", "admin", "developer", "member", "analyst", "customer"]);
    for at in 0..roles.len() {
        token(&told, at).await;
    }
    assert!(first.log().contains("Inventing"), "{}", first.log());
    assert!(first.log().matches("day ").count() >= 5, "somebody who waits sees how far it is: {}", first.log());
    let token = token(&told, 0).await;
    let url = format!("{}/api/v1/customers", told["url"].as_str().expect("a URL"));
    let added = reqwest::Client::new().post(url).bearer_auth(token).json(&json!({"name": "Zebedeus"}));
    assert_eq!(added.send().await.expect("an answer").status(), 201);
    let log = first.log();
    assert_eq!(first.end(), "", "nothing but the first line is written to stdout: {log}");

    let unknown = place.run(&["user", "confirm-email", "--email", "nobody@leverai.example"]);
    assert!(!unknown.good && unknown.err.contains("Nobody with this address"), "{}", unknown.err);
    let vouched = place.run(&["user", "confirm-email", "--email", "tomas@leverai.example", "--json"]);
    let vouched = vouched.json();
    assert_eq!((&vouched["confirmed"], &vouched["already"]), (&json!("tomas@leverai.example"), &json!(true)));

    let second = place.start(&arguments);
    assert!(!second.log().contains("Inventing"), "the data is used again: {}", second.log());
    let (told, email) = (second.told(), "nils@leverai.example");
    let slug = told["accounts"][0]["organization"].as_str().expect("a word");
    let invited = place.run(&["user", "invite", "--email", email, "--organization", slug, "--json"]).json();
    let (link, url) = (invited["link"].as_str().expect("a link"), told["url"].as_str().expect("a URL"));
    assert!(link.starts_with(&format!("{url}/")), "the link leads to the server that runs: {link}");
    assert_eq!(second.told()["accounts"], told["accounts"]);
    assert_eq!(customers(&second.told(), "Zebedeus").await.len(), 1);
    assert!(second.took.as_secs() < 20, "found again after {:?}", second.took);
    second.end();
}

#[test]
fn a_taken_port_is_said_in_a_sentence_and_nothing_is_begun() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    for command in ["demo", "serve"] {
        let place = Place::new(&format!("taken-{command}"));
        let ended = place.run(&[command, "--json", "--listen", &address]);
        assert!(!ended.good && ended.out.is_empty(), "{command}: {}", ended.out);
        let sentence =
            format!("{address} is taken by another program: end that one, or choose another address with --listen");
        // A program reads the reason from an object, a person from a sentence.
        let told =
            |line: &str| serde_json::from_str::<serde_json::Value>(line).ok()?["error"].as_str().map(str::to_owned);
        let said = |line: &str| told(line).is_some_and(|error| error.starts_with(&sentence));
        assert!(ended.err.lines().any(said), "{command}: {}", ended.err);
        let plain = place.run(&[command, "--listen", &address]);
        let said = format!("retainer: {sentence}");
        assert!(plain.err.lines().any(|line| line.starts_with(&said)), "{command}: {}", plain.err);
        assert_eq!(std::fs::read_dir(place.path()).expect("the directory").count(), 0, "{command} left something");
    }
}

#[test]
fn serving_says_one_line_of_json_with_the_link_to_set_it_up() {
    let place = Place::new("serve");
    let server = place.start(&["serve", "--json", "--listen", "127.0.0.1:0"]);
    let told = server.told();
    let (url, link) = (told["url"].as_str().expect("a URL"), told["setup"].as_str().expect("a link"));
    assert!(link.starts_with(url) && link.len() > url.len() + 20, "{told}");
    assert!(!server.log().contains(link), "the link is on stdout alone");
    assert_eq!(server.end(), "");
}

#[test]
fn every_command_with_json_says_one_line_of_it() {
    let place = Place::new("json");
    let migrated = place.run(&["migrate", "--json"]);
    assert!(migrated.good, "{}", migrated.err);
    migrated.json();
    for arguments in [["organization", "list", "--json"], ["ledger", "verify", "--json"]] {
        let ended = place.run(&arguments);
        assert!(ended.good, "{arguments:?}: {}", ended.err);
        ended.json();
    }
}
