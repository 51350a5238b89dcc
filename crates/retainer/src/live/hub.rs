//! One reader for all streams of a server: it asks the database what changed, and tells every stream of the organization.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kernel::Actor;
use kernel::id::{Id, OrganizationId, SessionId};
use runtime::tx::Access;
use runtime::{Error, sql};
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::find::{self, Told};
use super::writing::{self, Lately, Writing};
use crate::App;

/// How many changes a stream may be behind before it is let go.
const BEHIND: usize = 256;
/// How far apart the database is asked at the least, so that what comes together is told together, and whoever notifies
/// without end costs no more than this.
const APART: Duration = Duration::from_millis(50);
/// How far apart other servers are told at the least.
const ANNOUNCED_APART: Duration = Duration::from_millis(100);
/// How far apart the database is asked at the most, should a notice have been lost.
const AT_LEAST: Duration = Duration::from_secs(10);
/// How many changes are read at a time: fewer than a stream may be behind.
const BATCH: i64 = 200;
/// The streams of one session: tabs, mostly.
const OF_A_SESSION: u32 = 12;
/// The streams of a server, fewer than its connections, so that there is always one for a request.
const IN_ALL: u32 = 3000;

runtime::refusals! {
    /// Why nobody can listen.
    pub enum LiveRefused {
        /// The session has too many streams, or the server has.
        TooMany { retry_after_seconds: i64, limit: String } => TooMany, "events.too_many", "There are too many open streams. Close some, or try again in {retry_after_seconds} seconds.";
    }
}

/// The streams of a server.
#[derive(Debug, Clone, Default)]
pub struct Hub(Arc<Parts>);

#[derive(Debug, Default)]
struct Parts {
    rooms: Mutex<HashMap<OrganizationId, Room>>,
    places: Mutex<HashMap<SessionId, u32>>,
    lately: Mutex<Lately>,
    wake: Notify,
    announce: Notify,
    closed: CancellationToken,
}

/// What the streams of an organization are told.
#[derive(Debug)]
pub(super) enum Said {
    /// Something changed.
    Changed(Told),
    /// Somebody writes.
    Writing(Writing),
}

/// The streams of an organization.
#[derive(Debug)]
struct Room {
    sender: broadcast::Sender<Arc<Said>>,
    /// The number up to which they were told; none before the first stream has looked.
    told: Option<i64>,
}

/// A stream's place; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    hub: Hub,
    session: SessionId,
}

impl Hub {
    /// Something was committed here: it is told here, and other servers are.
    pub fn changed(&self) {
        self.0.wake.notify_one();
        self.0.announce.notify_one();
    }

    /// Another server said that something changed somewhere.
    pub fn heard(&self) {
        self.0.wake.notify_one();
    }

    /// Whether a session may say that its person writes; not so soon after it did before.
    pub(super) fn may_say(&self, session: SessionId, ends: bool) -> bool {
        writing::may_say(&mut locked(&self.0.lately), session, (ends, Instant::now()))
    }

    /// A server said that somebody writes.
    pub fn heard_writing(&self, app: &App, payload: &str) {
        let Some(writing) = writing::heard(app, payload) else { return };
        if let Some(room) = locked(&self.0.rooms).get(&writing.organization()) {
            // An error says that nobody is there any more.
            let _ = room.sender.send(Arc::new(Said::Writing(writing)));
        }
    }

    /// Takes a place for a stream of a session.
    pub(super) fn take_place(&self, session: SessionId) -> Result<Place, Error> {
        let mut places = locked(&self.0.places);
        let (all, own) = (places.values().sum::<u32>(), places.get(&session).copied().unwrap_or_default());
        if own >= OF_A_SESSION || all >= IN_ALL {
            let limit = format!("\"streams\";q={OF_A_SESSION}");
            return Err(LiveRefused::TooMany { retry_after_seconds: 30, limit }.into());
        }
        places.insert(session, own + 1);
        Ok(Place { hub: self.clone(), session })
    }

