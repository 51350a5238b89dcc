//! The jobs of samples: making one, and removing one.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use kernel::id::{Id, OrganizationId, UserId};
use kernel::{Clock, Role};
use runtime::jobs::graphile_worker::{IntoTaskHandlerResult, TaskHandler, WorkerContext};
use runtime::secret::Token;
use runtime::tx::{Access, Enqueued};
use runtime::{Columns, Error, sql, turn};

use super::find::{SampleState, latest};
use super::teller::Telling;
use super::{Told, days_before, making, story};
use crate::people::{self, AddMember};
use crate::{App, closing};

/// How long a making may be silent before what there is of it is removed.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);
/// When an order is looked at again that cannot be taken on now.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(20);
/// How often it is written down how far it is.
const BETWEEN_NOTES: Duration = Duration::from_secs(1);
/// How long a removal may take at once; the clock's duty goes on.
const TURN: Duration = Duration::from_secs(60);

/// Makes the sample that an organization ordered.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Make {
    /// Who ordered it.
    organization: OrganizationId,
}

impl TaskHandler for Make {
    const IDENTIFIER: &'static str = "sample.make";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = context.get_ext::<App>().ok_or_else(|| "the worker does not know its server".to_owned())?;
        make(app, self.organization).await.map_err(|error| error.to_string())
    }
}

/// Removes a sample.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Unmake {
    /// Whose it was.
    organization: OrganizationId,
    /// Which.
    made: OrganizationId,
}

impl TaskHandler for Unmake {
    const IDENTIFIER: &'static str = "sample.unmake";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = context.get_ext::<App>().ok_or_else(|| "the worker does not know its server".to_owned())?;
        unmake(app, self.organization, self.made).await.map_err(|error| error.to_string())
    }
}

async fn unmake(app: &App, organization: OrganizationId, made: OrganizationId) -> Result<(), Error> {
    let tx = app.begin(organization, making::actor(), Access::Read).await?;
    let is_its = latest(&tx).await?.is_some_and(|sample| sample.made == Some(made));
    drop(tx);
    if !is_its {
        return Ok(());
    }
    making::close(app, made).await?;
    let begun = Instant::now();
    closing::remove(app, made, TURN).await?;
    // Whoever makes it learns within a moment that it is not wanted, and holds its removal off until then.
    while making::is_there(app, made).await? {
        if begun.elapsed() > TURN {
            return Err(Error::internal("the sample is not whole removed yet"));
        }
        tokio::time::sleep(BETWEEN_NOTES / 4).await;
        closing::remove(app, made, TURN).await?;
    }
    let tx = app.begin(organization, making::actor(), Access::Write).await?;
    let forgotten = sql!(
        "update samples set made_id = null, slug = null where organization_id = $1 and made_id = $2 and state = 'discarded'"
    );
    tx.execute(forgotten, &[tx.org(), made.as_uuid()]).await?;
    tx.commit().await
}

/// Ends the sample of an organization that is being removed itself.
///
/// # Errors
/// A fault.
pub async fn close_of(app: &App, organization: OrganizationId) -> Result<(), Error> {
    let tx = app.begin(organization, making::actor(), Access::Read).await?;
    let made = latest(&tx).await?.and_then(|sample| sample.made);
    drop(tx);
    match made {
        Some(made) => making::close(app, made).await,
        None => Ok(()),
    }
}

/// Makes it, unless it was discarded meanwhile. One that fails is said to have failed, and what there is of it is removed;
/// whoever wants one orders it again.
async fn make(app: &App, organization: OrganizationId) -> Result<(), Error> {
    // One at a time in the installation: each keeps a processor busy, and a place that mail waits for.
    let owner = app.db.owner().await?;
    let key = turn::key_of(&owner, "sample.make").await?;
    if !turn::try_take(&owner, &owner, key).await? {
        return again(app, organization, app.clock.now()).await;
    }
    let Some(order) = begin(app, organization).await? else { return Ok(()) };
    // Nothing is removed while it is still being told: what came after would be in the way of what goes, and stay.
    if !closing::take_turn(&owner, order.made).await? {
        return Ok(());
    }
    let told = tokio::select! {
        told = tell(app, &order) => told.map(|()| true),
        over = note(app, &order) => over.map(|()| false),
    };
    let done = match told {
        Ok(true) => finish(app, &order).await,
        other => other,
    };
    match done {
        Ok(true) => Ok(()),
        Ok(false) => making::close(app, order.made).await,
        Err(error) => {
            tracing::error!(%organization, %error, "a sample could not be made");
            let tx = app.begin(organization, making::actor(), Access::Write).await?;
            let failed = sql!(
                "update samples set state = 'failed' where organization_id = $1 and made_id = $2 and state = 'making'"
            );
            tx.execute(failed, &[tx.org(), order.made.as_uuid()]).await?;
            tx.commit().await?;
            making::close(app, order.made).await
        }
    }
}

