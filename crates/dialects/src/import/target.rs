//! Our side of an import: one connection as the application's role, which row-level security binds like everybody.

use anyhow::bail;
use jiff::Timestamp;
use kernel::id::{Id, ImportRunId, OrganizationId};
use retainer::App;
use runtime::turn;
use tokio_postgres::Client;

use super::still_open::still_open;
use super::{Doing, Progress, Watch};

/// For how many seconds another import is waited for.
const PATIENCE: u64 = 10;

/// The connection, and what stands for the places `{org}`, `{now}`, `{run}` and `{source}` in the statements of an
/// import. All of them are written by the program, so they can stand in the text.
pub struct Target {
    client: Client,
    dry_run: bool,
    turn: i64,
    places: Vec<(&'static str, String)>,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Target({:?})", self.places)
    }
}

impl Target {
    /// Connects for an organization, once no other import of it runs. A dry run is one transaction that is never committed.
    ///
    /// # Errors
    /// When the database cannot be reached, or another import of the organization runs on.
    pub async fn open(
        app: &App,
        organization: OrganizationId,
        (source, dry_run): (&str, bool),
        watch: Watch<'_>,
    ) -> anyhow::Result<Self> {
        let (client, owner) = (app.db.long().await?, app.db.owner().await?);
        let turn = turn::key_of(&client, &format!("import:{}", organization.uuid())).await?;
        let now: Timestamp = app.clock.now();
        let places = vec![
            ("{org}", format!("'{}'::uuid", organization.uuid())),
            ("{now}", format!("'{now}'::timestamptz")),
            ("{run}", format!("'{}'::uuid", app.ids.next::<ImportRunId>().uuid())),
            ("{source}", source.to_owned()),
        ];
        let target = Self { client, dry_run, turn, places };
        // Without just-in-time compilation: it costs more than it gives for statements that run once a batch.
        target
            .run(
                "set jit = off; set work_mem = '64MB'; set temp_buffers = '64MB';
                 select set_config('retainer.organization_id', {org}::text, false)",
                &[],
            )
            .await?;
        target.take_turn(&owner, watch).await?;
        if dry_run {
            target.client.batch_execute("begin").await?;
        }
        Ok(target)
    }

    /// Waits a little for another import: of one that was killed the server notices within seconds that nobody is there.
    async fn take_turn(&self, owner: &Client, watch: Watch<'_>) -> anyhow::Result<()> {
        for waited in 0..=PATIENCE {
            if turn::try_take(&self.client, owner, self.turn).await? {
                return Ok(());
            }
            watch(Progress { doing: Doing::Waiting, table: "another import", done: waited, total: PATIENCE });
            tokio::time::sleep(std::time::Duration::from_secs(u64::from(waited < PATIENCE))).await;
        }
        bail!(
            "another import into this organization is running; it was waited for {PATIENCE} seconds. Try again when it has \
             ended, or, where its program was killed, when PostgreSQL has ended what it was doing for it"
        )
    }

    /// The connection itself, for COPY.
    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    /// Runs statements after filling in their places.
    ///
    /// # Errors
    /// A fault of the database, with what it says.
    pub async fn run(&self, text: &str, more: &[(&str, &str)]) -> anyhow::Result<()> {
        let text = self.filled(text, more);
        self.client.batch_execute(&text).await.map_err(|error| told(&error, &text))
    }

    /// The one number that a statement asks for.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn number(&self, text: &str) -> anyhow::Result<i64> {
        let text = self.filled(text, &[]);
        let row = self.client.query_one(&text, &[]).await.map_err(|error| told(&error, &text))?;
        Ok(row.get(0))
    }

    /// Runs a statement with values.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn insert(
        &self,
        text: &str,
        values: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    ) -> anyhow::Result<()> {
        self.client.execute(text, values).await.map(drop).map_err(|error| told(&error, text))
    }

    /// All rows of a statement.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn rows(&self, text: &str, more: &[(&str, &str)]) -> anyhow::Result<Vec<tokio_postgres::Row>> {
        let text = self.filled(text, more);
        self.client.query(&text, &[]).await.map_err(|error| told(&error, &text))
    }

    /// The rows of a statement, one after the other.
    ///
    /// # Errors
    /// A fault of the database.
    pub(super) async fn stream(&self, text: &str) -> anyhow::Result<tokio_postgres::RowStream> {
        let text = self.filled(text, &[]);
        let none: [&(dyn tokio_postgres::types::ToSql + Sync); 0] = [];
        self.client.query_raw(&text, none).await.map_err(|error| told(&error, &text))
    }

    /// Begins a batch, which the organization's end waits for.
    ///
    /// # Errors
    /// When the organization closes, or a fault of the database.
    pub async fn begin(&self) -> anyhow::Result<()> {
        if self.dry_run {
            return Ok(());
        }
        self.run("begin", &[]).await?;
        still_open(self).await
    }

    /// Makes a batch lasting, unless nothing is to last.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn commit(&self) -> anyhow::Result<()> {
        if self.dry_run { Ok(()) } else { self.run("commit", &[]).await }
    }

    /// Ends the import; a dry run is undone.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn close(self) -> anyhow::Result<()> {
        if self.dry_run {
            self.run("rollback", &[]).await?;
        }
        // Said aloud, because the server notices only after a while that nobody is there any more.
        Ok(turn::give_back(&self.client, self.turn).await?)
    }

    fn filled(&self, text: &str, more: &[(&str, &str)]) -> String {
        let mut text = text.to_owned();
        for (place, value) in &self.places {
            text = text.replace(place, value);
        }
        // The last: what stands in them may come from a source, and is no place.
        for (place, value) in more {
            text = text.replace(place, value);
        }
        text
    }
}

/// What the database says, with the beginning of the statement: an import is watched by somebody who can act on it.
fn told(error: &tokio_postgres::Error, text: &str) -> anyhow::Error {
    let Some(said) = error.as_db_error() else { return anyhow::Error::msg(error.to_string()) };
    let place = match said.position() {
        Some(tokio_postgres::error::ErrorPosition::Original(at)) => usize::try_from(*at).unwrap_or(1) - 1,
        _ => 0,
    };
    let near: String = text.chars().skip(place).take(120).collect();
    let detail = said.detail().unwrap_or_default();
    anyhow::Error::msg(format!("{} ({}) {detail} near \"{near}\"", said.message(), said.code().code()))
        .context("the import was refused by the database")
}
