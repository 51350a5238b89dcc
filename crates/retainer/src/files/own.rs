//! A received file becomes somebody's, or stops being anybody's.

use kernel::id::{AttachmentId, Id};
use runtime::tx::Enqueued;
use runtime::{Error, Tx, sql};

use super::{FileRefused, Limits, Received, spoken};

/// Makes a received file part of what the transaction writes, within what the organization may keep.
///
/// # Errors
/// [`FileRefused`], or a fault.
pub async fn own(tx: &Tx, file: &Received, limits: Limits) -> Result<(), Error> {
    // One that is about to be swept is not taken any more.
    let owned = sql!(
        "delete from loose_files where organization_id = $1 and id = $2 and since > $3::timestamptz - interval '12 hours'"
    );
    if tx.execute(owned, &[tx.org(), file.id.as_uuid(), &tx.now()]).await? != 1 {
        return Err(FileRefused::Stale.into());
    }
    let most = i64::try_from(limits.organization).unwrap_or(i64::MAX);
    let bytes = i64::try_from(file.bytes).unwrap_or(i64::MAX);
    let counted = tx
        .execute(
            sql!(
                "insert into file_usage as u (organization_id, files, bytes) select $1, 1, $2::bigint where $2::bigint <= $3::bigint
                 on conflict (organization_id) do update set files = u.files + 1, bytes = u.bytes + $2
                     where u.bytes + $2 <= $3"
            ),
            &[tx.org(), &bytes, &most],
        )
        .await?;
    if counted == 1 { Ok(()) } else { Err(FileRefused::Full { most: spoken(limits.organization) }.into()) }
}

/// Lets files go whose rows the transaction takes away: what they are, and how many bytes each has. They are swept in a
/// day, so that who is reading one reads it to its end.
///
/// # Errors
/// A fault.
pub async fn let_go(tx: &Tx, files: &[(AttachmentId, i64)]) -> Result<(), Error> {
    if files.is_empty() {
        return Ok(());
    }
    let ids: Vec<uuid::Uuid> = files.iter().map(|(id, _)| id.uuid()).collect();
    let (count, bytes) = (i64::try_from(files.len()).unwrap_or(0), files.iter().map(|(_, bytes)| bytes).sum::<i64>());
    tx.execute(
        sql!("insert into loose_files (organization_id, id, since) select $1, unnest($2::uuid[]), $3"),
        &[tx.org(), &ids, &tx.now()],
    )
    .await?;
    tx.execute(
        sql!("update file_usage set files = files - $2::bigint, bytes = bytes - $3::bigint where organization_id = $1"),
        &[tx.org(), &count, &bytes],
    )
    .await
    .map(drop)
}

/// Lets a file go that counts for no limit, such as an archive, and has it removed as soon as the transaction lasts. The sweep
/// looks after it once more in a day, in case somebody was still writing it.
///
/// # Errors
/// A fault.
pub async fn let_go_now(tx: &Tx, file: uuid::Uuid) -> Result<(), Error> {
    tx.execute(
        sql!(
            "insert into loose_files (organization_id, id, since) values ($1, $2, $3)
             on conflict (organization_id, id) do nothing"
        ),
        &[tx.org(), &file, &tx.now()],
    )
    .await?;
    let payload = serde_json::json!({ "file": file });
    tx.enqueue(Enqueued { name: "files.remove", payload, run_at: None, key: None });
    Ok(())
}

/// How many files the organization keeps, and how many bytes they have.
///
/// # Errors
/// A fault.
pub async fn usage(tx: &Tx) -> Result<(i64, i64), Error> {
    let row = tx.optional(sql!("select files, bytes from file_usage where organization_id = $1"), &[tx.org()]).await?;
    Ok(row.map_or((0, 0), |row| (row.get("files"), row.get("bytes"))))
}
