//! All background jobs, in one list: those that a transaction orders, and the duties that the clock brings.

use std::collections::HashMap;
use std::future::Future;

use futures_util::future::BoxFuture;
use kernel::Actor;
use kernel::id::{Id, OrganizationId};
use runtime::jobs::graphile_worker::{Cron, IntoTaskHandlerResult, TaskHandler, WorkerContext, WorkerOptions};
use runtime::tx::Access;
use runtime::{Error, Tx};
use uuid::Uuid;

use crate::{
    App, closing, contracts, doors, exports, files, invoices, ledger, live, mail, people, sample, subscriptions,
};

/// A worker that knows every job.
pub fn worker(app: &App) -> WorkerOptions {
    WorkerOptions::default()
        .add_extension(app.clone())
        .define_job::<mail::jobs::Deliver>()
        .define_job::<mail::jobs::TemplateFailed>()
        .define_job::<people::jobs::SendReset>()
        .define_job::<files::jobs::Remove>()
        .define_job::<exports::jobs::Write>()
        .define_job::<sample::jobs::Make>()
        .define_job::<sample::jobs::Unmake>()
        .define_job::<Tick>()
        .with_cron(Cron::every_minute::<Tick>())
}

/// Something that falls due by itself in an organization.
pub struct Duty {
    /// What it is called in the log.
    pub name: &'static str,
    /// The organizations where it is due at `$1`; asked across all of them, so it must use an index.
    pub due: &'static str,
    /// Does it in one organization. It is called again as long as it is due.
    pub run: fn(App, OrganizationId) -> BoxFuture<'static, Result<(), Error>>,
}

/// How many things are looked up at a time.
const BATCH: i64 = 100;

/// A duty that is done thing by thing, each in a transaction of its own: nobody waits for more than one thing, and one
/// that cannot be done neither undoes what was done to another nor keeps it waiting.
pub trait ThingByThing: 'static {
    /// What it is called in the log and in the audit trail.
    const NAME: &'static str;
    /// How often it may be done to one thing in a tick. Where one act leaves more of the same to be done, such as periods
    /// that were missed, it is more than once.
    const TURNS: u32 = 1;
    /// What it is done to.
    type Thing: Send + Sync;

    /// What names a thing among those that the duty is done to.
    fn id(thing: &Self::Thing) -> Uuid;

    /// The next things on which it is due, at most so many; not those of `but`.
    fn due(tx: &Tx, but: &[Uuid], limit: i64) -> impl Future<Output = Result<Vec<Self::Thing>, Error>> + Send;

    /// Does it to one.
    fn act(tx: &Tx, thing: &Self::Thing) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Does such a duty in one organization, until nothing is due any more but what could not be done, or what is still due
/// after its turns. That has more of them at the next tick.
pub fn thing_by_thing<D: ThingByThing>(
    app: App,
    organization: OrganizationId,
) -> BoxFuture<'static, Result<(), Error>> {
    Box::pin(async move {
        let begin = |access| app.begin(organization, Actor::system(D::NAME), access);
        let mut turns = Turns::default();
        loop {
            let things = D::due(&begin(Access::Read).await?, &turns.over, BATCH).await?;
            if things.is_empty() {
                return turns.end();
            }
            for thing in &things {
                if !turns.take(D::id(thing), D::TURNS) {
                    continue;
                }
                let done = async {
                    let tx = begin(Access::Write).await?;
                    D::act(&tx, thing).await?;
                    tx.commit().await
                };
                turns.note(D::id(thing), done.await);
            }
        }
    })
}

/// Whose turn it was while a duty went through the things on which it is due. One that fails, or is due however often it
/// had its turn, is passed over, so that it cannot keep the others waiting for ever.
#[derive(Debug, Default)]
struct Turns {
    taken: HashMap<Uuid, u32>,
    over: Vec<Uuid>,
    first: Option<Error>,
}

impl Turns {
    /// Whether it is the thing's turn.
    fn take(&mut self, thing: Uuid, most: u32) -> bool {
        let taken = self.taken.entry(thing).or_default();
        *taken += 1;
        if *taken > most {
            tracing::warn!(%thing, "a duty is still due on one thing after its turn");
            self.over.push(thing);
            return false;
        }
        true
    }

    fn note(&mut self, thing: Uuid, outcome: Result<(), Error>) {
        if let Err(error) = outcome {
            tracing::error!(%thing, %error, "a duty was not done on one thing");
            self.over.push(thing);
            self.first.get_or_insert(error);
        }
    }

