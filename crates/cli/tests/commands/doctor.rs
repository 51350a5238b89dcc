//! `retainer doctor`: all well, and each thing that can be wrong.

use serde_json::Value;

use crate::place::{Ended, Place};

/// How a check came out and what to do about it.
fn verdict<'a>(answer: &'a Value, check: &str) -> (&'a str, &'a str) {
    let findings = answer["findings"].as_array().expect("findings");
    let finding = findings.iter().find(|finding| finding["check"] == check);
    let finding = finding.unwrap_or_else(|| panic!("nothing about {check}: {answer}"));
    (finding["verdict"].as_str().unwrap_or_default(), finding["advice"].as_str().unwrap_or_default())
}

fn assert_wrong(ended: &Ended, check: &str, advice: &str) {
    let answer = ended.json();
    assert!(!ended.good, "the exit code says that it is well: {answer}");
    assert_eq!(answer["healthy"], false);
    let (verdict, said) = verdict(&answer, check);
    assert_eq!(verdict, "wrong", "{answer}");
    assert!(said.contains(advice), "{check} advises {said:?}");
}

fn installed(name: &str) -> Place {
    let place = Place::new(name);
    let migrated = place.run(&["migrate", "--json"]);
    assert!(migrated.good, "{}", migrated.err);
    place
}

#[test]
fn a_good_installation_is_called_so() {
    let place = installed("well");
    let ended = place.run(&["doctor", "--json"]);
    let answer = ended.json();
    assert!(ended.good, "{answer}");
    assert_eq!(answer["healthy"], true);
    for check in ["database", "clock", "migrations", "key", "isolation", "jobs"] {
        assert_eq!(verdict(&answer, check), ("good", ""), "{check}");
    }
    let (mail, advice) = verdict(&answer, "mail");
    assert!(mail == "notice" && advice.contains("RETAINER_SMTP_URL"), "{advice}");
    assert_ne!(verdict(&answer, "disk").0, "");
    let words = place.run(&["doctor"]);
    assert!(words.good && words.out.ends_with("Nothing is wrong.\n"), "{}", words.out);
    assert!(words.out.lines().any(|line| line.starts_with("ok     database")), "{}", words.out);
}

#[test]
fn where_there_is_nothing_it_says_so_and_makes_nothing() {
    let place = Place::new("nothing");
    assert_wrong(&place.run(&["doctor", "--json"]), "database", "`retainer serve` starts it");
    assert_eq!(std::fs::read_dir(place.path()).expect("the directory").count(), 0);
    let words = place.run(&["doctor"]);
    assert!(
        words.out.contains("WRONG  database") && words.out.ends_with("Something is wrong; see above.\n"),
        "{}",
        words.out
    );
}

#[test]
fn a_mail_server_that_cannot_be_used_is_found() {
    let place = installed("mail");
    let away = place.run(&["doctor", "--json", "--smtp-url", "smtp://127.0.0.1:1?tls=none"]);
    assert_wrong(&away, "mail", "Check RETAINER_SMTP_URL");
    let nonsense = place.run(&["doctor", "--json", "--smtp-url", "carrier-pigeon://loft"]);
    assert_wrong(&nonsense, "mail", "%XX");
}

#[test]
fn another_key_is_found_and_the_right_one_heals() {
    let place = installed("key");
    let file = place.path().join("key");
    let right = std::fs::read_to_string(&file).expect("the key");
    std::fs::write(&file, "ab".repeat(32)).expect("another key");
    assert_wrong(&place.run(&["doctor", "--json"]), "key", "put the key file back");
    std::fs::write(&file, "not a key").expect("no key");
    let ended = place.run(&["doctor", "--json"]);
    assert_wrong(&ended, "database", "");
    assert!(ended.out.contains("must hold 64 hexadecimal digits"), "{}", ended.out);
    std::fs::remove_file(&file).expect("gone");
    let ended = place.run(&["doctor", "--json"]);
    assert!(!ended.good && ended.out.contains("the key of this installation is gone"), "{}", ended.out);
    assert!(!file.exists(), "no new key is invented");
    std::fs::write(&file, right).expect("the key is back");
    assert!(place.run(&["doctor", "--json"]).good);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pending_migrations_and_open_tables_are_found() {
    let place = installed("schema");
    place.sql("alter table tickets no force row level security").await;
    assert_wrong(&place.run(&["doctor", "--json"]), "isolation", "");
    place.sql("alter table tickets force row level security").await;
    assert!(place.run(&["doctor", "--json"]).good);
    place
        .sql(
            "delete from schema_migrations where name = (select max(name) from schema_migrations where name like '0%')",
        )
        .await;
    assert_wrong(&place.run(&["doctor", "--json"]), "migrations", "Run `retainer migrate`");
}
