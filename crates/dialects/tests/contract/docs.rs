//! docs/dialects/consulting.md is written from the inventory of the document, our mapping of it and the table of routes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use testkit::snapshot;

use super::routes::routes;

/// A line of the inventory.
struct Item {
    id: String,
    kind: String,
    object: String,
}

/// What became of it.
#[derive(Clone)]
struct Mapped {
    state: String,
    shown_by: String,
    note: String,
}

fn inventory() -> Vec<Item> {
    let lines = include_str!("../../src/consulting/inventory.tsv").lines().skip(1);
    let item = |line: &str| {
        let mut fields = line.split('\t').map(str::to_owned);
        let mut field = || fields.next().unwrap_or_default();
        Item { id: field(), kind: field(), object: field() }
    };
    lines.map(item).collect()
}

/// The mapping by id; a line may speak of several, `C-003..C-004`.
fn mapping() -> BTreeMap<String, Mapped> {
    let mut found = BTreeMap::new();
    for line in include_str!("../../src/consulting/mapping.tsv").lines().skip(1) {
        let mut fields = line.split('\t').map(str::to_owned);
        let mut field = || fields.next().unwrap_or_default();
        let ids = field();
        let mapped = Mapped { state: field(), shown_by: field(), note: field() };
        let (first, last) = ids.split_once("..").unwrap_or((&ids, &ids));
        for id in between(first, last) {
            assert!(found.insert(id.clone(), mapped.clone()).is_none(), "{id} is mapped twice");
        }
    }
    found
}

fn between(first: &str, last: &str) -> Vec<String> {
    if first == last {
        return vec![first.to_owned()];
    }
    let number = |id: &str| id.trim_start_matches("C-").parse::<u32>().expect("C-001");
    (number(first)..=number(last)).map(|at| format!("C-{at:03}")).collect()
}

/// The names of all tests in the workspace's folders of tests.
fn tests() -> String {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders: Vec<PathBuf> =
        ["dialects", "retainer"].iter().map(|name| crates.join(name).join("tests")).collect();
    let mut text = String::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                text.push_str(&std::fs::read_to_string(path).expect("a source"));
            }
        }
    }
    text
}

#[test]
fn every_line_of_the_inventory_works_or_says_why_not() {
    let (mut mapping, tests) = (mapping(), tests());
    let inventory = inventory();
    assert_eq!(inventory.len(), 176 + 24);
    let mut text = INTRODUCTION.to_owned();
    text.push_str("\n## Old routes and new calls\n\n");
    text.push_str("All below `/api/v1`; `$name` stands for an id or a value of an earlier answer. A test makes every call of this table.\n\n");
    text.push_str("| old route | as | new call | body | |\n| --- | --- | --- | --- | --- |\n");
    for route in routes() {
        let body = if route.body.is_empty() { String::new() } else { format!("`{}`", route.body) };
        let _ = writeln!(text, "| {} | {} | `{}` | {body} | {} |", route.old, route.who, route.call, route.note);
    }
    text.push_str("\n## Every line of the inventory\n\n");
    text.push_str("*works*: as documented. *otherwise*: it is there, but differs as said. *absent*: it is not there, for the reason said.\n\n");
    text.push_str("| line | kind | what | | shown by | |\n| --- | --- | --- | --- | --- | --- |\n");
    for Item { id, kind, object } in inventory {
        let Mapped { state, shown_by, note } =
            mapping.remove(&id).unwrap_or_else(|| panic!("{id} {object} is not mapped"));
        assert!(matches!(state.as_str(), "works" | "otherwise" | "absent"), "{id}: {state}");
        assert!(state == "works" || !note.is_empty(), "{id} needs a reason");
        assert_eq!(state == "absent", shown_by.is_empty(), "{id}: what is there is shown by a test");
        let name = shown_by.rsplit("::").next().unwrap_or_default();
        assert!(shown_by.is_empty() || tests.contains(&format!("fn {name}(")), "{id}: there is no test {shown_by}");
        let _ = writeln!(
            text,
            "| {id} | {kind} | {} | {state} | {} | {note} |",
            object.replace('|', "\\|"),
            name.replace('_', " ")
        );
    }
    assert!(mapping.is_empty(), "not in the inventory: {:?}", mapping.keys());
    snapshot("../../docs/dialects/consulting.md", &text);
}

const INTRODUCTION: &str = "<!-- Written by crates/dialects/tests/contract/docs.rs; UPDATE_SNAPSHOTS=1 rewrites it. -->

