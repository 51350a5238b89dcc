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
    let (total, tame) = (source.estimate(table).await?, source.tame(table).await?);
    let columns: String = table.columns.iter().map(|(name, kind)| format!(", \"{name}\" {kind}")).collect();
    let names: String = table.columns.iter().map(|(name, _)| format!(", \"{name}\"")).collect();
    let name = table.name;
    target.run(&staged(name, &columns), &[]).await?;
    let into = match tame {
        None => format!("staged_{name}"),
        Some(_) => format!("untamed_{name}"),
    };
    if tame.is_some() {
        let make =
            format!("create temp table {into} (source_id text, digest bytea, row text, tame text{columns}); {TAKEN}");
        target.run(&make, &[]).await?;
    }
    let rows = source.rows(table, tame.as_deref()).await?;
    let tame_too = if tame.is_some() { ", tame" } else { "" };
    let copy = format!("copy {into} (source_id, digest, row{tame_too}{names}) from stdin");
    let sink = target.client().copy_in::<_, Bytes>(&copy).await?;
    pin_mut!(rows, sink);
    let mut done = 0;
    while let Some(row) = rows.next().await {
        sink.feed(row.with_context(|| format!("{name} cannot be read on"))?).await?;
        done += 1;
        if done % REPORT_EVERY == 0 {
            watch(Progress { doing: Doing::Reading, table: name, done, total: total.max(done) });
        }
    }
    let copied = sink.finish().await.map_err(|error| unread((name, &into), &error))?;
    if tame.is_some() {
        let take = format!(
            "insert into staged_{name} (source_id, digest, row{names}, json_as_text)
             select u.source_id, u.digest, coalesce(t.row, u.tame::jsonb){names}, t.row is null
               from {into} u cross join lateral (select pg_temp.taken(u.row) as row offset 0) t;
             drop table {into}"
        );
        target.run(&take, &[]).await?;
    }
    watch(Progress { doing: Doing::Reading, table: name, done: copied, total: copied });
    target
        .run(&format!("create unique index on staged_{name} (source_id); analyze staged_{name}"), &[])
        .await
        .with_context(|| format!("{name} has two rows with the same {}", table.key))?;
    Ok(copied)
}

/// A table for the rows of one of the source's.
pub fn staged(name: &str, columns: &str) -> String {
    format!(
        "create temp table staged_{name} (source_id text, digest bytea, row jsonb{columns},
             json_as_text boolean not null default false)"
    )
}

/// A row as `jsonb`, or null where it is none.
const TAKEN: &str = "create or replace function pg_temp.taken(p_row text) returns jsonb language plpgsql as $taken$
    begin
        return p_row::jsonb;
    exception
        when data_exception or program_limit_exceeded then return null;
    end
    $taken$";

/// Which value of which row is none of its documented type.
fn unread((table, into): (&str, &str), error: &tokio_postgres::Error) -> anyhow::Error {
    let Some(said) = error.as_db_error() else { return anyhow::Error::msg(error.to_string()) };
    let place = said.where_().unwrap_or_default().replace(&format!("COPY {into}, "), "");
    anyhow::Error::msg(format!("{} ({place})", said.message()))
        .context(format!("{table} holds what the document does not allow; mend it in the source"))
}
