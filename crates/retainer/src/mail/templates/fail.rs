//! A template that failed while a mail was written.

use kernel::id::{MailTemplateId, UserId};
use runtime::{Change, Columns, Error, Tx, sql};

use super::MailKind;
use crate::mail::render::{BASE, button, paragraph};
use crate::mail::{Letter, Secrecy, Stopping, send};

/// Which template failed, and how.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Failure {
    /// Of which kind.
    pub kind: MailKind,
    /// Which version.
    pub version: i32,
    /// Why, in a sentence.
    pub why: String,
}

/// Writes down that a template failed, and tells the owners, once for each version.
///
/// # Errors
/// A fault.
pub async fn tell_failure(tx: &Tx, failure: &Failure) -> Result<(), Error> {
    let Failure { kind, version, why } = failure;
    let failed = tx
        .optional(
            sql!(
                "update mail_templates set failed_at = $4, failure = $5
                 where organization_id = $1 and kind = $2 and version = $3 and failed_at is null returning id"
            ),
            &[tx.org(), &kind.word(), version, &tx.now(), why],
        )
        .await?;
    let Some(template) = failed.map(|row| row.id::<MailTemplateId>("id")) else { return Ok(()) };
    tx.record(
        Change::new("mail_template.failed", "mail_template", template)
            .after(serde_json::json!({"kind": kind, "version": version, "failure": why})),
    );
    let owners = tx
        .rows(
            sql!(
                "select u.id, u.email, o.slug, o.name from memberships m
                 join users u on u.id = m.user_id
                 join organizations o on o.organization_id = m.organization_id
                 where m.organization_id = $1 and m.role = 'owner' and m.ended_at is null order by m.created_at, m.id"
            ),
            &[tx.org()],
        )
        .await?;
    for row in &owners {
        let address = format!("{BASE}/{}/settings/mail-templates/{kind}", row.get::<_, &str>("slug"));
        let said = format!(
            "Version {version} of your template for “{}” could not be filled in: {why} The mail went out as it comes with the \
             program, and so do the next ones that it fails for.",
            kind.label()
        );
        let letter = Letter {
            kind: "mail_template.failed",
            to: row.word("email")?,
            user: Some(row.id::<UserId>("id")),
            subject: format!("A mail template failed: {}", kind.label()),
            text: format!("{said}\n\n{address}"),
            html: maud::html! { (paragraph(&said)) (button(&address, "Look at the template")) },
            reason: format!("You get this because you own {}.", row.get::<_, &str>("name")),
            secrecy: Secrecy::Open,
            stopping: Stopping::Never,
            good_for: None,
            template: None,
            template_failure: None,
        };
        send(tx, letter).await?;
    }
    Ok(())
}
