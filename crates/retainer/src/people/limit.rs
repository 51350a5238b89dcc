//! Limits on every door that a guesser would try. A bucket is a row in the database, so all servers count together.

use std::net::IpAddr;

use futures_util::future::try_join_all;
use kernel::Email;
use runtime::{Error, Tx, sql};
use sha2::Digest;

use crate::App;

/// How often a door may be tried: so many times at once, then once every so many seconds.
#[derive(Debug, Clone, Copy)]
pub struct Tries {
    door: &'static str,
    burst: i32,
    every: i32,
}

impl Tries {
    /// As the header `RateLimit-Policy` says it.
    pub fn policy(&self) -> String {
        format!("\"{}\";q={};w={}", self.door, self.burst, self.burst * self.every)
    }

    /// The bucket of one person or network. Its key holds no address of a person, only a hash.
    fn of(self, what: &str) -> Limit {
        Limit { key: format!("{}:{}", self.door, hex::encode(sha2::Sha256::digest(what.as_bytes()))), tries: self }
    }
}

const ACCOUNT_HERE: Tries = Tries { door: "account-here", burst: 10, every: 60 };
const ACCOUNT: Tries = Tries { door: "account", burst: 100, every: 36 };
const GUESS: Tries = Tries { door: "guess", burst: 300, every: 1 };
const TOKEN: Tries = Tries { door: "token", burst: 30, every: 10 };
const MAIL: Tries = Tries { door: "mail", burst: 5, every: 600 };
const MAILS: Tries = Tries { door: "mails", burst: 60, every: 10 };
const SIGN_UP: Tries = Tries { door: "sign-up", burst: 60, every: 10 };
const SHARED: Tries = Tries { door: "shared", burst: 60, every: 2 };
const CODE: Tries = Tries { door: "code", burst: 20, every: 30 };

/// What guards an address of the API, for its answers to say.
pub fn rates(path: &str) -> &'static [Tries] {
    match path {
        "/session-tokens" => &[ACCOUNT_HERE, ACCOUNT, GUESS],
        "/sign-ups" => &[SIGN_UP],
        "/password-resets" | "/me/email-verification" => &[MAIL, MAILS],
        "/passwords" | "/email-verifications" => &[TOKEN],
        "/invitation-acceptances" => &[TOKEN, ACCOUNT_HERE, ACCOUNT, GUESS],
        "/me/second-factor" | "/me/second-factor/confirmation" | "/me/second-factor/removal" => &[CODE, GUESS],
        _ => &[],
    }
}

/// A bucket of tries.
#[derive(Debug, Clone)]
pub struct Limit {
    key: String,
    tries: Tries,
}

runtime::refusals! {
    /// Why somebody has to wait.
    pub enum LimitRefused {
        /// Too many tries.
        TooMany { retry_after_seconds: i64, limit: String } => TooMany, "tries.too_many", "That was tried too often. Try again in {retry_after_seconds} seconds.";
    }
}

/// The network that an address belongs to: whoever has one address of IPv6 has all of its /64.
fn network(address: Option<IpAddr>) -> String {
    match address {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
            Some(address) => address.to_string(),
            None => format!("{:?}", &address.segments()[..4]),
        },
    }
}

/// What a failed proof (password, code) of an address counts against. Only failures count, so that an office full of
/// people behind one address is never kept waiting. Whoever guesses keeps only themselves out: the strict limit is that
/// of the account from their network; that of the account from anywhere is loose, and stops those who come from many.
pub fn failures(email: &Email, address: Option<IpAddr>) -> [Limit; 3] {
    let [here, anywhere] = of_account(email, address);
    [here, anywhere, GUESS.of(&network(address))]
}

fn of_account(email: &Email, address: Option<IpAddr>) -> [Limit; 2] {
    [ACCOUNT_HERE.of(&format!("{} {}", email.folded(), network(address))), ACCOUNT.of(&email.folded())]
}

/// Forgets the failures of an account, because its owner has proved by mail that it is them.
///
/// # Errors
/// A fault.
pub(super) async fn forgive(tx: &Tx, email: &Email, address: Option<IpAddr>) -> Result<(), Error> {
    let keys = of_account(email, address).map(|limit| limit.key);
    tx.execute(sql!("delete from rate_limits where key = any ($1)"), &[&keys.as_slice()]).await.map(drop)
}

/// What a token that opens nothing counts against.
pub fn bad_tokens(address: Option<IpAddr>) -> [Limit; 1] {
    [TOKEN.of(&network(address))]
}

/// What every wish for a mail with a link counts against.
pub fn mails(email: &Email, address: Option<IpAddr>) -> [Limit; 2] {
    [MAIL.of(&email.folded()), MAILS.of(&network(address))]
}

/// What every opening of a shared page counts against.
pub fn shared(address: Option<IpAddr>) -> [Limit; 1] {
    [SHARED.of(&network(address))]
}

/// What every sign-up counts against.
pub fn sign_ups(address: Option<IpAddr>) -> [Limit; 1] {
    [SIGN_UP.of(&network(address))]
}

/// Refuses when one of the buckets is empty; takes nothing.
///
/// # Errors
/// [`LimitRefused`], or a fault.
pub async fn check(app: &App, limits: &[Limit]) -> Result<(), Error> {
    const LOOK: &str = sql!(
        "select ceil(extract(epoch from r.arrives_at - $4 - $3::integer * ($2::integer - 1) * interval '1 second'))::bigint as wait
         from rate_limits r where r.key = $1"
    );
    ask(app, LOOK, limits).await
}

/// Takes one from each of the buckets.
///
/// # Errors
/// [`LimitRefused`] when one was empty, or a fault.
pub async fn take(app: &App, limits: &[Limit]) -> Result<(), Error> {
    const TAKE: &str = sql!(
        "select ceil(extract(epoch from take_token($1, $2::integer, $3::integer * interval '1 second', $4)))::bigint as wait"
    );
    ask(app, TAKE, limits).await
}

async fn ask(app: &App, question: &str, limits: &[Limit]) -> Result<(), Error> {
    let client = app.db.client().await?;
    let statement = client.prepare_cached(question).await?;
    let now = app.clock.now();
    let asked = limits.iter().map(|limit| {
        let (client, statement, now) = (&client, &statement, &now);
        async move { client.query_opt(statement, &[&limit.key, &limit.tries.burst, &limit.tries.every, now]).await }
    });
    let answers = try_join_all(asked).await?;
    let waits = limits
        .iter()
        .zip(&answers)
        .filter_map(|(limit, row)| Some((limit, row.as_ref()?.get::<_, Option<i64>>("wait")?)));
    match waits.max_by_key(|(_, wait)| *wait).filter(|(_, wait)| *wait > 0) {
        Some((limit, wait)) => {
            Err(LimitRefused::TooMany { retry_after_seconds: wait, limit: limit.tries.policy() }.into())
        }
        None => Ok(()),
    }
}

/// Takes one for a code that the actor is about to try on their own account.
///
/// # Errors
/// [`LimitRefused`], or a fault.
pub async fn limit_codes(app: &App, me: &super::find::Me, address: Option<IpAddr>) -> Result<(), Error> {
    take(app, &[CODE.of(&me.email.folded()), GUESS.of(&network(address))]).await
}

/// Forgets buckets that are full again; to whoever comes next they are the same as none.
///
/// # Errors
/// A fault.
pub async fn forget_limits(app: &App) -> Result<(), Error> {
    let client = app.db.client().await?;
    let statement = client.prepare_cached(sql!("delete from rate_limits where arrives_at <= $1")).await?;
    client.execute(&statement, &[&app.clock.now()]).await?;
    Ok(())
}
