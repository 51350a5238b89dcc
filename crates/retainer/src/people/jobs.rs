//! The jobs of people.

use kernel::Email;
use kernel::id::OrganizationId;
use runtime::jobs::graphile_worker::{IntoTaskHandlerResult, TaskHandler, WorkerContext};

use super::send_reset;
use crate::App;

/// Looks whether an address belongs to somebody, and if so sends the link for a new password.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct SendReset {
    /// Where it was asked for.
    organization: OrganizationId,
    /// For which address.
    email: Email,
}

impl TaskHandler for SendReset {
    const IDENTIFIER: &'static str = "people.send_reset";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = context.get_ext::<App>().ok_or_else(|| "the worker does not know its server".to_owned())?;
        send_reset(app, self.organization, &self.email).await.map_err(|error| error.to_string())
    }
}
