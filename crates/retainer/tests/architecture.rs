//! The plan of the house, held against the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use testkit::uncovered;

/// Which domain may use which others. It has no cycle: each line names only lines above it.
const MAY_USE: &[(&str, &[&str])] = &[
    ("organizations", &[]),
    ("mail", &["organizations"]),
    ("files", &[]),
    ("customers", &["organizations", "mail", "files"]),
    ("people", &["organizations", "customers", "mail"]),
    ("plans", &["organizations"]),
    ("ledger", &["organizations", "customers"]),
    ("notifications", &["organizations", "people", "customers", "ledger", "mail"]),
    ("invoices", &["organizations", "customers", "mail", "notifications"]),
    (
        "subscriptions",
        &["organizations", "people", "customers", "plans", "ledger", "invoices", "mail", "notifications"],
    ),
    (
        "billing",
        &[
            "organizations",
            "people",
            "customers",
            "plans",
            "ledger",
            "invoices",
            "subscriptions",
            "mail",
            "notifications",
        ],
    ),
    (
        "tickets",
        &["organizations", "files", "people", "customers", "plans", "ledger", "subscriptions", "mail", "notifications"],
    ),
    ("search", &["customers", "invoices", "tickets"]),
    ("audit", &["organizations", "people"]),
    ("live", &["organizations", "people"]),
    ("contracts", &["organizations"]),
    ("imports", &["organizations", "people"]),
    ("archive", &["organizations", "files", "people"]),
    ("closing", &["organizations", "people", "mail", "archive", "contracts"]),
    ("exports", &["organizations", "people", "files", "mail", "archive", "closing"]),
    ("set_up", &["organizations", "people", "plans"]),
    (
        "reports",
        &["organizations", "people", "customers", "plans", "ledger", "invoices", "subscriptions", "billing", "tickets"],
    ),
];

/// What stands around the domains; every domain's doors may use it.
const AROUND: &[&str] = &["app", "doors", "pages", "schema", "server", "web", "jobs", "sample", "today"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut entries: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            files(&path, ending, found);
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
}

fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    files(&root().join("crates"), ".rs", &mut found);
    assert!(found.len() > 50, "only {} sources were found", found.len());
    found
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(root()).expect("inside").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a source"))
        })
        .collect()
}

/// The code of a source: without the comments, and without its tests.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn the_list_of_domains_has_no_cycle() {
    let mut above = BTreeSet::new();
    for (domain, uses) in MAY_USE {
        for used in *uses {
            assert!(above.contains(used), "{domain} uses {used}, which stands below it");
        }
        above.insert(domain);
    }
}

#[test]
fn domains_use_only_those_that_they_may() {
    let mut wrong = BTreeSet::new();
    let known: BTreeSet<&str> = MAY_USE.iter().map(|(name, _)| *name).chain(AROUND.iter().copied()).collect();
    for (name, text) in sources() {
        let Some(inside) = name.strip_prefix("crates/retainer/src/") else { continue };
        let Some((domain, file)) = inside.split_once('/') else { continue };
        let Some((_, may)) = MAY_USE.iter().find(|(known, _)| *known == domain) else {
            assert!(domain == "bin" || known.contains(domain), "{domain} is in no list of tests/architecture.rs");
            continue;
        };
        // A page may show what several domains know; rules and verbs may not.
        let is_door = file.contains("console") || file.contains("portal") || file.contains("api");
        for used in used_domains(&code(&text)) {
            let is_fine = used == domain || may.contains(&used.as_str()) || AROUND.contains(&used.as_str());
            if !is_fine && !is_door && known.contains(used.as_str()) {
                wrong.insert(format!("{domain}/{file} uses {used}"));
            }
        }
    }
    uncovered("tests/lists/domains_to_untangle.txt", &wrong);
}