/// A sample that is being made.
#[derive(Debug)]
struct Order {
    organization: OrganizationId,
    made: OrganizationId,
    slug: String,
    owner: UserId,
    day: AtomicI64,
}

/// Takes the order on. One that somebody else took on and left is made anew; what they left is removed by itself.
async fn begin(app: &App, organization: OrganizationId) -> Result<Option<Order>, Error> {
    let tx = app.begin(organization, making::actor(), Access::Write).await?;
    let locked = sql!("select ordered_by from samples where organization_id = $1 for update");
    let Some(row) = tx.optional(locked, &[tx.org()]).await? else { return Ok(None) };
    let Some(sample) = latest(&tx).await? else { return Ok(None) };
    match sample.state {
        SampleState::Ordered => {}
        SampleState::Making if sample.is_cut_off => {}
        // Whoever made it was heard of a moment ago, and may be gone since.
        SampleState::Making => {
            drop(tx);
            return again(app, organization, app.clock.now()).await.map(|()| None);
        }
        _ => return Ok(None),
    }
    // A word that nobody else has.
    let letters = Token::new("sample").hash();
    let slug = format!("sample-{}", letters.iter().take(4).map(|byte| format!("{byte:02x}")).collect::<String>());
    let order = Order { organization, made: app.ids.next(), slug, owner: row.id("ordered_by"), day: AtomicI64::new(0) };
    let days = i32::try_from(app.sample_days).unwrap_or(i32::MAX);
    tx.execute(
        sql!(
            "update samples set state = 'making', made_id = $2, slug = $3, day = 0, days = $4, told_at = $5
             where organization_id = $1"
        ),
        &[tx.org(), order.made.as_uuid(), &order.slug, &days, &tx.now()],
    )
    .await?;
    tx.commit().await?;
    Ok(Some(order))
}

/// Looks again a little later.
async fn again(app: &App, organization: OrganizationId, now: Timestamp) -> Result<(), Error> {
    let tx = app.begin(organization, making::actor(), Access::Write).await?;
    let run_at = now.checked_add(LOOK_AGAIN).ok();
    tx.enqueue(Enqueued { name: Make::IDENTIFIER, payload: serde_json::json!({}), run_at, key: None });
    tx.commit().await
}

/// Tells the story, with a clock of its own that stands in the past.
async fn tell(app: &App, order: &Order) -> Result<(), Error> {
    let end = app.clock.now();
    let past = app.at_another_time(Clock::standing_at(days_before(end, app.sample_days)));
    let telling = Telling {
        organization: order.made,
        slug: order.slug.clone(),
        password: None,
        making_ends_at: Some(later(end)),
        end,
    };
    story::tell(&past, telling, &|told: Told| order.day.store(told.day, Ordering::Relaxed)).await
}

/// Writes down again and again how far it is; comes back when the sample is not wanted any more.
async fn note(app: &App, order: &Order) -> Result<(), Error> {
    loop {
        tokio::time::sleep(BETWEEN_NOTES).await;
        let tx = app.begin(order.organization, making::actor(), Access::Write).await?;
        let day = i32::try_from(order.day.load(Ordering::Relaxed)).unwrap_or(0);
        let noted = sql!(
            "update samples set day = $3, told_at = $4 where organization_id = $1 and made_id = $2 and state = 'making'"
        );
        let is_wanted = tx.execute(noted, &[tx.org(), order.made.as_uuid(), &day, &tx.now()]).await? == 1;
        tx.commit().await?;
        if !is_wanted {
            return Ok(());
        }
        making::prolong(app, order.made, later(app.clock.now())).await?;
    }
}

/// Hands it over, unless it was discarded meanwhile.
async fn finish(app: &App, order: &Order) -> Result<bool, Error> {
    let tx = app.begin(order.organization, making::actor(), Access::Write).await?;
    let ready = sql!(
        "update samples set state = 'ready', day = days, told_at = $3
         where organization_id = $1 and made_id = $2 and state = 'making'"
    );
    if tx.execute(ready, &[tx.org(), order.made.as_uuid(), &tx.now()]).await? == 0 {
        return Ok(false);
    }
    // Whoever has left meanwhile, or may not do such things any more, owns none.
    let Some((email, name)) = people::find::owner(&tx, order.owner).await? else { return Ok(false) };
    let owner = AddMember { email, name, role: Role::Owner, customer: None, password: None };
    making::end(app, order.made, owner).await?;
    tx.commit().await?;
    Ok(true)
}

fn later(now: Timestamp) -> Timestamp {
    now.checked_add(PATIENCE).unwrap_or(now)
}