    /// The first fault, when all had their turn.
    fn end(self) -> Result<(), Error> {
        self.first.map_or(Ok(()), Err)
    }
}

/// How long what is over is kept before it is swept away.
pub const KEPT: jiff::SignedDuration = jiff::SignedDuration::from_hours(30 * 24);

/// How long a report over a contract's login may run; it is set to a minute, which it may change itself.
const REPORT: std::time::Duration = std::time::Duration::from_secs(120);

/// All duties, in the order in which they are done.
const DUTIES: &[Duty] = &[
    subscriptions::jobs::RENEW,
    subscriptions::jobs::SETTLE_CREDIT,
    subscriptions::jobs::FALL_DUE,
    invoices::jobs::REMIND,
    ledger::jobs::SETTLE,
    people::jobs::FORGET_SESSIONS,
    people::jobs::FORGET_LINKS,
    doors::jobs::FORGET_ANSWERS,
    live::jobs::FORGET_CHANGES,
    files::jobs::SWEEP,
];

/// What still falls due in organizations that are being closed.
const LAST_DUTIES: &[Duty] = &[exports::jobs::EXPIRE, closing::jobs::REMIND, closing::jobs::REMOVE];

/// Deletes what ended at `$2` or before, a batch a transaction, so that nobody waits for a long one. Nothing of it says
/// anything that the audit trail does not say, so none is written.
///
/// # Errors
/// A fault.
pub async fn forget(app: App, organization: OrganizationId, statement: &'static str) -> Result<(), Error> {
    loop {
        let tx = app.begin(organization, Actor::system("duties.forget"), Access::Write).await?;
        let before = tx.now().checked_sub(KEPT).unwrap_or(tx.now());
        let deleted = tx.execute(statement, &[tx.org(), &before]).await?;
        tx.commit().await?;
        if deleted == 0 {
            return Ok(());
        }
    }
}

/// Does what is due. Nothing depends on its being on time: balances and periods are told right without it.
///
/// A unit, because the clock's own jobs carry `null`.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Tick;

impl TaskHandler for Tick {
    const IDENTIFIER: &'static str = "duties.tick";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        match context.get_ext::<App>() {
            Some(app) => {
                // The clock ticks again in a minute: to try this tick again as well would only do everything twice.
                if let Err(error) = tick(app).await {
                    tracing::error!(%error, "not everything that was due is done");
                }
                Ok(())
            }
            None => Err("the worker does not know its server".to_owned()),
        }
    }
}

/// Does everything that is due now, in all organizations. Trouble in one does not keep the others waiting.
///
/// # Errors
/// The first fault, after all have had their turn.
pub async fn tick(app: &App) -> Result<(), Error> {
    let mut first = people::forget_limits(app).await;
    if let Err(error) = contracts::end_stalled(app, REPORT).await {
        tracing::error!(%error, "reports that run for too long were not ended");
        first = first.and(Err(error));
    }
    let left_alone = closing::jobs::left_alone(app).await?;
    for duty in DUTIES {
        let due = due(app, duty).await?;
        let open = due.into_iter().filter(|organization| !left_alone.contains(organization));
        do_in(app, duty, open.collect(), &mut first).await;
    }
    for duty in LAST_DUTIES {
        let due = due(app, duty).await?;
        do_in(app, duty, due, &mut first).await;
    }
    first
}

/// Does what is due now in one organization, whether or not the clock's own tick leaves it alone.
///
/// # Errors
/// The first fault, after all duties were tried.
pub async fn tick_in(app: &App, organization: OrganizationId) -> Result<(), Error> {
    let mut first = Ok(());
    for duty in DUTIES {
        let due = due(app, duty).await?.into_iter().filter(|it| *it == organization);
        do_in(app, duty, due.collect(), &mut first).await;
    }
    first
}

/// Where a duty is due.
async fn due(app: &App, duty: &Duty) -> Result<Vec<OrganizationId>, Error> {
    let operator = app.db.operator().await?;
    let statement = operator.prepare_cached(duty.due).await?;
    let rows = operator.query(&statement, &[&app.clock.now()]).await?;
    Ok(rows.iter().map(|row| OrganizationId::from_uuid(row.get(0))).collect())
}

/// Does a duty in some organizations, and keeps the first fault.
async fn do_in(app: &App, duty: &Duty, organizations: Vec<OrganizationId>, first: &mut Result<(), Error>) {
    for organization in organizations {
        if let Err(error) = (duty.run)(app.clone(), organization).await {
            tracing::error!(duty = duty.name, %organization, %error, "a duty was not done");
            if first.is_ok() {
                *first = Err(error);
            }
        }
    }
}
