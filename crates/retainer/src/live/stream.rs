//! One stream of server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use http::{HeaderMap, HeaderName, HeaderValue};
use kernel::Actor;
use runtime::Error;
use runtime::tx::Access;
use tokio::sync::broadcast;
use tokio::time::{Interval, MissedTickBehavior};

use super::find::{self, Told};
use super::hub::{Place, Said};
use super::rules::hears;
use super::writing::Writing;
use crate::App;
use crate::people::authenticate::{Session, authenticate};

/// How often something is sent although nothing changed: proxies close what is silent, and it is looked whether the
/// session still lives.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How long a client waits before it connects again.
const RETRY: Duration = Duration::from_secs(2);
/// Whoever has missed more than this looks at everything anew.
const MOST_MISSED: i64 = 500;

/// Somebody who wants to hear.
pub(super) struct Listener {
    pub(super) app: App,
    /// The token by which their session is looked up, again and again.
    pub(super) token: String,
    pub(super) address: Option<IpAddr>,
    /// The session that it was when they came.
    pub(super) session: Session,
    /// Whether they are told who writes; that is for people who look.
    pub(super) hears_writing: bool,
}

/// From where they want to hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Since {
    /// From now on.
    Now,
    /// After a number that they were told.
    After(i64),
    /// They were told something that is no number.
    Unknown,
}

impl Since {
    /// What the header of a connection that was lost says, else the address.
    pub(super) fn of(headers: &HeaderMap, after: Option<i64>) -> Self {
        match headers.get("last-event-id").map(|value| value.to_str().unwrap_or_default().parse()) {
            Some(Ok(number)) => Self::After(number),
            Some(Err(_)) => Self::Unknown,
            None => after.map_or(Self::Now, Self::After),
        }
    }
}

/// Begins a stream.
///
/// # Errors
/// [`super::LiveRefused`], or a fault.
pub(super) async fn listen(listener: Listener, since: Since) -> Result<Response, Error> {
    let organization = listener.session.organization;
    let place = listener.app.live.take_place(listener.session.id)?;
    // First the room and then the look: what is told meanwhile waits in the room.
    let receiver = listener.app.live.enter(organization);
    let tx = listener.app.begin(organization, listener.session.actor.clone(), Access::Read).await?;
    let kept = find::kept(&tx).await?;
    let (mut missed, mut first) = (Vec::new(), ("ready", kept.last));
    match since {
        Since::Now => {}
        Since::After(number) if (kept.oldest - 1..=kept.last).contains(&number) => {
            missed = find::after(&tx, number, MOST_MISSED + 1).await?;
            first = ("ready", number);
        }
        Since::After(_) | Since::Unknown => first = ("reset", kept.last),
    }
    if i64::try_from(missed.len()).unwrap_or(i64::MAX) > MOST_MISSED {
        missed.clear();
        first = ("reset", kept.last);
    }
    drop(tx);
    listener.app.live.begin(organization, missed.last().map_or(kept.last, |told| told.number.max(kept.last)));
    let mut heartbeat = tokio::time::interval_at(tokio::time::Instant::now() + HEARTBEAT, HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (name, last) = first;
    let greeting = Event::default().event(name).id(last.to_string()).retry(RETRY).data("{}");
    let open =
        Open { listener, receiver, waiting: missed.into(), last, heartbeat, greeting: Some(greeting), _place: place };
    let mut response = Sse::new(told(open)).into_response();
    // nginx would keep it until there is enough of it.
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

/// A stream that was begun.
struct Open {
    listener: Listener,
    receiver: broadcast::Receiver<Arc<Said>>,
    /// What is to be told next.
    waiting: VecDeque<Told>,
    /// The number up to which they know all that they may.
    last: i64,
    heartbeat: Interval,
    greeting: Option<Event>,
    _place: Place,
}

fn told(open: Open) -> impl Stream<Item = Result<Event, Infallible>> {
    futures_util::stream::unfold(open, async |mut open| {
        let event = open.next().await?;
        Some((Ok(event), open))
    })
}

impl Open {
    /// The next event; none when the session or the server has ended, or when this stream fell behind.
    async fn next(&mut self) -> Option<Event> {
        if let Some(greeting) = self.greeting.take() {
            return Some(greeting);
        }
        loop {
            while let Some(told) = self.waiting.pop_front() {
                // It was in the room, and among what was missed.
                if told.number <= self.last {
                    continue;
                }
                let actor = self.actor().await?;
                self.last = told.number;
                if hears(&actor, &told) {
                    return Some(event(&told));
                }
            }
            let hub = self.listener.app.live.clone();
            tokio::select! {
                () = hub.closed() => return None,
                received = self.receiver.recv() => match received.ok()?.as_ref() {
                    Said::Changed(told) => self.waiting.push_back(told.clone()),
                    Said::Writing(writing) if self.listener.hears_writing => {
                        if writing.is_told_to(&self.actor().await?) {
                            return Some(event_of(writing));
                        }
                    }
                    Said::Writing(_) => {}
                },
                _ = self.heartbeat.tick() => {
                    self.actor().await?;
                    // Without data: it is no event, but the client knows from where to go on.
                    return Some(Event::default().id(self.last.to_string()));
                }
            }
        }
    }

    /// Who listens, as they are by now; nobody when their session has ended, and where it cannot be told.
    async fn actor(&self) -> Option<Actor> {
        let Listener { app, token, address, session, .. } = &self.listener;
        let found = authenticate(app, token, *address).await.ok().flatten()?;
        (found.id == session.id).then_some(found.actor)
    }
}

fn event(told: &Told) -> Event {
    let data = serde_json::json!({ "subject": told.subject }).to_string();
    Event::default().event(&told.what).id(told.number.to_string()).data(data)
}

/// It has no number: nobody goes on from it.
fn event_of(writing: &Writing) -> Event {
    let data = serde_json::json!({
        "subject": writing.ticket, "key": writing.user(), "name": writing.name, "staff": writing.is_staff, "ends": writing.ends,
    });
    Event::default().event("ticket.writing").data(data.to_string())
}