# Consulting

LeverAI Consulting sold plans of hours by Stripe; tickets used them. Retainer takes its database in
([operations](../operations.md)), and shows its own data under the documented names, so that old reports keep running.

## The SQL contract

```sh
retainer contract grant consulting --organization leverai --login analyst
retainer contract list --organization leverai
retainer contract revoke consulting --organization leverai --login analyst
```

`grant` prints a connection string once (`--json`: `{\"url\": …}`); granting again gives a new password and ends what was
open with the old one. The login reads one organization, decided by its role in PostgreSQL and by nothing that it could
set. Its `search_path` is the schema `consulting`, with all seven tables as views and all eight functions.

- A private PostgreSQL listens only on a unix socket in the data directory, for the user that runs Retainer and for root, and
  runs only while `retainer serve` does (`--json` says whether it does: `\"reachable\"`).
  Analysts on other machines need a PostgreSQL that listens to them (`DATABASE_URL`).
- A login may change its own settings: the statement timeout and `read only` are courtesies. That it writes nothing and
  sees nothing foreign depends on rights and row-level security alone.
- Of the whole installation it can learn counts: row estimates in `pg_class`, how many logins there are, and how far
  `contract_number` has come. By `explain` it can learn which ids, numbers of tickets and bills, instants and words of state
  are common in a whole table, because PostgreSQL's statistics know no organizations; of names, addresses, texts, amounts
  and hours none are gathered. By `explain analyze` it can learn whether anywhere in a table a column is empty, and not what
  stands in one.
- It may `listen` to the channels of the servers, and hears that something happens somewhere in the installation, never what or
  whose: what is said there is empty or sealed. It may `notify`, and is not believed: servers look once more for what is new.
- Each of its five sessions can write a gigabyte to the disk while it sorts; on a PostgreSQL that is not ours, as much as
  `temp_file_limit` says there, unless our user may set it (`grant set on parameter temp_file_limit to …`).
- It can cost time of the server within its five sessions, as any session can; what runs for longer than two minutes is
  ended all the same, and so is what stands in the way of a migration. On a PostgreSQL that is not ours, temporary tables,
  large objects and advisory locks can be taken from it only if our user may. All logins together should not be able to open
  all connections of the server; `grant` says when they could.
- `grant` names the other databases of the server that everybody may connect to. What a login owns there keeps its role from
  being dropped; then `revoke` leaves a role that nobody can log in with.
- Each migration makes the schema `consulting` anew: build nothing of your own on its views but queries.

With the connection string at hand:

```sh
psql postgresql://… -c 'select * from get_billing_totals_prev_curr_consulting()'
psql postgresql://… -c 'select name, plan_name, hours_remaining from get_user_subscriptions_consulting()'
```

What differs on purpose:

- A login only reads: statements of the document that make something (`create extension`, `create function`, `alter table`)
  end with 25006, and such that change rows (`insert`, `update`, `delete`) with 55000. As the database's owner they run.
- The documented functions add up bills as they always did. Retainer's own reports also count bills that the source had
  as paid without a date, and leave out rows that became nothing here: Settings, \"What was imported\", explains the
  difference decision by decision.
- `password_hash` is null for everybody.
- Months are those of the organization's time zone, whoever asks.
- An imported row is shown word for word until the object is changed here; then our state in documented words. Rows that
  became nothing of ours are shown as they were, until the source drops them. What the source drops otherwise, stays.
- What the documented types cannot hold is null in the tables, so that one row keeps nobody from reading the others: ids beyond
  2147483647 of rows that became nothing here; amounts and hours of 100,000,000 and more, whether of one row or a sum, imported
  or made here. The documented functions give their figures without a limit: they show such amounts and hours, and their
  totals count them, while a `sum(amount)` of your own over the table leaves them out. (A plan without a limit shows
  99999999.99, the most that the type holds.)
- Internal notes on tickets are left out: the documented layout has only what customers read too.
- Notifications of ours have no `sender_id` and no `role`: they keep the sender's name.
- A refund lowers the amount of its bill; a bill that was refunded in full is `cancelled`.
- Ids of our own begin at 1,000,000,000. Bills and subscriptions that the source numbered with UUIDs have such ids too.
- `subscriptions_consulting.status` of ours: active, trial, past_due, paused, incomplete, cancelled, expired.
- Changing the type of a view's column fails with 42809 where a table would have let it.
- A view cannot say NOT NULL, UNIQUE, indexes, foreign keys or a sequence.
";