/// The first words behind `crate::`, in paths and in `use crate::{a, b::c}`.
fn used_domains(code: &str) -> BTreeSet<String> {
    let word =
        |text: &str| text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect::<String>();
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '$' || letter == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => drop(found.insert(word(rest))),
            Some(list) => {
                let mut depth = 0usize;
                let mut begins = true;
                for (at, letter) in list.char_indices() {
                    match letter {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => begins = true,
                        _ if begins && letter.is_alphabetic() => {
                            found.insert(word(&list[at..]));
                            begins = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    found
}

#[test]
fn files_stay_short() {
    let mut long = BTreeSet::new();
    for (name, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= 600, "{name} has {lines} lines; 600 is the limit. Cut it along what it speaks of.");
        if lines > 400 {
            long.insert(name);
        }
    }
    uncovered("tests/lists/long_files.txt", &long);
}

#[test]
fn names_say_what_things_are() {
    const BANNED: &[&str] = &["utils", "util", "helpers", "helper", "common", "manager", "service", "misc"];
    for (name, text) in sources() {
        let stem = name.trim_end_matches(".rs").trim_end_matches("/mod").rsplit('/').next().unwrap_or_default();
        assert!(!BANNED.contains(&stem), "{name} says nothing about what is in it");
        for line in code(&text).lines() {
            let declared = ["fn ", "mod ", "struct ", "enum ", "trait "].iter().find_map(|word| {
                let line = line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(crate) ");
                let line = line.trim_start_matches("pub(super) ").trim_start_matches("async ");
                line.strip_prefix(word)
            });
            let Some(declared) = declared else { continue };
            let word: String =
                declared.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
            let lower = word.to_lowercase();
            let bad = lower.ends_with("_inner")
                || ["manager", "service", "helper", "util", "utils"].iter().any(|bad| {
                    lower == *bad
                        || lower.ends_with(&format!("_{bad}"))
                        || word.ends_with(&format!("{}{}", bad[..1].to_uppercase(), &bad[1..]))
                });
            assert!(!bad, "{name}: the name {word} says nothing about what it is");
        }
    }
}

#[test]
fn nothing_is_left_to_be_done() {
    for (name, text) in sources() {
        if name.ends_with("tests/architecture.rs") {
            continue;
        }
        for bad in ["todo!(", "unimplemented!(", "TODO", "FIXME", "XXX:"] {
            assert!(!text.contains(bad), "{name} holds {bad}");
        }
    }
}

/// The schemas that a source declares, by their names.
fn schemas(text: &str) -> Vec<String> {
    let derived = text
        .match_indices("ToSchema")
        .filter(|(at, _)| text[..*at].rsplit('\n').next().unwrap_or_default().trim_start().starts_with("#[derive("));
    let kinds = ["pub struct ", "pub enum ", "pub(super) struct ", "pub(crate) struct ", "struct ", "enum "];
    let declared = |at: usize| {
        text[at..].lines().map(str::trim).find_map(|line| kinds.iter().find_map(|kind| line.strip_prefix(kind)))
    };
    // Words are schemas as well.
    let words = text
        .split("words! {")
        .skip(1)
        .filter_map(|words| words.lines().map(str::trim).find(|line| line.contains(", \"") && !line.starts_with("//")));
    let name = |declared: &str| declared.chars().take_while(|letter| letter.is_alphanumeric()).collect();
    derived.filter_map(|(at, _)| declared(at)).chain(words).map(name).collect()
}

#[test]
fn no_two_schemas_of_the_api_have_the_same_name() {
    // The document would show one of them for both.
    let mut seen = BTreeMap::<String, String>::new();
    for (file, text) in sources() {
        for name in schemas(&text) {
            let other = seen.insert(name.clone(), file.clone());
            assert_eq!(other, None, "{name} is in {file} as well");
        }
    }
    assert!(seen.len() > 90, "only {} schemas were found", seen.len());
}

#[test]
fn the_kernel_knows_no_machinery() {
    let manifest = std::fs::read_to_string(root().join("crates/kernel/Cargo.toml")).expect("the manifest");
    for bad in ["tokio", "axum", "postgres", "hyper", "reqwest", "maud", "runtime", "retainer"] {
        let depends = manifest.lines().any(|line| line.starts_with(bad));
        assert!(!depends, "the kernel depends on {bad}");
    }
    for (name, text) in sources() {
        let product = code(&text).contains("retainer::");
        assert!(!(product && name.starts_with("crates/runtime/src")), "{name} knows the product");
    }
}

/// Documents name files so that people find them; a name that leads nowhere is worse than none.
#[test]
fn documents_name_files_that_exist() {
    let mut documents = Vec::new();
    files(&root(), ".md", &mut documents);
    let mut lost = BTreeMap::new();
    for document in documents {
        let text = std::fs::read_to_string(&document).expect("a document");
        for named in text.split('`').skip(1).step_by(2) {
            let named = named.trim_end_matches('/').trim_start_matches("./");
            let is_path =
                named.contains('/') && named.chars().all(|letter| letter.is_alphanumeric() || "/._-".contains(letter));
            let is_ours = ["crates/", "docs/", "bench/", ".ci/"].iter().any(|start| named.starts_with(start));
            if is_path && is_ours && !root().join(named).exists() {
                lost.insert(named.to_owned(), document.display().to_string());
            }
        }
    }
    assert!(lost.is_empty(), "named, but not there: {lost:#?}");
}
