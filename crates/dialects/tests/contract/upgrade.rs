//! A database that was in use before there were contracts.

use std::time::Duration;

use dialects::MIGRATIONS;
use runtime::migrate::{Migration, Migrations, apply};
use testkit::database;
use tokio_postgres::{Client, Config};

use super::shown;

const ORGANIZATION: &str = "0192f000-0000-7000-8000-000000000001";

/// The schema as it was shipped before; of the functions only what the tables then needed.
fn before() -> Migrations {
    let numbered: Vec<Migration> = MIGRATIONS.numbered.iter().filter(|file| file.name < "0020").copied().collect();
    let later = ["contract_logins.sql", "mails.sql", "sessions.sql"];
    let repeatable = MIGRATIONS.repeatable[0].iter().filter(|file| !later.contains(&file.name));
    let repeatable: &'static [Migration] = Vec::leak(repeatable.copied().collect());
    Migrations { numbered: Vec::leak(numbered), repeatable: Vec::leak(vec![repeatable]) }
}

/// A database of that time, with an organization that had imported: somebody who buys although they are staff, a
/// customer with a password, and a column that no document names.
async fn in_use() -> (Config, Client) {
    let cluster = database::cluster().await;
    let root = runtime::db::connect(&cluster.config("postgres")).await.expect("the root database");
    let name = format!("test_{}", &runtime::secret::Key::generate().to_hex()[..20]);
    root.batch_execute(&format!("create database {name} template template0")).await.expect("a database");
    let config = cluster.config(&name);
    let mut owner = runtime::db::connect(&config).await.expect("the owner");
    apply(&mut owner, &before(), &database::key()).await.expect("the migrations of then");
    let rows = "
        insert into organization_slugs (slug, organization_id) values ('leverai', '{org}');
        insert into organizations (organization_id, id, slug, name, created_at) values ('{org}', '{org}', 'leverai', 'LeverAI', now());
        insert into customers (organization_id, id, name, created_at)
            values ('{org}', import_id('{org}', 'customer:a', '2025-01-01 08:00Z'), 'Ada', now());
        insert into import_runs (organization_id, id, source, state, started_at)
            values ('{org}', gen_random_uuid(), 'consulting', 'running', now());
        insert into external_refs (organization_id, source, kind, source_id, row, digest, decisions, run_id, imported_at)
        select organization_id, 'consulting', kind, source_id, row::jsonb, '', decisions::text[], id, now()
        from import_runs, (values
            ('users_consulting', 'a', '{\"id\": \"a\", \"password_hash\": null, \"role\": \"admin\", \"created_at\": \"2025-01-01T08:00:00\"}',
                '{staff_who_buys}'),
            ('users_consulting', 'b', '{\"id\": \"b\", \"password_hash\": \"$2b$10$\", \"role\": \"customer\", \"created_at\": \"infinity\"}',
                '{}'),
            ('tickets_consulting', '1', '{\"id\": 1, \"title\": \"Work\", \"access_key\": \"hush\"}', '{}'),
            ('tickets_consulting', '2', '{\"id\": 2, \"title\": \"More\"}', '{}')) r(kind, source_id, row, decisions);";
    owner.batch_execute(&rows.replace("{org}", ORGANIZATION)).await.expect("rows of then");
    (config, owner)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_imported_before_there_were_contracts_is_hidden_too() {
    let (_config, mut owner) = in_use().await;
    let whole = "select md5(string_agg((row || hidden)::text, ' ' order by kind, source_id)) from external_refs";
    let was = shown(&owner, &whole.replace(" || hidden", "")).await;
    apply(&mut owner, &MIGRATIONS, &database::key()).await.expect("the migrations of now");
    let rows = "select source_id, row, hidden from external_refs order by kind, source_id";
    assert_eq!(
        shown(&owner, rows).await,
        "1 | {\"id\": 1, \"title\": \"Work\"} | {\"access_key\": \"hush\"}\n\
         2 | {\"id\": 2, \"title\": \"More\"} | {}\n\
         a | {\"id\": \"a\", \"role\": \"admin\", \"created_at\": \"2025-01-01T08:00:00\"} | {\"password_hash\": null}\n\
         b | {\"id\": \"b\", \"role\": \"customer\", \"created_at\": \"infinity\"} | {\"password_hash\": \"$2b$10$\"}"
    );
    assert_eq!(shown(&owner, whole).await, was, "nothing of a row is lost");
    let staff = "select c.name from external_refs r join customers c on c.id = r.customer_id";
    assert_eq!(shown(&owner, staff).await, "Ada", "who buys although they are staff keeps their customer");
    let trusting = "select count(*) from pg_policy where 0 = any (polroles) and polname <> 'contract_reads'";
    assert_eq!(shown(&owner, trusting).await, "0", "no policy that trusts a setting is for everybody");
    let again = apply(&mut owner, &MIGRATIONS, &database::key()).await.expect("again");
    assert_eq!(again.files, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_do_not_wait_behind_a_migration_that_waits() {
    let (config, mut owner) = in_use().await;
    let busy = runtime::db::connect(&config).await.expect("a long report");
    busy.batch_execute("begin; select count(*) from tickets, customers").await.expect("a lock that stays");
    let migrating = tokio::spawn(async move { apply(&mut owner, &MIGRATIONS, &database::key()).await });
    let other = runtime::db::connect(&config).await.expect("a request");
    other.batch_execute("set statement_timeout = '3s'").await.expect("a setting");
    let waiting =
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    let mut waited = 0;
    for _ in 0..40 {
        waited += shown(&other, waiting).await.parse::<u32>().expect("a number");
        other
            .batch_execute("select count(*) from tickets; select count(*) from organizations")
            .await
            .expect("an answer");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(waited > 0, "the migration never waited for the report");
    assert!(!migrating.is_finished(), "the migration did not wait for the report");
    busy.batch_execute("rollback").await.expect("the end of the report");
    migrating.await.expect("no panic").expect("the migration after the report");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_before_can_be_searched_for() {
    let (_config, mut owner) = in_use().await;
    let said = "insert into tickets (organization_id, id, number, customer_id, title, priority, status, wanted_seconds, created_at)
            select organization_id, gen_random_uuid(), 'TKT-' || n, id, 'Work', 'Low', 'pending', 0, now()
            from customers, generate_series(1, 1200) n;
        insert into ticket_comments (organization_id, id, ticket_id, origin_ticket_id, author_name, side, message, internal, created_at)
            select organization_id, gen_random_uuid(), id, id, 'Ada', 'staff', m.message, m.internal, now()
            from tickets, (values ('a toner came', false), ('beware', true)) m(message, internal) where number <> 'TKT-7'";
    owner.batch_execute(said).await.expect("what was said then");
    apply(&mut owner, &MIGRATIONS, &database::key()).await.expect("the migrations of now");
    let found = "select count(*) filter (where talk @@ to_tsquery('simple', 'toner') and not talk @@ to_tsquery('simple', 'beware')
        and notes @@ to_tsquery('simple', 'beware')), count(*) filter (where talk is null) from tickets";
    assert_eq!(shown(&owner, found).await, "1199 | 1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_dies_between_the_files_leaves_the_borders_to_the_next() {
    let (_config, mut owner) = in_use().await;
    let none = Migrations { numbered: MIGRATIONS.numbered, repeatable: &[] };
    apply(&mut owner, &before(), &database::key()).await.expect("nothing to do");
    apply(&mut owner, &none, &database::key()).await.expect("the numbered files, and then it died");
    let done = apply(&mut owner, &MIGRATIONS, &database::key()).await.expect("the next");
    assert!(done.files.iter().any(|file| file == "sessions.sql"), "{:?}", done.files);
    assert_eq!(apply(&mut owner, &MIGRATIONS, &database::key()).await.expect("again").files, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_borders_are_only_touched_where_they_differ() {
    let (_config, mut owner) = in_use().await;
    apply(&mut owner, &MIGRATIONS, &database::key()).await.expect("the migrations of now");
    let borders = "select string_agg(oid::text || polname, ',' order by oid) from pg_policy";
    let before = shown(&owner, borders).await;
    owner.batch_execute("delete from schema_migrations where name = 'contract_logins.sql'").await.expect("so");
    apply(&mut owner, &MIGRATIONS, &database::key()).await.expect("applied again");
    assert_eq!(shown(&owner, borders).await, before, "nobody waited for a table");
    owner.batch_execute("alter policy contract_reads on tickets using (true)").await.expect("moved by hand");
    owner.batch_execute("delete from schema_migrations where name = 'contract_logins.sql'").await.expect("so");
    apply(&mut owner, &MIGRATIONS, &database::key()).await.expect("applied again");
    let border = "select pg_get_expr(polqual, polrelid) from pg_policy where polname = 'contract_reads' and polrelid = 'tickets'::regclass";
    let wanted = "((organization_id = contract_organization_id()) AND \
        COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false))";
    assert_eq!(shown(&owner, border).await, wanted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_that_were_granted_before_are_taken_back() {
    let (_config, mut owner) = in_use().await;
    apply(&mut owner, &MIGRATIONS, &database::key()).await.expect("the migrations of now");
    let before = "grant select (id, name, email) on users to retainer_contract_consulting;
        grant select on memberships to retainer_contract_consulting;
        delete from schema_migrations where name = 'consulting/contract'";
    owner.batch_execute(before).await.expect("as it was shipped");
    apply(&mut owner, &MIGRATIONS, &database::key()).await.expect("applied again");
    let readable = "select string_agg(relname, ' ' order by relname) from pg_class where relname in ('customers', 'memberships', 'users')
        and relnamespace = 'public'::regnamespace and has_any_column_privilege('retainer_contract_consulting', oid, 'select')";
    assert_eq!(shown(&owner, readable).await, "customers");
}
