//! The jobs of mail.

use kernel::Actor;
use kernel::id::{MailId, OrganizationId};
use runtime::Error;
use runtime::jobs::graphile_worker::{IntoTaskHandlerResult, TaskHandler, WorkerContext};
use runtime::tx::Access;

use super::templates::{Failure, tell_failure};
use super::{Delivery, deliver};
use crate::App;

/// Delivers a mail; a failed try is repeated, ever more patiently, for about three days.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Deliver {
    /// Whose mail.
    organization: OrganizationId,
    /// Which.
    mail: MailId,
}

impl TaskHandler for Deliver {
    const IDENTIFIER: &'static str = "mail.deliver";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = context.get_ext::<App>().ok_or_else(|| "the worker has no app".to_owned())?;
        let last_try = context.job().attempts() >= context.job().max_attempts();
        let delivery = Delivery { organization: self.organization, mail: self.mail, last_try };
        deliver(app, delivery).await.map_err(|error| error.to_string())
    }
}

/// Writes down that a template could not be filled in, and tells the owners.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct TemplateFailed {
    /// Whose template.
    organization: OrganizationId,
    /// Which, and why.
    failure: Failure,
}

impl TaskHandler for TemplateFailed {
    const IDENTIFIER: &'static str = "mail.template_failed";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = context.get_ext::<App>().ok_or_else(|| "the worker has no app".to_owned())?;
        written_down(app, self).await.map_err(|error| error.to_string())
    }
}

async fn written_down(app: &App, failed: TemplateFailed) -> Result<(), Error> {
    let tx = app.begin(failed.organization, Actor::system("mail.templates"), Access::Write).await?;
    tell_failure(&tx, &failed.failure).await?;
    tx.commit().await
}
