//! Sending mail that was held while there was no mail server.

use kernel::Permission;
use kernel::id::{Id, MailId};
use runtime::{Change, Columns, Error, Tx, sql};

use super::MailState;
use super::find::FindRefused;
use super::send::order;
use crate::App;

/// The most mails that are released at once; who has more asks again.
const BATCH: i64 = 500;

runtime::refusals! {
    /// Why a mail is not sent now.
    pub enum ReleaseRefused {
        /// It would only be held again.
        NoServer => Conflict, "mail.no_server", "No mail server is set up, so the mail would only be held again. Set RETAINER_SMTP_URL and start the server anew.";
        /// It is not held.
        NotHeld { state: MailState } => Conflict, "mail.not_held", "This mail is {state}; only held mail can be sent now.";
    }
}

/// What became of the wish to send all held mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Released {
    /// How many are on their way now.
    pub released: i64,
    /// How many stay held because the link in them is over.
    pub over: i64,
    /// How many stay held because nobody needs them any more: who they are for has read of it here, or it went on.
    pub overtaken: i64,
    /// How many are still held and can be sent by asking again.
    pub left: i64,
}

fn require_server(app: &App) -> Result<(), Error> {
    if app.smtp.is_some() { Ok(()) } else { Err(ReleaseRefused::NoServer.into()) }
}

/// Sends one held mail now, also when the link in it is over: whoever asks has looked at it.
///
/// # Errors
/// [`ReleaseRefused`], [`FindRefused`], `permission.missing`, or a fault.
pub async fn release(tx: &Tx, app: &App, mail: MailId) -> Result<(), Error> {
    tx.require(Permission::MailRead)?;
    let row = tx
        .optional(
            sql!("select state from mails where organization_id = $1 and id = $2 for update"),
            &[tx.org(), mail.as_uuid()],
        )
        .await?;
    let state = row.ok_or(FindRefused::NotFound)?.word("state")?;
    if state != MailState::Held {
        return Err(ReleaseRefused::NotHeld { state }.into());
    }
    require_server(app)?;
    queue(tx, &[mail]).await
}

/// Sends all held mail now, the oldest first, but for what is of no use any more.
///
/// # Errors
/// [`ReleaseRefused`], `permission.missing`, or a fault.
pub async fn release_all(tx: &Tx, app: &App) -> Result<Released, Error> {
    tx.require(Permission::MailRead)?;
    let rows = tx
        .rows(
            sql!(
                "select id from mails
                 where organization_id = $1 and state = 'held' and (good_until is null or good_until > $2)
                   and not is_overtaken(mails)
                 order by created_at, id limit $3 for update skip locked"
            ),
            &[tx.org(), &tx.now(), &BATCH],
        )
        .await?;
    let mails: Vec<MailId> = rows.iter().map(|row| row.id("id")).collect();
    if !mails.is_empty() {
        require_server(app)?;
    }
    queue(tx, &mails).await?;
    let row = tx
        .one(
            sql!(
                "select count(*) filter (where is_over) as over, count(*) filter (where not is_over and overtaken) as overtaken,
                        count(*) filter (where not is_over and not overtaken) as left
                 from (select coalesce(m.good_until <= $2, false) as is_over, is_overtaken(m) as overtaken
                       from mails m where m.organization_id = $1 and m.state = 'held') kept"
            ),
            &[tx.org(), &tx.now()],
        )
        .await?;
    let released = i64::try_from(mails.len()).unwrap_or(i64::MAX);
    Ok(Released { released, over: row.get("over"), overtaken: row.get("overtaken"), left: row.get("left") })
}

async fn queue(tx: &Tx, mails: &[MailId]) -> Result<(), Error> {
    let ids: Vec<uuid::Uuid> = mails.iter().map(|mail| mail.uuid()).collect();
    tx.execute(
        sql!("update mails set state = 'queued' where organization_id = $1 and id = any ($2) and state = 'held'"),
        &[tx.org(), &ids],
    )
    .await?;
    for mail in mails {
        order(tx, *mail);
        tx.record(
            Change::new("mail.released", "mail", *mail)
                .before(serde_json::json!({"state": MailState::Held}))
                .after(serde_json::json!({"state": MailState::Queued})),
        );
    }
    Ok(())
}