    /// From here on the receiver is told what is told of the organization.
    pub(super) fn enter(&self, organization: OrganizationId) -> broadcast::Receiver<Arc<Said>> {
        let mut rooms = locked(&self.0.rooms);
        let room =
            rooms.entry(organization).or_insert_with(|| Room { sender: broadcast::Sender::new(BEHIND), told: None });
        room.sender.subscribe()
    }

    /// A stream knows all up to a number; what comes after it is told. Only the first stream of a room can say so.
    pub(super) fn begin(&self, organization: OrganizationId, number: i64) {
        if let Some(room) = locked(&self.0.rooms).get_mut(&organization) {
            room.told.get_or_insert(number);
        }
    }

    /// Ends when the server does.
    pub(super) async fn closed(&self) {
        self.0.closed.cancelled().await;
    }

    /// The rooms in which somebody is, with the number up to which they were told. Empty ones are given up.
    fn rooms(&self) -> Vec<(OrganizationId, i64)> {
        let mut rooms = locked(&self.0.rooms);
        rooms.retain(|_, room| room.sender.receiver_count() > 0);
        rooms.iter().filter_map(|(organization, room)| Some((*organization, room.told?))).collect()
    }

    fn tell(&self, organization: OrganizationId, changes: Vec<Told>, up_to: i64) {
        let mut rooms = locked(&self.0.rooms);
        let Some(room) = rooms.get_mut(&organization) else { return };
        for told in changes {
            // An error says that nobody is there any more.
            let _ = room.sender.send(Arc::new(Said::Changed(told)));
        }
        room.told = Some(up_to);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = locked(&self.hub.0.places);
        if let Some(count) = places.get_mut(&self.session) {
            *count -= 1;
            if *count == 0 {
                places.remove(&self.session);
            }
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells the streams of this server what changed, until `stop`; then they end.
pub async fn pump(app: App, stop: CancellationToken) {
    loop {
        if let Err(error) = round(&app).await {
            tracing::warn!(%error, "what changed could not be read; it is tried again in a moment");
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = app.live.0.wake.notified() => {}
            () = tokio::time::sleep(AT_LEAST) => {}
        }
        tokio::time::sleep(APART).await;
    }
    app.live.0.closed.cancel();
}

/// One look for all rooms, and one at each in which something changed.
async fn round(app: &App) -> Result<(), Error> {
    let rooms = app.live.rooms();
    if rooms.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = rooms.iter().map(|(organization, _)| organization.uuid()).collect();
    let operator = app.db.operator().await?;
    let statement = operator.prepare_cached(COUNTS).await?;
    let rows = operator.query(&statement, &[&ids]).await?;
    drop(operator);
    let last: HashMap<Uuid, i64> = rows.iter().map(|row| (row.get("organization_id"), row.get("last"))).collect();
    for (organization, told) in rooms {
        let last = last.get(organization.as_uuid()).copied().unwrap_or_default();
        if last > told {
            catch_up(app, organization, (told, last)).await?;
        }
    }
    Ok(())
}

async fn catch_up(app: &App, organization: OrganizationId, (mut told, last): (i64, i64)) -> Result<(), Error> {
    while told < last {
        let tx = app.begin(organization, Actor::system("live"), Access::Once).await?;
        let changes = find::after(&tx, told, BATCH).await?;
        // Where nothing is there any more it was swept away, and nobody can be told of it.
        told = changes.last().map_or(last, |told| told.number);
        app.live.tell(organization, changes, told);
    }
    Ok(())
}

/// The streams of an organization are asked for at once, so across them, as the operator.
const COUNTS: &str = sql!("select organization_id, last from live_counts where organization_id = any ($1)");

/// Tells other servers that something changed, until `stop`. It is said after the commit and not within the transaction:
/// PostgreSQL lets those who notify commit one after the other.
pub async fn announce(app: App, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.live.0.announce.notified() => {}
        }
        let said = async { app.db.client().await?.batch_execute("notify retainer_live").await.map_err(Error::from) };
        if let Err(error) = said.await {
            tracing::debug!(%error, "other servers were not told; they look every few seconds");
        }
        tokio::time::sleep(ANNOUNCED_APART).await;
    }
}
