//! What somebody is writing: looked at and not saved yet.

use kernel::id::{Id, MembershipId};
use kernel::{ActorKind, Permission};
use runtime::{Error, Tx, sql};

use super::MailKind;
use super::guard::LONGEST_SUBJECT;
use super::save::tidy;

runtime::refusals! {
    /// Why a draft is not kept.
    pub enum DraftRefused {
        /// It has no room.
        TooLongSubject => Invalid, "mail_template.long_subject", "A subject has at most 1000 letters.", at "/subject";
        /// It has no room.
        TooLongBody => Invalid, "mail_template.long_body", "A template has at most 16384 bytes.", at "/body";
    }
}

/// A draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) subject: String,
    pub(super) body: String,
}

fn member(tx: &Tx) -> Option<MembershipId> {
    match tx.actor().kind {
        ActorKind::User { membership, .. } => Some(membership),
        _ => None,
    }
}

/// Keeps what somebody is writing, whatever it is; one for each kind.
pub(super) async fn keep(tx: &Tx, kind: MailKind, subject: &str, body: &str) -> Result<(), Error> {
    tx.require(Permission::SettingsWrite)?;
    let Some(member) = member(tx) else { return Ok(()) };
    let (subject, body) = (tidy(subject), tidy(body));
    if subject.chars().count() > LONGEST_SUBJECT {
        return Err(DraftRefused::TooLongSubject.into());
    }
    if body.chars().count() > 20_000 {
        return Err(DraftRefused::TooLongBody.into());
    }
    tx.execute(
        sql!(
            "insert into mail_template_drafts (organization_id, membership_id, kind, subject, body, saved_at)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (organization_id, membership_id, kind)
             do update set subject = excluded.subject, body = excluded.body, saved_at = excluded.saved_at"
        ),
        &[tx.org(), member.as_uuid(), &kind.word(), &subject, &body, &tx.now()],
    )
    .await
    .map(drop)
}

/// What the actor is writing of a kind.
pub(super) async fn find(tx: &Tx, kind: MailKind) -> Result<Option<Draft>, Error> {
    tx.require(Permission::SettingsWrite)?;
    let Some(member) = member(tx) else { return Ok(None) };
    let row = tx
        .optional(
            sql!(
                "select subject, body from mail_template_drafts
                 where organization_id = $1 and membership_id = $2 and kind = $3"
            ),
            &[tx.org(), member.as_uuid(), &kind.word()],
        )
        .await?;
    Ok(row.map(|row| Draft { subject: row.get("subject"), body: row.get("body") }))
}

/// Drops what the actor was writing of a kind.
pub(super) async fn forget(tx: &Tx, kind: MailKind) -> Result<(), Error> {
    tx.require(Permission::SettingsWrite)?;
    let Some(member) = member(tx) else { return Ok(()) };
    tx.execute(
        sql!(
            "delete from mail_template_drafts
             where organization_id = $1 and membership_id = $2 and kind = $3"
        ),
        &[tx.org(), member.as_uuid(), &kind.word()],
    )
    .await
    .map(drop)
}
