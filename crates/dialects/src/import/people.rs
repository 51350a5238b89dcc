//! The people of a source: who is who, and the addresses by which they sign in. Addresses are checked and folded by the product's own
//! rules rather than by the database's idea of small letters.
//!
//! A dialect says who its people are in a temporary view `said_people`: `source_id`; `email` and `name`, which is never blank; `ours`,
//! their role here; `hash` of a password, where it is usable; `created_at`, and `at`, which is an instant in any case.

use kernel::Email;
use retainer::people::address_key;

use super::Run;

/// Begins with the people of a table, as the view says that `said` makes. Who was deleted in the source and written anew under another
/// id is who they were.
///
/// # Errors
/// A fault of the database.
pub async fn begin(run: &Run<'_>, table: &str, said: &str) -> anyhow::Result<()> {
    run.target.run("create temp table addresses (n bigint, folded text, email_hash bytea)", &[]).await?;
    run.target.run(said, &[]).await?;
    run.target.begin().await?;
    run.target.run(include_str!("sql/people_again.sql"), &[("{kind}", table)]).await?;
    run.target.commit().await
}

/// Fills "addresses", with the keys of the directory, which holds no addresses, for a batch of the table's pending rows; an address that
/// is none has no row.
///
/// # Errors
/// A fault of the database.
pub async fn fold(run: &Run<'_>, table: &str, (from, to): (u64, u64)) -> anyhow::Result<()> {
    let batch = format!(
        "select p.n, i.email from pending_{table} p join said_people i on i.source_id = p.source_id where p.n between {from} and {to}"
    );
    fold_of(run, &batch).await
}

/// Gives those of a table an address who could not be given it before, where it has become free since.
///
/// # Errors
/// A fault of the database.
pub async fn give_addresses(run: &Run<'_>, table: &str) -> anyhow::Result<()> {
    let kind = [("{kind}", table)];
    run.target.begin().await?;
    run.target.run(include_str!("sql/people_wanting_addresses.sql"), &kind).await?;
    fold_of(run, "select n, email from wanted").await?;
    run.target.run(include_str!("sql/people_given_addresses.sql"), &kind).await?;
    run.target.commit().await
}

/// Fills "addresses" for whom a query names: `n`, `email`.
async fn fold_of(run: &Run<'_>, query: &str) -> anyhow::Result<()> {
    let (mut numbers, mut folded, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for row in run.target.rows(query, &[]).await? {
        if let Some(email) = row.get::<_, Option<String>>(1).and_then(|email| email.parse::<Email>().ok()) {
            numbers.push(row.get::<_, i64>(0));
            folded.push(email.folded());
            keys.push(address_key(&run.lookup, &email));
        }
    }
    run.target.run("truncate addresses", &[]).await?;
    let insert =
        "insert into addresses (n, folded, email_hash) select * from unnest($1::bigint[], $2::text[], $3::bytea[])";
    run.target.insert(insert, &[&numbers, &folded, &keys]).await
}
