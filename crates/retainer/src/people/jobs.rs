//! The jobs of people.

use kernel::Email;
use kernel::id::OrganizationId;
use runtime::jobs::graphile_worker::{IntoTaskHandlerResult, TaskHandler, WorkerContext};
use runtime::sql;

use super::send_reset;
use crate::App;
use crate::jobs::{Duty, forget};

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

/// Sessions that ended a month ago are forgotten; the audit trail still knows that there were such.
pub const FORGET_SESSIONS: Duty = Duty {
    name: "people.forget_sessions",
    due: sql!(
        "select distinct organization_id from sessions where expires_at <= $1::timestamptz - interval '720 hours'"
    ),
    run: |app, organization| Box::pin(forget(app, organization, SESSIONS)),
};

/// Links that ended a month ago are forgotten.
pub const FORGET_LINKS: Duty = Duty {
    name: "people.forget_links",
    due: sql!(
        "select distinct organization_id from secret_links where expires_at <= $1::timestamptz - interval '720 hours'"
    ),
    run: |app, organization| Box::pin(forget(app, organization, LINKS)),
};

const SESSIONS: &str = sql!(
    "delete from sessions where organization_id = $1 and id in (
        select id from sessions where organization_id = $1 and expires_at <= $2
        order by expires_at limit 1000 for update skip locked)"
);

const LINKS: &str = sql!(
    "delete from secret_links where organization_id = $1 and id in (
        select id from secret_links where organization_id = $1 and expires_at <= $2
        order by expires_at limit 1000 for update skip locked)"
);
