//! What a running server is made of. Doors and jobs hold it; verbs never see it, they get a transaction.

use std::sync::Arc;

use kernel::id::OrganizationId;
use kernel::{Actor, Clock};
use runtime::files::Files;
use runtime::http::edge::Proxy;
use runtime::ids::Ids;
use runtime::secret::Key;
use runtime::smtp::Smtp;
use runtime::tx::{Access, Committed, Scope, Told};
use runtime::{Database, Error, Tx};
use uuid::Uuid;

use crate::doors::rate::Rate;
use crate::files::{Limits, Previews};
use crate::live::{self, Hub};
use crate::organizations::find::Directory;
use crate::people::authenticate::{Sessions, concerns_sessions};

/// A running server's parts, cheap to clone.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

/// The parts by name.
#[derive(Debug)]
pub struct Parts {
    /// The database.
    pub db: Database,
    /// The one source of `now`.
    pub clock: Clock,
    /// The one source of ids.
    pub ids: Ids,
    /// The installation's key.
    pub key: Key,
    /// The address under which people reach this installation, without a slash at the end.
    pub public_url: String,
    /// Whether a proxy in front is believed.
    pub proxy: Proxy,
    /// Which slug belongs to which organization.
    pub directory: Directory,
    /// Where people's files lie.
    pub files: Files,
    /// How much of them is taken.
    pub file_limits: Limits,
    /// Small pictures of them that were made lately.
    pub previews: Previews,
    /// The mail server; without one, mail stays in the outbox.
    pub smtp: Option<Smtp>,
    /// How many days of life a sample organization has.
    pub sample_days: i64,
    /// Sessions that were looked up a moment ago.
    pub sessions: Sessions,
    /// How many requests each token has sent to this server lately.
    pub rate: Rate,
    /// Whoever listens here for what changes.
    pub live: Hub,
}

impl std::ops::Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The same database with another clock, for what happened in the past. Nobody hears of its changes as they happen, no
    /// mail leaves by it, and what it remembers is its own.
    #[must_use]
    pub fn at_another_time(&self, clock: Clock) -> Self {
        Self::new(Parts {
            db: self.db.clone(),
            ids: Ids::random(clock.clone()),
            clock,
            key: self.key.clone(),
            public_url: self.public_url.clone(),
            proxy: self.proxy,
            directory: Directory::default(),
            files: self.files.clone(),
            file_limits: self.file_limits,
            previews: Previews::default(),
            smtp: None,
            sample_days: self.sample_days,
            sessions: Sessions::default(),
            rate: Rate::new(0),
            live: Hub::default(),
        })
    }

    /// A transaction of an organization. What guests do begins deep within the verbs, where no door hands them the id of the
    /// request, so the audit trail gets that of the request that is being served, if one is.
    ///
    /// # Errors
    /// A fault when no connection is to be had.
    pub async fn begin(&self, organization: OrganizationId, actor: Actor, access: Access) -> Result<Tx, Error> {
        self.begin_for(organization, actor, access, runtime::http::edge::current()).await
    }

    /// A transaction of an organization for a request, whose id the audit trail keeps.
    ///
    /// # Errors
    /// A fault when no connection is to be had.
    pub async fn begin_for(
        &self,
        organization: OrganizationId,
        actor: Actor,
        access: Access,
        request: Option<Uuid>,
    ) -> Result<Tx, Error> {
        let scope = Scope { organization, actor, now: self.clock.now(), request };
        let tx = Tx::begin(&self.db, &self.ids, scope, access).await?;
        if access != Access::Write {
            return Ok(tx);
        }
        let app = self.clone();
        let tell = Arc::new(move |committed: Committed<'_>| {
            if committed.changes.iter().any(concerns_sessions) {
                app.sessions.forget();
            }
            if committed.is_live {
                app.live.changed();
            }
        });
        Ok(tx.telling(Told { tell, live: live::rules::heard_of }))
    }

    /// The absolute address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.public_url)
    }
}
