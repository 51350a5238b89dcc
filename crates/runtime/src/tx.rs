//! Transactions: the only way to the tables.
//!
//! A [`Tx`] knows the organization, the actor and the instant. What can leave together leaves together: `begin`, the
//! tenant's setting and the first statements travel in one flush, and so do the audit entries, the jobs and `commit`.
//! Statements that do not need each other's results should be awaited together (`tokio::try_join!`).

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use deadpool_postgres::Object;
use jiff::Timestamp;
use kernel::id::{AuditEntryId, Id, OrganizationId, UserId};
use kernel::{Actor, Permission};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

pub use crate::access::Access;
pub use crate::change::{Change, Committed, Told};
use crate::ids::Ids;
use crate::live::{self, Live};
use crate::secret::Key;
use crate::{Database, Error, change, sql};

type Params<'a> = &'a [&'a (dyn ToSql + Sync)];
type Counted<'a> = Pin<Box<dyn Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>>;
type Sent = Pin<Box<dyn Future<Output = Result<(), tokio_postgres::Error>> + Send>>;

/// Who acts, where, when.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The tenant.
    pub organization: OrganizationId,
    /// Who acts.
    pub actor: Actor,
    /// The instant of the whole transaction.
    pub now: Timestamp,
    /// The request that caused it, for the audit trail.
    pub request: Option<Uuid>,
}

/// A job to be done after the transaction commits, or never if it does not.
#[derive(Debug, Clone)]
pub struct Enqueued {
    /// The job's name, `mail.deliver`.
    pub name: &'static str,
    /// What it needs; the organization is added.
    pub payload: serde_json::Value,
    /// Not before this instant.
    pub run_at: Option<Timestamp>,
    /// Jobs with the same key are one.
    pub key: Option<String>,
}

crate::refusals! {
    /// Refusals of the transaction itself.
    pub enum TxRefused {
        /// The actor's role does not include it.
        NotAllowed { permission: Permission } => Forbidden, "permission.missing", "Your role does not allow this ({permission}). Ask an owner of the organization.";
    }
}

/// A transaction of one organization.
pub struct Tx {
    client: Arc<Object>,
    scope: Scope,
    ids: Ids,
    /// `begin`, sent but not yet answered.
    begun: Mutex<Option<Sent>>,
    outbox: Mutex<Outbox>,
    /// A statement has failed, so PostgreSQL would answer `commit` with a silent rollback.
    broken: AtomicBool,
    statements: Arc<AtomicU64>,
    /// Whether neither `commit` nor `rollback` was sent.
    open: AtomicBool,
    /// Of [`Access::Once`]: how many statements it may still send.
    left: Option<AtomicU64>,
    /// The key of hashes by which something is found.
    lookup: Key,
    /// Who is told what was changed, once that is lasting.
    told: Option<Told>,
}

#[derive(Default)]
struct Outbox {
    changes: Vec<Change>,
    jobs: Vec<Enqueued>,
    live: Vec<Live>,
}

impl Tx {
    /// Begins a transaction. The beginning is sent at once and awaited with the first statement.
    ///
    /// # Errors
    /// A fault when no connection is to be had.
    pub async fn begin(db: &Database, ids: &Ids, scope: Scope, access: Access) -> Result<Self, Error> {
        let client = Arc::new(db.client().await?);
        let word = access.begin();
        let organization = scope.organization.uuid();
        let user = scope.actor.user().map(|user| user.uuid().to_string()).unwrap_or_default();
        // A UUID's text holds only hexadecimal digits and dashes, so it can stand in the statement.
        let begin = format!(
            "{word}; select set_config('retainer.organization_id', '{organization}', true), \
             set_config('retainer.user_id', '{user}', true)"
        );
        let begun = Mutex::new(send(Arc::clone(&client), begin));
        let (outbox, broken) = (Mutex::default(), AtomicBool::new(false));
        Ok(Self {
            client,
            scope,
            ids: ids.clone(),
            begun,
            outbox,
            broken,
            statements: db.counter(),
            open: AtomicBool::new(true),
            left: (access == Access::Once).then(|| AtomicU64::new(1)),
            lookup: db.lookup().clone(),
            told: None,
        })
    }

    /// The same transaction, of whose changes `told` hears when they are committed.
    #[must_use]
    pub fn telling(mut self, told: Told) -> Self {
        self.told = Some(told);
        self
    }

    /// The organization's id, the first parameter of every statement.
    pub fn org(&self) -> &Uuid {
        self.scope.organization.as_uuid()
    }

    /// The tenant.
    pub const fn organization(&self) -> OrganizationId {
        self.scope.organization
    }

    /// Who acts.
    pub const fn actor(&self) -> &Actor {
        &self.scope.actor
    }

