//! The job of mail.

use kernel::id::{MailId, OrganizationId};
use runtime::jobs::graphile_worker::{IntoTaskHandlerResult, TaskHandler, WorkerContext};

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
