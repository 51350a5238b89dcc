//! The database that is imported from: read only, in one snapshot.

use anyhow::{Context, bail};
use runtime::carry::{EXACTLY, SNAPSHOT};
use tokio_postgres::Client;

use super::Table;

/// What a source has beside the document.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Beyond {
    /// Columns of documented tables, as `table.column`: kept with their rows, and shown nowhere.
    pub columns: Vec<String>,
    /// Tables, which are not read.
    pub tables: Vec<String>,
}

/// A connection to the source with an open snapshot.
pub struct Source {
    client: Client,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Source")
    }
}

impl Source {
    /// Connects and takes the snapshot.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn open(config: &tokio_postgres::Config) -> anyhow::Result<Self> {
        let mut config = config.clone();
        config.application_name("retainer import");
        let client =
            runtime::db::connect(&config).await.map_err(anyhow::Error::from).context("the source cannot be reached")?;
        client.batch_execute(&format!("{EXACTLY}; {SNAPSHOT}")).await.context("the source gives no snapshot")?;
        Ok(Self { client })
    }

    /// The time zone that the source is set to. Instants without one are read as UTC all the same, as the documented
    /// layouts mean them.
    ///
    /// # Errors
    /// A fault of the source.
    pub async fn time_zone(&self) -> anyhow::Result<String> {
        let query = "select reset_val from pg_settings where name = 'TimeZone'";
        Ok(self.client.query_one(query, &[]).await?.get(0))
    }

    /// Says which documented tables and columns are missing; columns beyond the documented ones are fine.
    ///
    /// # Errors
    /// When something is missing.
    pub async fn check(&self, tables: &[Table]) -> anyhow::Result<()> {
        let mut missing = Vec::new();
        for table in tables {
            let rows = self
                .client
                .query(
                    "select attname::text from pg_attribute
                     where attrelid = to_regclass(quote_ident($1)) and attnum > 0 and not attisdropped",
                    &[&table.name],
                )
                .await?;
            let known: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
            if known.is_empty() {
                missing.push(format!("the table {}", table.name));
                continue;
            }
            let columns = std::iter::once(table.key).chain(table.columns.iter().map(|(name, _)| *name));
            missing.extend(
                columns
                    .filter(|name| !known.iter().any(|known| known == name))
                    .map(|name| format!("{}.{name}", table.name)),
            );
        }
        if !missing.is_empty() {
            bail!("the source is not laid out as documented; it lacks {}", missing.join(", "));
        }
        Ok(())
    }

    /// What the source has beside the document: columns of documented tables, as `table.column`, and tables.
    ///
    /// # Errors
    /// A fault of the source.
    pub async fn beyond(&self, tables: &[Table]) -> anyhow::Result<Beyond> {
        let documented: Vec<&str> = tables.iter().map(|table| table.name).collect();
        let named: Vec<String> = tables
            .iter()
            .flat_map(|table| {
                let columns = std::iter::once(table.key).chain(table.columns.iter().map(|(name, _)| *name));
                columns.map(|column| format!("{}.{column}", table.name))
            })
            .collect();
        let columns = "select t.name || '.' || a.attname from unnest($1::text[]) t (name)
            join pg_attribute a on a.attrelid = to_regclass(quote_ident(t.name)) and a.attnum > 0 and not a.attisdropped
            where t.name || '.' || a.attname <> all ($2) order by 1";
        let others = "select c.relname::text from pg_class c
            where c.relnamespace = (select relnamespace from pg_class where oid = to_regclass(quote_ident(($1::text[])[1])))
              and c.relkind in ('r', 'p') and not c.relispartition and c.relname::text <> all ($1) order by 1";
        let read = |rows: Vec<tokio_postgres::Row>| rows.iter().map(|row| row.get(0)).collect();
        Ok(Beyond {
            columns: read(self.client.query(columns, &[&documented, &named]).await?),
            tables: read(self.client.query(others, &[&documented]).await?),
        })
    }

    /// About how many rows a table has, for the progress bar.
    pub(super) async fn estimate(&self, table: &Table) -> anyhow::Result<u64> {
        let row = self
            .client
            .query_one(
                "select greatest(reltuples, 0)::bigint from pg_class where oid = to_regclass(quote_ident($1))",
                &[&table.name],
            )
            .await?;
        Ok(u64::try_from(row.get::<_, i64>(0)).unwrap_or(0))
    }

    /// How a row of a table is JSON that `jsonb` takes for sure, as an expression; none where all of its JSON is such. Not
    /// every `json` is: it may hold a zero character, half of a pair of surrogates, a number that no `numeric` can be.
    pub(super) async fn tame(&self, table: &Table) -> anyhow::Result<Option<String>> {
        let query = "select quote_ident(a.attname), coalesce(e.typcategory, t.typcategory) = any ('{B,N,S,D,T,E,I,G,V,R}'::\"char\"[])
                or coalesce(e.oid, t.oid) = any (array['uuid', 'jsonb', 'bytea', 'xml', 'tsvector']::regtype[]::oid[])
            from pg_attribute a join pg_type t on t.oid = a.atttypid
            left join pg_type e on e.oid = t.typelem and t.typcategory = 'A'
            where a.attrelid = to_regclass(quote_ident($1)) and a.attnum > 0 and not a.attisdropped order by a.attnum";
        let rows = self.client.query(query, &[&table.name]).await?;
        if rows.iter().all(|row| row.get(1)) {
            return Ok(None);
        }
        let column = |row: &tokio_postgres::Row| {
            let (name, is_tame): (String, bool) = (row.get(0), row.get(1));
            if is_tame { format!("t.{name}") } else { format!("t.{name}::text as {name}") }
        };
        let columns = rows.iter().map(column).collect::<Vec<_>>().join(", ");
        Ok(Some(format!("(select row_to_json(tame)::text from (select {columns}) tame)")))
    }

    /// The rows of a table as COPY writes them: key, digest, the row as JSON, where it is wanted the same as [`Self::tame`]
    /// says, then the documented columns.
    pub(super) async fn rows(
        &self,
        table: &Table,
        tame: Option<&str>,
    ) -> anyhow::Result<tokio_postgres::CopyOutStream> {
        let columns: String = table.columns.iter().map(|(name, _)| format!(", t.\"{name}\"::text")).collect();
        let tame = tame.map(|tame| format!(", {tame}")).unwrap_or_default();
        let query = format!(
            "copy (select t.\"{key}\"::text, sha256(convert_to(row_to_json(t)::text, 'UTF8')), row_to_json(t)::text{tame}{columns}
                     from \"{name}\" t) to stdout",
            key = table.key,
            name = table.name,
        );
        self.client.copy_out(&query).await.with_context(|| {
            format!("{name} cannot be read; whoever --from names needs \"grant select on {name}\"", name = table.name)
        })
    }
}
