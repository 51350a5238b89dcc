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
    let copied = sink.finish().await.with_context(|| format!("{name} holds what cannot be read"))?;
    watch(Progress { doing: Doing::Reading, table: name, done: copied, total: copied });
    target
        .run(&format!("create unique index on staged_{name} (source_id); analyze staged_{name}"), &[])
        .await
        .with_context(|| format!("{name} has two rows with the same {}", table.key))?;
    Ok(copied)
}
