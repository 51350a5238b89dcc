//! E-mail addresses, checked and folded by the product's own rules rather than by the database's idea of small letters.

use kernel::Email;
use retainer::people::address_key;
use runtime::secret::Key;

use crate::import::Target;

/// Fills "addresses", with the keys of the directory, which holds no addresses, for a batch of users; an address that is none has no row.
pub(super) async fn fold(target: &Target, lookup: &Key, (from, to): (u64, u64)) -> anyhow::Result<()> {
    let batch = format!("select n, email from pending_users_consulting where n between {from} and {to}");
    fold_of(target, lookup, &batch).await
}

/// Gives those an address who could not be given it before, where it has become free since.
pub(super) async fn give(target: &Target, lookup: &Key) -> anyhow::Result<()> {
    target.run(include_str!("addresses_wanted.sql"), &[]).await?;
    fold_of(target, lookup, "select n, email from wanted").await?;
    target.run(include_str!("addresses_given.sql"), &[]).await
}

/// Fills "addresses" for whom a query names: `n`, `email`.
async fn fold_of(target: &Target, lookup: &Key, query: &str) -> anyhow::Result<()> {
    let (mut numbers, mut folded, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for row in target.rows(query, &[]).await? {
        if let Ok(email) = row.get::<_, String>(1).parse::<Email>() {
            numbers.push(row.get::<_, i64>(0));
            folded.push(email.folded());
            keys.push(address_key(lookup, &email));
        }
    }
    target.run("truncate addresses", &[]).await?;
    let insert =
        "insert into addresses (n, folded, email_hash) select * from unnest($1::bigint[], $2::text[], $3::bytea[])";
    target.insert(insert, &[&numbers, &folded, &keys]).await
}