    /// The instant of this transaction.
    pub const fn now(&self) -> Timestamp {
        self.scope.now
    }

    /// A new id.
    pub fn new_id<T: Id>(&self) -> T {
        self.ids.next()
    }

    /// The customer whose things alone may be seen, as the parameter of `($n::uuid is null or customer_id = $n)`;
    /// null for staff.
    pub fn only_customer(&self) -> Option<Uuid> {
        self.scope.actor.customer().map(Id::uuid)
    }

    /// Refuses unless the actor may do it.
    ///
    /// # Errors
    /// `permission.missing`.
    pub fn require(&self, permission: Permission) -> Result<(), Error> {
        if self.scope.actor.may(permission) { Ok(()) } else { Err(TxRefused::NotAllowed { permission }.into()) }
    }

    /// Lets the transaction see the rows of a user who proves who they are within it (sign-in, reset, invitation), or who
    /// is forgotten, wherever they belong.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn see_user(&self, user: UserId) -> Result<(), Error> {
        let text = user.uuid().to_string();
        self.rows(sql!("select set_config('retainer.user_id', $1, true)"), &[&text]).await.map(drop)
    }

    /// Ends what [`Tx::see_user`] began: from here on the transaction sees what its actor sees.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn see_actor(&self) -> Result<(), Error> {
        let text = self.scope.actor.user().map(|user| user.uuid().to_string()).unwrap_or_default();
        self.rows(sql!("select set_config('retainer.user_id', $1, true)"), &[&text]).await.map(drop)
    }

    /// The keyed hash of a text: it finds the text again, and tells nothing to whoever has only the database.
    pub fn keyed_hash(&self, purpose: &str, text: &str) -> Vec<u8> {
        keyed_hash(&self.lookup, purpose, text)
    }

    /// All rows of a statement.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn rows(&self, statement: &str, params: Params<'_>) -> Result<Vec<Row>, Error> {
        let run = async {
            let end = self.counted()?;
            let prepared = self.client.prepare_cached(statement).await?;
            let run = async { Ok(self.client.query(&prepared, params).await?) };
            // Polled in order, so written in order.
            let ((), rows, ()) = futures_util::future::try_join3(self.begun(), run, self.ended(end)).await?;
            Ok(rows)
        };
        self.watched(run.await)
    }

    /// All rows of a statement whose best plan depends on which of its parameters are null: it is planned for these
    /// values, which costs about a millisecond, instead of once for all.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn rows_planned_for(&self, statement: &str, params: Params<'_>) -> Result<Vec<Row>, Error> {
        let run = async {
            let end = self.counted()?;
            let planned = self.client.prepare_cached(PLAN_FOR_VALUES).await?;
            let prepared = self.client.prepare_cached(statement).await?;
            let as_ever = self.client.prepare_cached(PLAN_AS_EVER).await?;
            let plan = async { Ok(self.client.execute(&planned, &[]).await?) };
            let run = async { Ok(self.client.query(&prepared, params).await?) };
            // The statements that follow have plans already.
            let after = async { Ok(self.client.execute(&as_ever, &[]).await?) };
            let all = futures_util::future::try_join5(self.begun(), plan, run, after, self.ended(end));
            let ((), _, rows, _, ()) = all.await?;
            Ok(rows)
        };
        self.watched(run.await)
    }

    /// The only row, or none.
    ///
    /// # Errors
    /// A fault of the database, or when there is more than one row.
    pub async fn optional(&self, statement: &str, params: Params<'_>) -> Result<Option<Row>, Error> {
        let mut rows = self.rows(statement, params).await?;
        if rows.len() > 1 {
            return Err(Error::internal(format!("{} rows where at most one was expected: {statement}", rows.len())));
        }
        Ok(rows.pop())
    }

    /// The only row.
    ///
    /// # Errors
    /// A fault of the database, or when there is not exactly one row.
    pub async fn one(&self, statement: &str, params: Params<'_>) -> Result<Row, Error> {
        let row = self.optional(statement, params).await?;
        row.ok_or_else(|| Error::internal(format!("no row where one was expected: {statement}")))
    }

    /// Runs a statement; how many rows it changed.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn execute(&self, statement: &str, params: Params<'_>) -> Result<u64, Error> {
        let run = async {
            self.counted()?;
            let prepared = self.client.prepare_cached(statement).await?;
            let run = async { Ok(self.client.execute(&prepared, params).await?) };
            let ((), changed) = futures_util::future::try_join(self.begun(), run).await?;
            Ok(changed)
        };
        self.watched(run.await)
    }

    /// Notes a change for the audit trail; written with the commit.
    pub fn record(&self, change: Change) {
        self.outbox().changes.push(change);
    }

    /// Tells whoever has a thing open that it changed, once this is lasting.
    pub fn tell(&self, live: Live) {
        self.outbox().live.push(live);
    }

    /// Orders a job; it exists only if the transaction commits.
    pub fn enqueue(&self, job: Enqueued) {
        self.outbox().jobs.push(job);
    }

    /// Makes everything lasting: audit entries, jobs and `commit` leave in one flush.
    ///
    /// # Errors
    /// A fault of the database; then nothing happened, unless the connection broke on the way.
    pub async fn commit(self) -> Result<(), Error> {
        self.begun().await?;
        if self.broken.load(Ordering::SeqCst) {
            return Err(Error::internal("a transaction with a failed statement was to be committed"));
        }
        let Outbox { changes, jobs, mut live } = std::mem::take(&mut *self.outbox());
        live.extend(self.told.iter().flat_map(|told| changes.iter().filter_map(told.live)));
        let audit = self.client.prepare_cached(change::AUDIT).await?;
        let enqueue = self.client.prepare_cached(ENQUEUE).await?;
        let tell = if live.is_empty() { None } else { Some(self.client.prepare_cached(live::WRITE).await?) };
        let scope = &self.scope;
        let mut sent: Vec<Counted<'_>> = Vec::new();
        for change in &changes {
            let (client, audit, id) = (&self.client, &audit, self.ids.next::<AuditEntryId>());
            sent.push(Box::pin(async move { change.write(client, audit, scope, id).await }));
        }
        for mut job in jobs {
            let (client, enqueue) = (&self.client, &enqueue);
            if let serde_json::Value::Object(payload) = &mut job.payload {
                payload.insert("organization".to_owned(), scope.organization.to_string().into());
            }
            sent.push(Box::pin(async move {
                client.execute(enqueue, &[&job.name, &job.payload, &job.run_at, &job.key]).await
            }));
        }
        if let Some(tell) = &tell {
            sent.push(Box::pin(live::write(&self.client, tell, scope, &live)));
        }
        sent.push(Box::pin(async { self.client.batch_execute("commit").await.map(|()| 0) }));
        // Polled in order, so written in order. A failed statement turns `commit` into a rollback, and its error is
        // the one that is returned.
        futures_util::future::try_join_all(sent).await?;
        self.open.store(false, Ordering::SeqCst);
        if let Some(told) = &self.told {
            (told.tell)(Committed { changes: &changes, is_live: !live.is_empty() });
        }
        Ok(())
    }

    fn watched<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        if result.is_err() {
            self.broken.store(true, Ordering::SeqCst);
        }
        result
    }

    /// Counts a statement; whether the transaction ends with it.
    fn counted(&self) -> Result<bool, Error> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        let Some(left) = &self.left else { return Ok(false) };
        // Behind the end there is no tenant any more: such a statement would see nothing, and say nothing of it.
        match left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)) {
            Ok(_) => Ok(true),
            Err(_) => Err(Error::internal("a transaction of one statement was asked for another")),
        }
    }

    async fn ended(&self, is_last: bool) -> Result<(), Error> {
        if is_last {
            self.open.store(false, Ordering::SeqCst);
            self.client.batch_execute("rollback").await?;
        }
        Ok(())
    }

    async fn begun(&self) -> Result<(), Error> {
        let sent = self.begun.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(sent) = sent {
            sent.await?;
        }
        Ok(())
    }

    fn outbox(&self) -> std::sync::MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A transaction that was not committed is undone; the word is sent without waiting, and whoever gets the connection
/// next is served after it.
impl Drop for Tx {
    fn drop(&mut self) {
        if self.open.load(Ordering::SeqCst) {
            drop(send(Arc::clone(&self.client), "rollback".to_owned()));
        }
    }
}

const PLAN_FOR_VALUES: &str = sql!("select set_config('plan_cache_mode', 'force_custom_plan', true)");
const PLAN_AS_EVER: &str = sql!("select set_config('plan_cache_mode', 'auto', true)");

/// A text's hash under the key of look-ups: it tells nothing to whoever has the table alone.
pub fn keyed_hash(lookup: &Key, purpose: &str, text: &str) -> Vec<u8> {
    lookup.derive_bytes(&format!("{purpose} {text}")).to_vec()
}

const ENQUEUE: &str = sql!("select enqueue_job($1, $2, $3, $4)");

/// Writes a simple query to the connection now and leaves its answer for later.
fn send(client: Arc<Object>, text: String) -> Option<Sent> {
    let mut sent: Sent = Box::pin(async move { client.batch_execute(&text).await });
    match sent.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Pending => Some(sent),
        Poll::Ready(Ok(())) => None,
        Poll::Ready(Err(error)) => Some(Box::pin(async move { Err(error) })),
    }
}
