//! E-mail addresses, checked and folded by the product's own rules rather than by the database's idea of small letters.

use kernel::Email;
use retainer::people::address_key;
use runtime::secret::Key;

use crate::import::Target;

/// Fills "addresses", with the keys of the directory, which holds no addresses, for a batch of users; an address that is none has no row.
pub(super) async fn fold(target: &Target, lookup: &Key, from: u64, to: u64) -> anyhow::Result<()> {
    let places = [("{from}", from.to_string()), ("{to}", to.to_string())];
    let places: Vec<(&str, &str)> = places.iter().map(|(place, value)| (*place, value.as_str())).collect();
    let rows = target.rows("select n, email from pending_users_consulting where n between {from} and {to}", &places);
    let (mut numbers, mut folded, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows.await? {
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
