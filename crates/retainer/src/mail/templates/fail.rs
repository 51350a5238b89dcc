//! A template that failed while a mail was written.

use kernel::id::MailTemplateId;
use runtime::{Change, Columns, Error, Tx, sql};

use super::MailKind;
use crate::mail::{ToOwners, to_owners};

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
    let said = format!(
        "Version {version} of your template for “{}” could not be filled in: {why} The mail went out as it comes with the \
         program, and so do the next ones that it fails for.",
        kind.label()
    );
    let told = ToOwners {
        kind: "mail_template.failed",
        subject: format!("A mail template failed: {}", kind.label()),
        said,
        page: format!("/settings/mail-templates/{kind}"),
        label: "Look at the template",
    };
    to_owners(tx, &told).await
}
