//! Bringing the source's rows beside ours: from COPY to COPY, unread, into temporary tables.

use anyhow::Context;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, pin_mut};
use runtime::carry::REPORT_EVERY;

use super::{Doing, Progress, Source, Table, Target, Watch};

/// Copies a table; how many rows it has.
///
/// # Errors
/// When either side fails.
pub async fn stage(source: &Source, target: &Target, table: &Table, watch: Watch<'_>) -> anyhow::Result<u64> {
    let total = source.estimate(table).await?;
    let columns: String = table.columns.iter().map(|(name, kind)| format!(", \"{name}\" {kind}")).collect();
    let name = table.name;
    target
        .run(&format!("create temp table staged_{name} (source_id text, digest bytea, row jsonb{columns})"), &[])
        .await?;
    let rows = source.rows(table).await?;
    let sink = target.client().copy_in::<_, Bytes>(&format!("copy staged_{name} from stdin")).await?;
    pin_mut!(rows, sink);
    let mut done = 0;
    while let Some(row) = rows.next().await {
        sink.feed(row.with_context(|| format!("{name} cannot be read on"))?).await?;
        done += 1;
        if done % REPORT_EVERY == 0 {
            watch(Progress { doing: Doing::Reading, table: name, done, total: total.max(done) });
        }
    }
    let copied = sink.finish().await.map_err(|error| unread(name, &error))?;
    watch(Progress { doing: Doing::Reading, table: name, done: copied, total: copied });
    target
        .run(&format!("create unique index on staged_{name} (source_id); analyze staged_{name}"), &[])
        .await
        .with_context(|| format!("{name} has two rows with the same {}", table.key))?;
    Ok(copied)
}

/// Which value of which row is none of its documented type.
fn unread(table: &str, error: &tokio_postgres::Error) -> anyhow::Error {
    let Some(said) = error.as_db_error() else { return anyhow::Error::msg(error.to_string()) };
    let place = said.where_().unwrap_or_default().replace(&format!("COPY staged_{table}, "), "");
    anyhow::Error::msg(format!("{} ({place})", said.message()))
        .context(format!("{table} holds what the document does not allow; mend it in the source"))
}
