//! A database of its own, and ledgers in it.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Mutex;

use jiff::Timestamp;
use kernel::id::{Id as _, OrganizationId};
use kernel::{Actor, Clock};
use runtime::db::{APP_ROLE, role_password};
use runtime::ids::Ids;
use runtime::tx::{Access, Scope, Tx};
use runtime::{Database, Error as Failure};
use testkit::database::{self, Fresh};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, Error, Row, Statement};
use uuid::Uuid;

use super::postgres::Ledger;
use super::script::START;

type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A connection as the application's role that prepares each statement once; scripts run the same few thousands of times.
pub(super) struct Prepared {
    client: Client,
    known: Mutex<HashMap<String, Statement>>,
}

impl Prepared {
    async fn statement(&self, sql: &str) -> Result<Statement, Error> {
        let known = self.known.lock().expect("it works").get(sql).cloned();
        match known {
            Some(statement) => Ok(statement),
            None => {
                let statement = self.client.prepare(sql).await?;
                self.known.lock().expect("it works").insert(sql.to_owned(), statement.clone());
                Ok(statement)
            }
        }
    }

    pub(super) async fn query(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, Error> {
        self.client.query(&self.statement(sql).await?, params).await
    }

    pub(super) async fn query_one(&self, sql: &str, params: Params<'_>) -> Result<Row, Error> {
        self.client.query_one(&self.statement(sql).await?, params).await
    }

    pub(super) async fn query_opt(&self, sql: &str, params: Params<'_>) -> Result<Option<Row>, Error> {
        self.client.query_opt(&self.statement(sql).await?, params).await
    }

    pub(super) async fn batch(&self, sql: &str) -> Result<(), Error> {
        self.client.batch_execute(sql).await
    }
}

/// A database with the whole schema.
pub(super) struct World {
    pub(super) db: Database,
    owner: Config,
    root: Config,
    ids: Ids,
}

impl World {
    pub(super) async fn new() -> Self {
        let Fresh { owner, root } = database::fresh().await;
        let db = Database::new(owner.clone(), &database::key(), 4).expect("a pool");
        Self { db, owner, root, ids: Ids::random(Clock::standing_at(super::postgres::time(START))) }
    }

    /// A connection that may do everything.
    pub(super) async fn root(&self) -> Client {
        runtime::db::connect(&self.root).await.expect("a connection")
    }

    /// A connection that sees one organization.
    pub(super) async fn connect(&self, organization: Uuid) -> Prepared {
        self.try_connect(organization).await.expect("a connection")
    }

    /// The same where somebody may kill it at once.
    pub(super) async fn try_connect(&self, organization: Uuid) -> Result<Prepared, Failure> {
        let mut config = self.owner.clone();
        config.user(APP_ROLE).password(role_password(&database::key(), APP_ROLE));
        let client = runtime::db::connect(&config).await?;
        let setting = format!("set synchronous_commit = off; set retainer.organization_id = '{organization}'");
        client.batch_execute(&setting).await?;
        Ok(Prepared { client, known: Mutex::default() })
    }

    /// An empty ledger of a fresh organization.
    pub(super) async fn ledger(&self) -> Ledger {
        let ids = || self.ids.next::<OrganizationId>().uuid();
        let organization = ids();
        let ledger = Ledger {
            client: self.connect(organization).await,
            organization,
            owners: std::array::from_fn(|_| ids()),
            ids: self.ids.clone(),
        };
        self.found(&ledger).await;
        ledger
    }

    /// Makes the ledger that of another, fresh organization.
    pub(super) async fn renew(&self, ledger: &mut Ledger) {
        let ids = || self.ids.next::<OrganizationId>().uuid();
        ledger.organization = ids();
        ledger.owners = std::array::from_fn(|_| ids());
        ledger
            .client
            .batch(&format!("set retainer.organization_id = '{}'", ledger.organization))
            .await
            .expect("it works");
        self.found(ledger).await;
    }

    async fn found(&self, ledger: &Ledger) {
        let organization = ledger.organization;
        let slug = format!("t{}", organization.simple());
        ledger
            .client
            .batch(&format!(
                "insert into organizations (organization_id, id, slug, name, created_at)
                 values ('{organization}', '{organization}', '{}', 'Test', '2026-01-01')",
                &slug[..33]
            ))
            .await
            .expect("an organization");
    }

    /// A transaction of the organization, as its verbs and reads take it.
    pub(super) async fn tx(&self, organization: Uuid, now: Timestamp, access: Access) -> Result<Tx, Failure> {
        let organization = OrganizationId::from_uuid(organization);
        let scope = Scope { organization, actor: Actor::system("test"), now, request: None };
        Tx::begin(&self.db, &self.ids, scope, access).await
    }
}

/// Runs something that waits.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

/// How many cases to try; `LEDGER_CASES` multiplies.
pub(super) fn cases(usual: u32) -> u32 {
    let times = std::env::var("LEDGER_CASES").ok().and_then(|text| text.parse::<u32>().ok()).unwrap_or(1);
    usual * times
}
